// How each operation is run: within the kernels of those who use its result, or as the root of a kernel.
import type { ScanAttributes } from "../../../ir/control.js";
import type { Equation, Variable } from "../../../ir/program.js";
import { broadcastShapes, sizeOf } from "../../../util/shapes.js";
import { elementwiseCost, elementwiseRule } from "../wgsl/elementwise.js";

/**
 * - `inline`: an expression in its elements' indices;
 * - `reduce`: a sum (or the like) over elements that an expression gives, for each element of the result;
 * - `product`: a tiled product of matrices;
 * - `line`: one workgroup for each line or matrix; `rank`: one thread for each element, which finds its own place;
 * - `sort`: the largest of long lines; `scatter`: sums by index of many: both in several kernels;
 * - `join`: written in parts; `scan`: a loop; `host`: no kernel: evaluated in double precision outside the GPU;
 * - `empty`: no elements.
 */
export type Form =
  | "inline"
  | "reduce"
  | "product"
  | "line"
  | "rank"
  | "sort"
  | "scatter"
  | "join"
  | "scan"
  | "host"
  | "empty";

const inlineCosts: ReadonlyMap<string, number> = new Map([
  ["reshape", 0],
  ["transpose", 0],
  ["slice", 0],
  ["reverse", 0],
  ["diagonalPart", 0],
  ["pad", 1],
  ["padWith", 1],
  ["diagonalMatrix", 1],
  ["triangle", 1],
  ["oneHot", 1],
  ["gather", 2],
  ["concat", 2],
  ["randomBits", 90],
  ["randomUniform", 90],
  ["randomNormal", 150],
  ["foldIn", 80],
]);

const reductions = [
  ...["reduceSum", "reduceProd", "reduceMax", "reduceMin", "reduceAny", "reduceAll"],
  ...["logSumExp", "argMax", "argMin", "scatterAdd"],
];
const products = ["matMul", "conv2d", "conv2dInputGradient", "conv2dFilterGradient"];
const lines = ["cumsum", "cumprod", "cholesky", "triangularSolve"];

/** Lines up to this length are sorted by comparing all pairs; it is that of the runs of longer ones. */
export const runLength = 256;

/** The most operands of a concatenation that is an expression. */
const mostJoined = 4;

export function formOf(equation: Equation): Form {
  const { primitive, inputs, outputs } = equation;
  const { name } = primitive;
  if (outputs.every(({ shape }) => sizeOf(shape) === 0)) return "empty";
  if (name === "scan") return "scan";
  if (name === "concat") return inputs.length > mostJoined ? "join" : "inline";
  if (inlineCosts.has(name) || elementwiseRule(name)) return "inline";
  if (name === "scatterAdd" && isLongSum(equation)) return "scatter";
  if (products.includes(name)) return isTiled(equation) ? "product" : "reduce";
  if (reductions.includes(name)) return "reduce";
  if (lines.includes(name)) return "line";
  if (name === "topK") return inputs[0]!.shape.at(-1)! > runLength ? "sort" : "rank";
  return "host";
}

/** Comparisons of indices with positions that are sooner done than sorting. */
const fewComparisons = 2 ** 21;

const isLongSum = (equation: Equation): boolean =>
  sizeOf(equation.outputs[0]!.shape) * termsOf(equation) > fewComparisons;

/** Roughly how many instructions an element of an inline operation takes. */
export const costOf = ({ primitive: { name } }: Equation): number => inlineCosts.get(name) ?? elementwiseCost(name);

export interface ProductSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

export function productSizes(equation: Equation): ProductSizes {
  const { primitive, inputs, outputs } = equation;
  const [a, b] = inputs;
  if (primitive.name !== "matMul") {
    const { shape } = outputs[0]!;
    const m = sizeOf(shape.slice(-4, -1));
    return { batch: sizeOf(shape.slice(0, -4)), m, n: shape.at(-1)!, k: termsOf(equation) };
  }
  const batch = sizeOf(broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2))!);
  return { batch, m: a!.shape.at(-2)!, n: b!.shape.at(-1)!, k: a!.shape.at(-1)! };
}

