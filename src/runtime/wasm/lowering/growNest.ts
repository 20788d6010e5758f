// How a nest grows from one equation: everything whose axes can be recognised as the nest's joins it.
import type { Equation, Variable } from "../../../ir/program.js";
import { range, sizeOf, stridesOf } from "../../../util/shapes.js";
import { type Axes, canUnroll, type Nest, type Step } from "./nest.js";
import type { Order } from "./order.js";
import { type Indices, type Relation, relationOf, weightOf } from "./relation.js";

/** What a nest starts from: an equation, and which of its indices become loops, the last one in lanes. */
export interface Seed {
  readonly equation: Equation;
  readonly loops: readonly number[];
}

/** Instructions in one body, roughly. */
const mostWeight = 12_000;
/** Operands up to this size may be read in any order. */
const cachedSize = 4096;

/** An equation of the nest, and the axes of its indices; −1 for indices of one element. */
interface Draft {
  readonly equation: Equation;
  readonly relation: Relation;
  readonly axes: readonly number[];
}

type Partial = (number | undefined)[];

/** What may become part of a nest. */
export interface Candidates {
  readonly order: Order;
  /** The places of equations whose operands are all known, as far as they fit into the loops; the seed may be missing. */
  readonly ready: readonly number[];
  /** 1 for equations that have been computed. */
  readonly isDone: Uint8Array;
}

/** A nest, and what it depends on: as long as that holds, the seed grows to the same nest again. */
export interface Grown {
  readonly nest: Nest;
  /** Equations that would have to be done for others to join. */
  readonly missing: readonly number[];
}

/** The loops of a seed, by their sizes. */
export const loopSizesOf = ({ equation, loops }: Seed): number[] =>
  loops.map((index) => relationOf(equation)!.sizes[index]!);

/** Gathers all candidates, in order, that fit into one nest with the seed, which is at `at`. Operands are in it or known. */
export function growNest(seed: Seed, at: number, { order, ready, isDone }: Candidates): Grown {
  const { equations, users, producers } = order;
  const loopSizes = loopSizesOf(seed);
  const sizes = [...loopSizes];
  const loops = range(sizes.length);
  const iterations = sizeOf(loopSizes);
  const lane = loops.length - 1;
  /** Axes that turned out to be the same point to one of them. */
  const parents = range(sizes.length);
  const find = (axis: number): number => (parents[axis] === axis ? axis : find(parents[axis]!));
  const made = new Map<Variable, Axes>();
  const drafts: Draft[] = [];
  const missing: number[] = [];
  let weight = 0;

  /** Makes two unrolled axes one, unless a value has both. */
  const unite = (a: number, b: number): boolean => {
    if (a === b) return true;
    if (a <= lane || b <= lane || sizes[a] !== sizes[b]) return false;
    for (const axes of made.values()) {
      const found = axes.map((axis) => (axis === undefined ? undefined : find(axis)));
      if (found.includes(a) && found.includes(b)) return false;
    }
    parents[b] = a;
    return true;
  };

  /** The axes of the indices as far as operands in the nest tell; undefined if these contradict each other. */
  const inherited = ({ inputs }: Equation, relation: Relation): Partial | undefined => {
    const found: Partial = relation.sizes.map(() => undefined);
    for (let i = 0; i < inputs.length; i++) {
      const known = made.get(inputs[i]!);
      if (!known) continue;
      const indices = relation.operands[i]!;
      for (let at = 0; at < indices.length; at++) {
        const index = indices[at];
        const axis = known[at];
        if (index === undefined || axis === undefined) continue;
        const other = found[index];
        if (other !== undefined && !unite(find(other), find(axis))) return undefined;
        found[index] = find(axis);
      }
    }
    return found;
  };

  const loopsOf = (equation: Equation, relation: Relation, isInside: boolean): Partial | undefined => {
    if (isInside) return inherited(equation, relation);
    if (equation !== seed.equation) return loopsBySize(relation, loopSizes);
    return relation.sizes.map((_, index) => (seed.loops.includes(index) ? seed.loops.indexOf(index) : undefined));
  };

  const add = (place: number): void => {
    const equation = equations[place]!;
    const from = producers[place]!;
    let isInside = false;
    for (let i = 0; i < from.length; i++)
      if (from[i]! < 0 || isDone[from[i]!] === 1) continue;
      else if (made.has(equation.inputs[i]!)) isInside = true;
      else {
        missing.push(from[i]!);
        return;
      }
    const relation = relationOf(equation);
    const found = relation && loopsOf(equation, relation, isInside);
    if (!found || loops.some((loop) => !found.includes(loop))) return;
    if (!canLoop(relation, found, loops.length)) return;
    const vectors = sizeOf(relation.sizes) / iterations;
    const heavier = weightOf(equation, relation) * vectors;
    if (drafts.length > 0 && weight + heavier > mostWeight) return;
    const axes = found.map((axis, index) => {
      if (axis !== undefined || relation.sizes[index] === 1) return axis ?? -1;
      parents.push(sizes.length);
      return sizes.push(relation.sizes[index]!) - 1;
    });
    const named = axes.filter((axis) => axis >= 0).map(find);
    if (new Set(named).size < named.length) return;
    const isCheap = (input: Variable, i: number): boolean =>
      made.has(input) || hasCheapAccess(input, relation.operands[i]!, axes, lane);
    if (!equation.inputs.every(isCheap)) return;
    drafts.push({ equation, relation, axes });
    weight += heavier;
    // what is folded over a loop is known only after it
    if (relation.folded.some((index) => isLoop(found[index], loops.length))) return;
    const output = relation.output.map((index) => (index === undefined ? undefined : axes[index]!));
    made.set(equation.outputs[0]!, output);
    for (const user of users[place]!) enqueue(queue, user);
  };
  // most equations wait for values that neither are known nor come into this nest
  const queue = [...ready];
  enqueue(queue, at);
  for (let i = 0; i < queue.length; i++) add(queue[i]!);
  return { nest: { loops, sizes, steps: drafts.map((draft) => stepOf(draft, find, lane)) }, missing };
}

