// How a nest grows from one equation: everything whose axes can be recognised as the nest's joins it.
import type { Equation, Variable } from "../../../ir/program.js";
import { range, sizeOf, stridesOf } from "../../../util/shapes.js";
import { type Axes, canUnroll, type Nest, type Step } from "./nest.js";
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

/** What may become part of a nest: equations in order, by their places in it. */
export interface Candidates {
  readonly equations: readonly Equation[];
  /** 1 for those whose operands are all known and which have not been computed. */
  readonly ready: Uint8Array;
  /** The places of those that use a value. */
  readonly usersOf: (variable: Variable) => readonly number[];
  readonly isKnown: (variable: Variable) => boolean;
}

/** Gathers all candidates, in order, that fit into one nest with the seed. Operands are in it or known. */
export function growNest(seed: Seed, { equations, ready, usersOf, isKnown }: Candidates): Nest {
  const sizes: number[] = seed.loops.map((index) => relationOf(seed.equation)!.sizes[index]!);
  const loops = range(sizes.length);
  const lane = loops.length - 1;
  /** Axes that turned out to be the same point to one of them. */
  const parents = range(sizes.length);
  const find = (axis: number): number => (parents[axis] === axis ? axis : find(parents[axis]!));
  const made = new Map<Variable, Axes>();
  const drafts: Draft[] = [];
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
    for (const [i, indices] of relation.operands.entries())
      for (const [at, index] of indices.entries()) {
        const axis = made.get(inputs[i]!)?.[at];
        if (index === undefined || axis === undefined) continue;
        const other = found[index];
        if (other !== undefined && !unite(find(other), find(axis))) return undefined;
        found[index] = find(axis);
      }
    return found;
  };

  /** Loops recognised by their sizes, in order, for an equation whose operands are all outside. */
  const bySize = (relation: Relation): Partial | undefined => {
    const found: Partial = relation.sizes.map(() => undefined);
    let from = 0;
    for (const loop of loops) {
      let index = from;
      while (index < found.length && (relation.sizes[index] !== sizes[loop] || relation.together.includes(index)))
        index++;
      if (index === found.length) return undefined;
      found[index] = loop;
      from = index + 1;
    }
    return found;
  };

  const loopsOf = (equation: Equation, relation: Relation, isInside: boolean): Partial | undefined => {
    if (isInside) return inherited(equation, relation);
    if (equation !== seed.equation) return bySize(relation);
    return relation.sizes.map((_, index) => (seed.loops.includes(index) ? seed.loops.indexOf(index) : undefined));
  };

  const add = (equation: Equation): void => {
    let isInside = false;
    for (const input of equation.inputs)
      if (made.has(input)) isInside = true;
      else if (!isKnown(input)) return;
    const relation = relationOf(equation);
    const found = relation && loopsOf(equation, relation, isInside);
    if (!found || loops.some((loop) => !found.includes(loop))) return;
    const isLoop = (index: number): boolean => found[index] !== undefined && found[index]! <= lane;
    const looped = range(found.length).filter(isLoop);
    if (!canUnroll(relation, looped) || relation.together.some(isLoop)) return;
    // what is folded over a loop must be folded over all inner ones too
    const foldedLoops = relation.folded.filter(isLoop).map((index) => found[index]!);
    if (foldedLoops.some((loop) => loops.slice(loop).some((inner) => !foldedLoops.includes(inner)))) return;
    const vectors = sizeOf(relation.sizes) / sizeOf(sizes.slice(0, loops.length));
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
    if (foldedLoops.length > 0) return;
    const output = relation.output.map((index) => (index === undefined ? undefined : axes[index]!));
    made.set(equation.outputs[0]!, output);
    for (const place of usersOf(equation.outputs[0]!)) pending[place] = 1;
  };
  // most equations wait for values that neither are known nor come into this nest
  const pending = ready.slice();
  for (let place = 0; place < pending.length; place++) if (pending[place] === 1) add(equations[place]!);
  return { loops, sizes, steps: drafts.map((draft) => stepOf(draft, find, lane)) };
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