/** Whether elements of the operands are used often enough to be worth tiles. */
function isTiled(equation: Equation): boolean {
  const { batch, m, n, k } = productSizes(equation);
  const least = equation.primitive.name === "matMul" ? 8 : 16;
  return equation.outputs[0]!.dtype === "float32" && Math.min(m, n) >= least && k >= 8 && batch * m * n >= 1024;
}

/** Workgroups that keep a large GPU busy. */
const manyWorkgroups = 128;

/** Sides of a product's tiles: large, unless that leaves too few of them. */
export function tilesOf({ batch, m, n }: ProductSizes): { readonly rows: number; readonly columns: number } {
  const sideOf = (size: number): number => (size > 32 ? 64 : size > 16 ? 32 : 16);
  let [rows, columns] = [sideOf(m), sideOf(n)];
  while (batch * Math.ceil(m / rows) * Math.ceil(n / columns) < manyWorkgroups && Math.max(rows, columns) > 16)
    if (rows >= columns) rows /= 2;
    else columns /= 2;
  return { rows, columns };
}

/** Products of fewer tiles than this go in portions of their terms, each of so many at least. */
const [fewTiles, leastTerms] = [64, 512];

/** Into how many portions the terms of a product go, which a sum brings together. */
export function productPortions(equation: Equation): number {
  const sizes = productSizes(equation);
  const { rows, columns } = tilesOf(sizes);
  const tiles = sizes.batch * Math.ceil(sizes.m / rows) * Math.ceil(sizes.n / columns);
  if (tiles >= fewTiles || sizes.k < 4 * leastTerms) return 1;
  return Math.min(Math.ceil(manyWorkgroups / tiles), Math.floor(sizes.k / leastTerms));
}

/** How many terms each element of a reduction's result has. */
export function termsOf({ primitive: { name }, inputs, outputs, attributes }: Equation): number {
  const [x, y] = inputs as [Variable, Variable];
  if (name === "matMul") return x.shape.at(-1)!;
  if (name === "argMax" || name === "argMin") return x.shape[attributes.axis]!;
  if (name === "scatterAdd") return sizeOf(y.shape.slice(attributes.batchDims));
  if (name === "conv2d") return sizeOf(y.shape.slice(-4, -1));
  if (name === "conv2dInputGradient") return sizeOf([...y.shape.slice(-4, -2), y.shape.at(-1)!]);
  if (name === "conv2dFilterGradient") return sizeOf(y.shape.slice(-4, -1));
  return sizeOf((attributes.axes as number[]).map((axis) => x.shape[axis]!)) || (sizeOf(outputs[0]!.shape) && 0);
}

/** How often an operation that is a kernel's root looks at elements of an operand. */
export function visitsOf(equation: Equation, form: Form, operand: number): number {
  const { primitive, inputs, outputs } = equation;
  const size = sizeOf(inputs[operand]!.shape);
  if (form === "product") {
    const sizes = productSizes(equation);
    const { rows, columns } = tilesOf(sizes);
    const repeats = operand === 0 ? Math.ceil(sizes.n / columns) : Math.ceil(sizes.m / rows);
    if (primitive.name === "matMul") return size * repeats;
    return sizes.batch * sizes.k * (operand === 0 ? sizes.m : sizes.n) * repeats;
  }
  if (form === "line") return 2 * size;
  if (form === "sort") return 2 * size;
  if (form === "rank") return size * inputs[0]!.shape.at(-1)!;
  if (form === "reduce")
    return sizeOf(outputs[0]!.shape) * termsOf(equation) * (primitive.name === "logSumExp" ? 2 : 1);
  return size;
}

export const scanAttributes = ({ attributes }: Equation): ScanAttributes => attributes as ScanAttributes;