/** Puts a number where it belongs in ascending order, unless it is there. */
function enqueue(queue: number[], place: number): void {
  let i = queue.length;
  while (i > 0 && queue[i - 1]! > place) i--;
  if (queue[i - 1] !== place) queue.splice(i, 0, place);
}

/** Loops recognised by their sizes, in order, for an equation whose operands are all outside: the loop at every index. */
export function loopsBySize({ sizes, together }: Relation, loopSizes: readonly number[]): Partial | undefined {
  const found: Partial = sizes.map(() => undefined);
  let from = 0;
  for (let loop = 0; loop < loopSizes.length; loop++) {
    let index = from;
    while (index < sizes.length && (sizes[index] !== loopSizes[loop] || together.includes(index))) index++;
    if (index === sizes.length) return undefined;
    found[index] = loop;
    from = index + 1;
  }
  return found;
}

const isLoop = (axis: number | undefined, loops: number): boolean => axis !== undefined && axis < loops;

/** Whether a relation's indices may lie on these axes, of which the first few are loops. */
function canLoop(relation: Relation, axes: Partial, loops: number): boolean {
  if (!canUnroll(relation, (index) => isLoop(axes[index], loops))) return false;
  for (const index of relation.together) if (isLoop(axes[index], loops)) return false;
  // what is folded over a loop must be folded over all inner ones too
  let outermost = loops;
  let folded = 0;
  for (const index of relation.folded)
    if (isLoop(axes[index], loops)) {
      outermost = Math.min(outermost, axes[index]!);
      folded++;
    }
  return folded === loops - outermost;
}

/** Whether the seed is a nest by itself. */
export function isNest({ equation, loops }: Seed): boolean {
  const relation = relationOf(equation)!;
  const axes = relation.sizes.map((_, index) => {
    const loop = loops.indexOf(index);
    return loop < 0 ? undefined : loop;
  });
  if (!canLoop(relation, axes, loops.length)) return false;
  const own = axes.map((loop, index) => loop ?? (relation.sizes[index] === 1 ? -1 : loops.length + index));
  return equation.inputs.every((input, i) => hasCheapAccess(input, relation.operands[i]!, own, loops.length - 1));
}

/** Whether neighbours in lanes are neighbours in memory, or stand in rows of which all elements are used. */
function hasCheapAccess({ shape }: Variable, indices: Indices, axes: readonly number[], lane: number): boolean {
  const strides = stridesOf(shape);
  const at = indices.findIndex((index) => index !== undefined && axes[index] === lane);
  if (at < 0 || strides[at] === 1 || sizeOf(shape) <= cachedSize) return true;
  return indices.some((index, other) => index !== undefined && axes[index]! > lane && strides[other] === 1);
}

function stepOf({ equation, relation, axes }: Draft, find: (axis: number) => number, lane: number): Step {
  const axisOf = (index: number | undefined): number | undefined =>
    index === undefined ? undefined : find(axes[index]!);
  const folded = relation.folded.map((index) => axisOf(index)!);
  return {
    equation,
    relation,
    operands: relation.operands.map((indices) => indices.map(axisOf)),
    output: relation.output.map(axisOf),
    folded,
    isExit: folded.some((axis) => axis <= lane),
  };
}
