// How the axes of an equation's operands and of its result hang together: what a nest needs to know to fuse it.
import type { Equation } from "../../../ir/program.js";
import { range, sizeOf } from "../../../util/shapes.js";
import { laneRules } from "../elementwise.js";
import { sources } from "../kernels/random.js";
import { foldOf } from "../kernels/reductions.js";

/** For each axis of a value, the index of the equation that runs along it; undefined for axes of one element. */
export type Indices = readonly (number | undefined)[];

/** An equation as operations on elements: out[i, j, …] from x[i, …], y[j, …], … with indices named by numbers. */
export interface Relation {
  /** How far each index runs. */
  readonly sizes: readonly number[];
  readonly operands: readonly Indices[];
  readonly output: Indices;
  /** What is done to the elements. */
  readonly kind: "each" | "move" | "fold" | "logSumExp" | "foldIn" | "draw";
  /** Indices that the result is folded over. */
  readonly folded: readonly number[];
  /** Indices along which elements depend on each other in ways other than folds, so that they must be side by side. */
  readonly together: readonly number[];
}

/** A draw of more elements per key is left to its kernel. */
const mostDrawn = 16;

const relations = new WeakMap<Equation, { readonly relation: Relation | undefined }>();

/** The equation's relation, or undefined if no nest can compute it. */
export function relationOf(equation: Equation): Relation | undefined {
  const known = relations.get(equation);
  if (known) return known.relation;
  const relation = derive(equation);
  relations.set(equation, { relation });
  return relation;
}

/** The indices of an operand that broadcasts to the first `rank` indices. */
const aligned = (shape: readonly number[], rank: number): Indices =>
  shape.map((size, axis) => (size === 1 ? undefined : rank - shape.length + axis));

const own = (shape: readonly number[]): Indices => aligned(shape, shape.length);

function derive(equation: Equation): Relation | undefined {
  const { primitive, inputs, outputs, attributes } = equation;
  const { name } = primitive;
  const [x, y] = inputs;
  const [out] = outputs;
  if (!x || !out || [...inputs, out].some(({ shape }) => sizeOf(shape) === 0)) return undefined;
  const rank = out.shape.length;
  const elementwise = { folded: [], together: [], output: own(out.shape), sizes: out.shape };
  const moved = { kind: "move", sizes: x.shape, operands: [own(x.shape)], folded: [], together: [] } as const;
  if (name in laneRules)
    return { ...elementwise, kind: "each", operands: inputs.map(({ shape }) => aligned(shape, rank)) };
  if (name === "transpose")
    return { ...moved, output: (attributes.permutation as number[]).map((axis) => own(x.shape)[axis]) };
  if (name === "reshape") {
    const source = range(x.shape.length).filter((axis) => x.shape[axis] !== 1);
    const target = range(rank).filter((axis) => out.shape[axis] !== 1);
    const isSame =
      source.length === target.length && source.every((axis, i) => x.shape[axis] === out.shape[target[i]!]);
    return isSame ? { ...moved, output: out.shape.map((_, axis) => source[target.indexOf(axis)]) } : undefined;
  }
  if (name === "logSumExp" || foldOf(name, x)) {
    const axes: readonly number[] = attributes.axes;
    const folded = axes.filter((axis) => x.shape[axis] !== 1);
    const output = own(x.shape).filter((_, axis) => !axes.includes(axis));
    const shared = { sizes: x.shape, operands: [own(x.shape)], output, folded };
    if (name === "logSumExp") return { ...shared, kind: "logSumExp", together: folded };
    return { ...shared, kind: "fold", together: [] };
  }
  if (name === "foldIn") {
    const operands = [aligned(x.shape, rank), aligned(y!.shape, rank - 1)];
    return { ...elementwise, kind: "foldIn", operands, together: [rank - 1] };
  }
  if (!(name in sources) || sizeOf(attributes.shape) > mostDrawn) return undefined;
  // the words of a key are the last index
  const keys = x.shape.slice(0, -1);
  return {
    ...elementwise,
    kind: "draw",
    sizes: [...out.shape, 2],
    operands: [[...own(keys), rank], ...inputs.slice(1).map(({ shape }) => own(shape))],
    together: [...range(rank).slice(keys.length), rank],
  };
}

/** Instructions per vector, roughly. */
export function weightOf({ primitive: { name } }: Equation, { kind }: Relation): number {
  if (kind === "move") return 0;
  if (kind === "foldIn") return 130;
  if (kind === "draw") return name === "randomNormal" ? 110 : 70;
  if (kind === "logSumExp") return 25;
  return heavy.get(name) ?? 1;
}

const heavy: ReadonlyMap<string, number> = new Map([
  ...["exp", "expm1", "log", "log1p", "sigmoid", "tanh", "sinh", "cosh", "erf", "sin", "cos", "mod"].map(
    (name) => [name, 25] as const,
  ),
  ...["softplus", "tan", "asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh", "erfc", "erfinv"].map(
    (name) => [name, 50] as const,
  ),
  ...["i0e", "i1e", "besselRatio", "logI0", "logBesselI0e"].map((name) => [name, 75] as const),
  ...[
    "pow",
    "lgamma",
    "digamma",
    "polygamma",
    "logNdtr",
    "inverseMills",
    "millsExcess",
    "ndtr",
    "ndtri",
    "digammaDifference",
  ].map((name) => [name, 120] as const),
  ["betaln", 300],
]);
