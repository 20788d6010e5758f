// Gathers roots into units: what is computed in one loop over elements.
import { type Variable, variable } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import { flatten } from "./flatten.js";
import { runLength, scanAttributes, termsOf } from "./forms.js";
import { type Block, blockOf, type Graph, type Needs, needsOf, type Root, rootTerms } from "./roots.js";

/** A loop whose steps the kernels know the number of. */
export interface Loop {
  readonly id: number;
  readonly length: number;
  readonly reverse: boolean;
  /** The number of its current step, as source. */
  index: string;
}

/** How far something stands from a value's place, by the number of the loop's step. */
export interface Term {
  readonly loop: Loop;
  /** In the one or the other half, in the other one, or at the step's element. */
  readonly kind: "this half" | "other half" | "element";
  readonly stride: number;
}

/** Where values stand that are parts of others. */
export type Parts = Map<Variable, { readonly of: Variable; readonly terms: readonly Term[] }>;

export interface Unit {
  readonly kind: "map" | "reduce" | "product" | "line" | "rank" | "sort" | "loop" | "host";
  /** What is not a map. */
  readonly heads: Root[];
  /** Maps on the heads' elements, in order. */
  readonly tails: Root[];
  /** Number of elements, and how many terms each has. */
  readonly size: number;
  readonly terms: number;
  /** Portions that the terms come in: the last axis of the elements. */
  readonly portions: number;
  readonly reads: Set<Variable>;
  readonly writes: Set<Variable>;
  /** Units of a level do not depend on each other. */
  readonly level: number;
  operations: number;
  /** Roughly how many instructions all its threads run together. */
  work: number;
  readonly inner: Inner | undefined;
}

/** The inside of a loop. */
export interface Inner {
  readonly loop: Loop;
  readonly levels: readonly Unit[][];
}

/** What planning a program and the loops within leaves behind. */
export interface Planning {
  readonly graph: Graph;
  readonly parts: Parts;
  /** Of the variables that have memory of their own: the loops around it. */
  readonly homes: Map<Variable, readonly Loop[]>;
  loops: number;
}

/** The most operations of one unit. */
const mostOperations = 400;

export function levelsOf(block: Block, planning: Planning, around: readonly Loop[]): Unit[][] {
  const units: Unit[] = [];
  const writers = new Map<Variable, Unit[]>();
  const inParts = new Set<Variable>();
  const place = (root: Root): void => {
    const needs = needsOf(root, planning.graph);
    const sources = [...needs.reads.keys()].flatMap((each) => writers.get(each) ?? []);
    const unit = joinable(root, needs, sources, units, inParts) ?? newUnit(root, needs, sources, planning, around);
    if (!units.includes(unit)) units.push(unit);
    else join(unit, root, needs);
    for (const target of root.targets) {
      if (root.part) inParts.add(target);
      writers.set(target, [...(writers.get(target) ?? []), unit]);
      if (!planning.parts.has(target)) planning.homes.set(target, around);
    }
  };
  for (const root of block.roots) {
    if (root.form !== "scan") {
      place(root);
      continue;
    }
    const { copies, whole } = carriesOf(root, planning, around);
    copies.forEach(place);
    place(whole);
  }
  const levels: Unit[][] = [];
  for (const unit of units) {
    const level = levels[unit.level] ?? [];
    level.push(unit);
    levels[unit.level] = level;
  }
  return levels;
}

const kindOf = ({ form }: Root): Unit["kind"] =>
  form === "map" || form === "reduce" || form === "product" || form === "line" || form === "rank" || form === "sort"
    ? form
    : form === "scan"
      ? "loop"
      : "host";

const elementsOf = ({ value, targets }: Root): number => sizeOf((value ?? targets[0]!).shape);

/** Instructions of a whole root. */
function workOf(root: Root, { cost }: Needs): number {
  const { form, equation } = root;
  const size = elementsOf(root);
  if (form === "map") return size * cost;
  if (form === "reduce") return size * rootTerms(root) * cost;
  const length = equation!.inputs[0]?.shape.at(-1) ?? 1;
  if (equation!.primitive.name.startsWith("conv2d"))
    return sizeOf(equation!.outputs[0]!.shape) * termsOf(equation!) * cost;
  if (form === "rank" || form === "sort")
    return sizeOf(equation!.inputs[0]!.shape) * Math.min(length, runLength) + size * cost;
  return form === "line" && !equation!.primitive.name.startsWith("cum") ? size * length * cost : size * cost;
}

function newUnit(
  root: Root,
  needs: Needs,
  sources: readonly Unit[],
  planning: Planning,
  around: readonly Loop[],
): Unit {
  const isMap = root.form === "map";
  const inner = root.form === "scan" ? innerOf(root, planning, around) : undefined;
  return {
    kind: kindOf(root),
    heads: isMap ? [] : [root],
    tails: isMap ? [root] : [],
    size: elementsOf(root),
    terms: root.form === "reduce" ? rootTerms(root) : 1,
    portions: root.portions ?? 1,
    reads: new Set(needs.reads.keys()),
    writes: new Set(root.targets),
    level: sources.reduce((most, { level }) => Math.max(most, level + 1), 0),
    operations: needs.operations,
    work: workOf(root, needs),
    inner,
  };
}

