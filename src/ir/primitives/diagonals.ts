// Diagonals and triangles of matrices in the last two axes. All are linear.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { formatShape, range, type Shape } from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { operation, type Primitive } from "../primitive.js";
import type { Type, Variable } from "../program.js";
import { linearUnary } from "./axes.js";
import { viaIntegers } from "./comparison.js";

/** The number of rows of square matrices. @throws ElbowError `shape` for anything else */
export function squareSize(name: string, { shape }: Type): number {
  const n = shape.at(-1);
  if (shape.length >= 2 && n === shape.at(-2)) return n!;
  throw new ElbowError("shape", {
    message: `${name} takes square matrices\n  received: ${formatShape(shape)}`,
    hint: "Matrices stand in the last two axes: [..., n, n].",
  });
}

const batchAxes = (shape: Shape): number[] => range(shape.length - 2);

/** The diagonals: elements n + 1 apart in row-major order, so the first column when they are read n + 1 columns wide. */
function firstColumn(x: tf.Tensor): tf.Tensor {
  const n = x.shape.at(-1)!;
  if (n === 0) return tf.zeros(x.shape.slice(0, -1), x.dtype);
  const lines = tf.reshape(x, [x.size / (n * n), n * n]);
  const wider = tf.reshape(
    tf.pad(lines, [
      [0, 0],
      [0, n],
    ]),
    [x.size / n, n + 1],
  );
  return tf.reshape(tf.slice(wider, [0, 0], [x.size / n, 1]), x.shape.slice(0, -1));
}

/** The other way round: each element with n zeros after it, read n columns wide. */
function spreadOut(x: tf.Tensor): tf.Tensor {
  const n = x.shape.at(-1)!;
  if (n === 0) return tf.zeros([...x.shape, n], x.dtype);
  const count = x.size / n;
  const spread = tf.pad(tf.reshape(x, [x.size, 1]), [
    [0, 0],
    [0, n],
  ]);
  const lines = tf.slice(tf.reshape(spread, [count, n * (n + 1)]), [0, 0], [count, n * n]);
  return tf.reshape(lines, [...x.shape, n]);
}

/** yᵢ = Xᵢᵢ; transpose: diagonal matrices. */
const diagonalPartPrimitive: Primitive = linearUnary({
  name: "diagonalPart",
  infer: ([x]) => [{ shape: [...x!.shape.slice(0, -2), squareSize("diagonalPart", x!)], dtype: x!.dtype }],
  evaluate: ([x]) => {
    const n = x!.shape.at(-1)!;
    return [
      Float64Array.from({ length: x!.elements.length / Math.max(1, n) }, (_, i) => x!.elements[i * n + (i % n)]!),
    ];
  },
  transpose: (ct) => diagonalMatrix(ct),
  batch: ([x]) => [diagonalPart(x!)],
  axes: ([x]) => [[[...batchAxes(x!.shape), x!.shape.length - 2, null]]],
  tfjs: ([x]) => [viaIntegers([x!], (each) => firstColumn(each!))],
});
/** The diagonals of square matrices: [...batch, n, n] ↦ [...batch, n]. */
export const diagonalPart = operation(
  (x: Variable): Variable => emitOne(diagonalPartPrimitive, [x]),
  diagonalPartPrimitive,
);

/** Yᵢⱼ = xᵢ if i = j, else 0; transpose: the diagonal. */
const diagonalMatrixPrimitive: Primitive = linearUnary({
  name: "diagonalMatrix",
  infer: ([x]) => {
    if (x!.shape.length > 0) return [{ shape: [...x!.shape, x!.shape.at(-1)!], dtype: x!.dtype }];
    throw new ElbowError("shape", {
      message: "diagonalMatrix takes vectors\n  received: a scalar",
      hint: "Vectors stand in the last axis: [..., n].",
    });
  },
  evaluate: ([x]) => {
    const n = x!.shape.at(-1)!;
    const out = new Float64Array(x!.elements.length * n);
    x!.elements.forEach((each, i) => {
      out[i * n + (i % n)] = each;
    });
    return [out];
  },
  transpose: (ct) => diagonalPart(ct),
  batch: ([x]) => [diagonalMatrix(x!)],
  axes: ([x]) => [[range(x!.shape.length)]],
  tfjs: ([x]) => [viaIntegers([x!], (each) => spreadOut(each!))],
});
/** Diagonal matrices: [...batch, n] ↦ [...batch, n, n]. */
export const diagonalMatrix = operation(
  (x: Variable): Variable => emitOne(diagonalMatrixPrimitive, [x]),
  diagonalMatrixPrimitive,
);

/** Whether position (i, j) belongs to the triangle. */
const isInside = (i: number, j: number, isUpper: boolean, offset: number): boolean =>
  isUpper ? j - i >= offset : j - i <= offset;

/** Yᵢⱼ = Xᵢⱼ within a triangle, else 0; its own transpose. Attributes: `isUpper`, `offset`. */
const trianglePrimitive: Primitive = linearUnary({
  name: "triangle",
  infer: ([x]) => {
    if (x!.shape.length >= 2) return [{ shape: x!.shape, dtype: x!.dtype }];
    throw new ElbowError("shape", {
      message: `tril and triu take matrices\n  received: ${formatShape(x!.shape)}`,
      hint: "Matrices stand in the last two axes: [..., m, n].",
    });
  },
  evaluate: ([x], { isUpper, offset }) => {
    const [m, n] = x!.shape.slice(-2) as [number, number];
    return [x!.elements.map((each, at) => (isInside(Math.floor(at / n) % m, at % n, isUpper, offset) ? each : 0))];
  },
  transpose: (ct, _, attributes) => emitOne(trianglePrimitive, [ct], attributes),
  batch: ([x], attributes) => [emitOne(trianglePrimitive, [x!], attributes)],
  axes: ([x]) => [[range(x!.shape.length)]],
  tfjs: ([x], { isUpper, offset }) => {
    const [m, n] = x!.shape.slice(-2) as [number, number];
    const inside = range(m * n).map((at) => isInside(Math.floor(at / n), at % n, isUpper, offset));
    const mask = tf.broadcastTo(tf.tensor(inside, [m, n], "bool"), x!.shape);
    return [viaIntegers([x!], (each) => tf.where(mask, each!, tf.zerosLike(each!)))];
  },
});
/** The lower triangle, up to the `offset`-th diagonal above the main one; zeros elsewhere. */
export const tril = operation(
  (x: Variable, offset = 0): Variable => emitOne(trianglePrimitive, [x], { isUpper: false, offset }),
  trianglePrimitive,
);
/** The upper triangle, from the `offset`-th diagonal above the main one on; zeros elsewhere. */
export const triu = (x: Variable, offset = 0): Variable => emitOne(trianglePrimitive, [x], { isUpper: true, offset });
