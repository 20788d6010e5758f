// What an equation costs as far as its shapes tell: the arithmetic of the engine's own code, memory that must be touched.
import type { Equation, Variable } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { laneRules } from "./elementwise.js";
import type { ProductViews } from "./kernels/productViews.js";
import type { Part } from "./lowering/probe.js";

/**
 * Arithmetic by what bounds its speed: register-tiled products, polynomials of functions (and of random numbers), anything else.
 * Multiply-adds count as two; the integer operations of random numbers count too.
 */
export interface Flops {
  readonly product: number;
  readonly function: number;
  readonly plain: number;
}

export const noFlops: Flops = { product: 0, function: 0, plain: 0 };
export const totalFlops = ({ product, function: functions, plain }: Flops): number => product + functions + plain;
export const addFlops = (a: Flops, b: Flops): Flops => ({
  product: a.product + b.product,
  function: a.function + b.function,
  plain: a.plain + b.plain,
});
export const scaleFlops = (factor: number, { product, function: functions, plain }: Flops): Flops => ({
  product: factor * product,
  function: factor * functions,
  plain: factor * plain,
});

/** Operations in an exponential: range reduction, a polynomial of degree 6, the exponent. */
export const expFlops = 20;

/** Operations per element: of exp as counted, of the others in proportion to the time that they take. */
const functionFlops: Readonly<Record<string, number>> = {
  exp: expFlops,
  expm1: 20,
  log: 25,
  log1p: 38,
  sigmoid: 30,
  softplus: 45,
  tanh: 38,
  sinh: 45,
  cosh: 45,
  asinh: 60,
  acosh: 60,
  atanh: 40,
  sin: 50,
  cos: 50,
  tan: 60,
  asin: 30,
  acos: 30,
  atan: 27,
  atan2: 35,
  pow: 170,
  erf: 60,
  erfc: 60,
  erfinv: 105,
  lgamma: 95,
  digamma: 76,
  polygamma: 90,
  logNdtr: 180,
  inverseMills: 180,
  millsExcess: 230,
  ndtr: 160,
  ndtri: 130,
  i0e: 75,
  i1e: 75,
  besselRatio: 65,
  logI0: 100,
  logBesselI0e: 100,
  betaln: 420,
  digammaDifference: 140,
  foldIn: 80,
  randomBits: 40,
  randomUniform: 45,
  randomNormal: 64,
  poissonQuantile: 200,
};

/** Values that are only moved. */
const moves = new Set(["broadcastTo", "stopGradient", "assumeContinuous", "cast", "reshape"]);

const sizesOf = (variables: readonly Variable[]): number =>
  variables.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Operations of primitives whose cost is not their number of results. */
const rules: Readonly<Record<string, (equation: Equation) => Partial<Flops>>> = {
  matMul: ({ inputs: [a], outputs: [c], attributes }) => {
    const views = attributes.views as ProductViews | undefined;
    const [rows, inner] = (views?.a.shape ?? a!.shape).slice(-2) as [number, number];
    const result = sizeOf(views?.c.shape ?? c!.shape);
    return { product: rows === 0 ? 0 : 2 * result * inner };
  },
  conv2d: ({ inputs: [, filter], outputs: [y] }) => ({ product: convolutionFlops(filter!, y!) }),
  conv2dInputGradient: ({ inputs: [y, filter] }) => ({ product: convolutionFlops(filter!, y!) }),
  conv2dFilterGradient: ({ inputs: [, y], outputs: [filter] }) => ({ product: convolutionFlops(filter!, y!) }),
  logSumExp: ({ inputs }) => ({ function: expFlops * sizesOf(inputs), plain: 2 * sizesOf(inputs) }),
  cholesky: ({ inputs: [a] }) => ({ plain: (sizeOf(a!.shape) * a!.shape.at(-1)!) / 3 }),
  triangularSolve: ({ inputs: [a], outputs: [x] }) => ({ plain: sizeOf(x!.shape) * a!.shape.at(-1)! }),
  scan: () => noFlops,
  cond: () => noFlops,
};

/** 2 · |y| · (height · width · channels of a filter) */
const convolutionFlops = (filter: Variable, y: Variable): number =>
  2 * sizeOf(y.shape) * sizeOf(filter.shape.slice(-4, -1));

const folds = /^(reduce|arg|cum)/;

/** The arithmetic of one application. Programs inside an equation are not part of it. */
export function flopsOf(equation: Equation): Flops {
  const { name } = equation.primitive;
  const rule = rules[name];
  if (rule) return { ...noFlops, ...rule(equation) };
  const results = sizesOf(equation.outputs);
  const perElement = functionFlops[name];
  if (perElement !== undefined) return { ...noFlops, function: perElement * results };
  if (folds.test(name)) return { ...noFlops, plain: sizesOf(equation.inputs) };
  return { ...noFlops, plain: name in laneRules && !moves.has(name) ? results : 0 };
}

const wordBytes = 4;

/** Bytes that a part must read and write, if what it makes for itself stays in registers and caches. */
export const bytesOf = ({ reads, writes }: Pick<Part, "reads" | "writes">): number =>
  wordBytes * (sizesOf(reads) + sizesOf(writes));