/** The unit of the lowest level that can compute the root as well. */
function joinable(
  root: Root,
  { reads, operations }: Needs,
  sources: readonly Unit[],
  units: readonly Unit[],
  inParts: ReadonlySet<Variable>,
): Unit | undefined {
  if (root.form !== "map" && root.form !== "reduce") return undefined;
  const size = elementsOf(root);
  const fits = (unit: Unit): boolean => {
    if (unit.size !== size || unit.operations + operations > mostOperations) return false;
    if (sources.some((source) => source !== unit && source.level >= unit.level)) return false;
    const own = [...reads].filter(([each]) => unit.writes.has(each));
    if (root.form === "reduce")
      return unit.kind === "reduce" && own.length === 0 && haveSameTerms(unit.heads[0]!, root);
    if (unit.kind !== "map" && unit.kind !== "reduce" && unit.kind !== "product") return false;
    return own.every(([each, isInOrder]) => isInOrder && !inParts.has(each));
  };
  return units
    .filter(fits)
    .reduce<Unit | undefined>((best, unit) => (best && best.level <= unit.level ? best : unit), undefined);
}

const haveSameTerms = (a: Root, b: Root): boolean =>
  termsOf(a.equation!) === termsOf(b.equation!) && (a.portions ?? 1) === (b.portions ?? 1);

function join(unit: Unit, root: Root, needs: Needs): void {
  (root.form === "map" ? unit.tails : unit.heads).push(root);
  for (const each of needs.reads.keys()) if (!unit.writes.has(each)) unit.reads.add(each);
  for (const target of root.targets) unit.writes.add(target);
  unit.operations += needs.operations;
  unit.work += workOf(root, needs);
}

/**
 * What a loop carries stands in one half of a slot in even steps and in the other one in odd steps. Its first value is copied
 * there; the loop itself then reads the copies.
 */
function carriesOf(root: Root, { parts, homes }: Planning, around: readonly Loop[]): { copies: Root[]; whole: Root } {
  const { constants, carries, length } = scanAttributes(root.equation!);
  const equation = root.equation!;
  const inputs = [...equation.inputs];
  const loop: Loop = { id: 0, length, reverse: false, index: "" };
  const copies: Root[] = [];
  for (let i = 0; i < carries; i++) {
    const value = inputs[constants + i]!;
    const size = sizeOf(value.shape);
    if (size === 0) continue;
    const slot = variable([2, size], value.dtype);
    homes.set(slot, around);
    const copy = variable(value.shape, value.dtype);
    parts.set(copy, { of: slot, terms: [] });
    parts.set(equation.outputs[i]!, {
      of: slot,
      terms: length % 2 === 0 ? [] : [{ loop: { ...loop, index: "1u" }, kind: "this half", stride: size }],
    });
    copies.push({ form: "map", equation: undefined, value, targets: [copy] });
    inputs[constants + i] = copy;
  }
  return { copies, whole: { ...root, equation: { ...equation, inputs } } };
}

/** Plans a loop's body: where its inputs and outputs stand, and its units. */
function innerOf(root: Root, planning: Planning, around: readonly Loop[]): Inner {
  const { graph, parts } = planning;
  const equation = root.equation!;
  const { body, constants, carries, length, reverse } = scanAttributes(equation);
  const loop: Loop = { id: ++planning.loops, length, reverse, index: "" };
  const block = blockOf(body, graph);
  body.inputs.forEach((input, i) => {
    const size = sizeOf(input.shape);
    if (size === 0) return;
    const of = equation.inputs[i]!;
    if (i < constants) parts.set(input, { of, terms: [] });
    else if (i < constants + carries)
      parts.set(input, { of: parts.get(of)!.of, terms: [{ loop, kind: "this half", stride: size }] });
    else parts.set(input, { of, terms: [{ loop, kind: "element", stride: size }] });
  });
  block.outputs.forEach((output, i) => {
    if (!output) return;
    const of = equation.outputs[i]!;
    const stride = sizeOf(output.shape);
    if (i < carries) parts.set(output, { of: parts.get(of)!.of, terms: [{ loop, kind: "other half", stride }] });
    else parts.set(output, { of, terms: [{ loop, kind: "element", stride }] });
  });
  return { loop, levels: length === 0 ? [] : levelsOf(block, planning, [...around, loop]) };
}

/** A planned program. */
export interface Planned extends Planning {
  readonly block: Block;
  readonly levels: readonly Unit[][];
}

/**
 * @param carried - how many leading outputs are the leading inputs of the next step
 * @param steps - the loop of steps
 */
export function planUnits(program: Parameters<typeof flatten>[0], carried: number, steps: Loop): Planned {
  const graph: Graph = { producers: new Map(), forms: new Map(), materialized: new Set(), constants: new Map() };
  const planning: Planning = { graph, parts: new Map(), homes: new Map(), loops: 0 };
  const flat = flatten(program);
  const block = blockOf(flat, graph);
  for (let i = 0; i < carried; i++) {
    const input = flat.inputs[i]!;
    const size = sizeOf(input.shape);
    if (size === 0) continue;
    const slot = variable([2, size], input.dtype);
    planning.homes.set(slot, []);
    planning.parts.set(input, { of: slot, terms: [{ loop: steps, kind: "this half", stride: size }] });
    planning.parts.set(block.outputs[i]!, { of: slot, terms: [{ loop: steps, kind: "other half", stride: size }] });
  }
  const levels = levelsOf(block, planning, []);
  return { ...planning, block, levels };
}
