// Matrix products, batched and broadcast.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import {
  broadcastShapes,
  broadcastStrides,
  formatShape,
  range,
  type Shape,
  sameShape,
  sizeOf,
} from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { type MaybeZero, operation, type Primitive, primitive } from "../primitive.js";
import type { Variable } from "../program.js";
import { broadcastAxes, matrixTranspose, reduceSum, reshape, sumTo, transpose } from "./axes.js";
import { addMaybe } from "./comparison.js";
import { alignOwnRanks, mul } from "./elementwise.js";

/** The axes of a batch of matrices before the last two. */
export const batchShape = (shape: Shape): Shape => shape.slice(0, -2);

/** For each matrix of a broadcast batch, the number of the matrix of `own` that takes part in it. */
export function matrixIndices(own: Shape, batch: Shape): Int32Array {
  const strides = broadcastStrides(own, batch);
  const indices = new Int32Array(sizeOf(batch));
  for (let i = 0; i < indices.length; i++)
    for (let axis = batch.length - 1, rest = i; axis >= 0; rest = Math.floor(rest / batch[axis]!), axis--)
      indices[i]! += (rest % batch[axis]!) * strides[axis]!;
  return indices;
}

/** Cᵢⱼ = Σₖ AᵢₖBₖⱼ for each pair of matrices; dC = dA·B + A·dB */
const matMulPrimitive: Primitive = primitive({
  name: "matMul",
  infer: ([a, b]) => {
    const batch = broadcastShapes(batchShape(a!.shape), batchShape(b!.shape));
    const [rows, inner] = a!.shape.slice(-2);
    const [height, columns] = b!.shape.slice(-2);
    if (a!.shape.length < 2 || b!.shape.length < 2 || !batch || inner !== height || a!.dtype !== b!.dtype)
      throw new ElbowError("shape", {
        message: `matMul: ${a!.dtype}${formatShape(a!.shape)} and ${b!.dtype}${formatShape(b!.shape)} have no product`,
        hint: "The columns of the first must be as many as the rows of the second, and the leading axes must broadcast.",
      });
    return [{ shape: [...batch, rows!, columns!], dtype: a!.dtype }];
  },
  evaluate: ([a, b]) => {
    const batch = broadcastShapes(batchShape(a!.shape), batchShape(b!.shape))!;
    const [m, k] = a!.shape.slice(-2) as [number, number];
    const n = b!.shape.at(-1)!;
    const [ofA, ofB] = [matrixIndices(batchShape(a!.shape), batch), matrixIndices(batchShape(b!.shape), batch)];
    const out = new Float64Array(sizeOf(batch) * m * n);
    for (let matrix = 0; matrix < ofA.length; matrix++)
      for (let i = 0; i < m; i++) {
        const row = (matrix * m + i) * n;
        for (let l = 0; l < k; l++) {
          const factor = a!.elements[(ofA[matrix]! * m + i) * k + l]!;
          const from = (ofB[matrix]! * k + l) * n;
          for (let j = 0; j < n; j++) out[row + j]! += factor * b!.elements[from + j]!;
        }
      }
    return [out];
  },
  jvp: ({ inputs: [a, b] }, [da, db]) => [addMaybe(da && matMul(da, b!), db && matMul(a!, db))],
  vjp: ({ inputs: [a, b], isNeeded }, [ct]): MaybeZero[] => {
    if (!ct) return [undefined, undefined];
    return [isNeeded[0] ? leftCotangent(ct, a!, b!) : undefined, isNeeded[1] ? rightCotangent(ct, a!, b!) : undefined];
  },
  batch: (inputs, _, rank) => [emitOne(matMulPrimitive, alignOwnRanks(inputs, rank))],
  axes: ([a, b], _, [out]) => {
    const last = out!.shape.length - 1;
    const batch = batchShape(out!.shape);
    const ofA = [...broadcastAxes(batchShape(a!.shape), batch), last - 1, null];
    return [[ofA, [...broadcastAxes(batchShape(b!.shape), batch), null, last]]];
  },
  isContinuousIn: () => true,
  linearIn: [[0], [1]],
  tfjs: ([a, b]) => [multiply(a!, b!)],
});

/** C̄·Bᵀ, summed over the batch axes that A does not have: with one A for all B, as one product over batch and columns. */
function leftCotangent(ct: Variable, a: Variable, b: Variable): Variable {
  if (sizeOf(batchShape(a.shape)) !== 1 || !sameShape(batchShape(ct.shape), batchShape(b.shape)))
    return sumTo(matMul(ct, matrixTranspose(b)), a.shape);
  const last = ct.shape.length - 1;
  const lined = reshape(transpose(ct, [last - 1, ...range(last - 1), last]), [a.shape.at(-2)!, lineLength(ct)]);
  const stacked = reshape(matrixTranspose(b), [lineLength(ct), a.shape.at(-1)!]);
  return reshape(matMul(lined, stacked), a.shape);
}

/** Aᵀ·C̄, summed over the batch axes that B does not have: with one B for all A, as one product over batch and rows. */
function rightCotangent(ct: Variable, a: Variable, b: Variable): Variable {
  if (sizeOf(batchShape(b.shape)) !== 1 || !sameShape(batchShape(ct.shape), batchShape(a.shape)))
    return sumTo(matMul(matrixTranspose(a), ct), b.shape);
  const rows = (x: Variable) => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
  return reshape(matMul(matrixTranspose(rows(a)), rows(ct)), b.shape);
}

/** Number of columns in all matrices of a batch together. */
const lineLength = (x: Variable): number => sizeOf(batchShape(x.shape)) * x.shape.at(-1)!;

/** Several backends multiply floats only; integers come out exactly below 2²⁴. */
const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  a.dtype === "float32"
    ? tf.matMul(a, b)
    : tf.cast(tf.matMul(tf.cast(a, "float32"), tf.cast(b, "float32")), a.dtype as "int32");

/** One B for all A is one tall product; otherwise tfjs repeats the smaller batch cyclically, which has to be the right way. */
function multiply(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [ofA, ofB] = [batchShape(a.shape), batchShape(b.shape)];
  const batch = broadcastShapes(ofA, ofB)!;
  const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  if (sizeOf(ofB) === 1)
    return tf.reshape(product(tf.reshape(a, [sizeOf(batch) * m, k]), tf.reshape(b, [k, n])), [...batch, m, n]);
  const flat = (x: tf.Tensor, own: Shape) => {
    const isWhole = sizeOf(own) === 1 || sameShape(own, batch);
    const whole = isWhole ? x : tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
    return tf.reshape(whole, [isWhole ? sizeOf(own) : sizeOf(batch), x.shape.at(-2)!, x.shape.at(-1)!]);
  };
  return tf.reshape(product(flat(a, ofA), flat(b, ofB)), [...batch, m, n]);
}

/** Which operands of a product enter transposed. */
export interface MatMulOptions {
  /** @defaultValue false */
  readonly transposeA?: boolean;
  /** @defaultValue false */
  readonly transposeB?: boolean;
}

/** Products of the matrices in the last two axes: [...batch, m, k] · [...batch, k, n]; the batches broadcast. */
export const matMul = operation(
  (a: Variable, b: Variable, { transposeA = false, transposeB = false }: MatMulOptions = {}): Variable =>
    emitOne(matMulPrimitive, [transposeA ? matrixTranspose(a) : a, transposeB ? matrixTranspose(b) : b]),
  matMulPrimitive,
);

/** Products of matrices with vectors: [...batch, m, k] · [...batch, k]. */
export function matVec(a: Variable, x: Variable): Variable {
  const product = matMul(a, reshape(x, [...x.shape, 1]));
  return reshape(product, product.shape.slice(0, -1));
}

/** Inner products of vectors: [...batch, k] · [...batch, k] ↦ [...batch]. */
export function dot(x: Variable, y: Variable): Variable {
  const products = mul(x, y);
  return reduceSum(products, [products.shape.length - 1]);
}

/** Outer products of vectors: [...batch, m], [...batch, n] ↦ [...batch, m, n]. */
export const outer = (x: Variable, y: Variable): Variable =>
  mul(reshape(x, [...x.shape, 1]), reshape(y, [...y.shape.slice(0, -1), 1, y.shape.at(-1)!]));
