// Conversions between tensors, the typed arrays behind them, and the double-precision arrays of the reference semantics.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { NDArray } from "../ir/primitive.js";
import type { DType, Elements } from "../ir/program.js";

/** What backends store: Float32Array, Int32Array, or Uint8Array for booleans. */
export type Data = Float32Array | Int32Array | Uint8Array;

/** Rounds to float32, wraps to 32 bits, or makes 0 and 1. */
export function dataFromElements(elements: Elements, dtype: DType): Data {
  if (dtype === "float32") return new Float32Array(elements);
  return dtype === "int32" ? new Int32Array(elements) : new Uint8Array(elements);
}

/** What elements become when they pass through a tensor. */
export const asStored = (elements: Elements, dtype: DType): Elements =>
  dtype === "float32" ? elements.map(Math.fround) : elements;

export const elementsFromData = (data: ArrayLike<number>): Elements => new Float64Array(data);

/** A tensor of these elements on tfjs' active backend, owned by the caller. */
export const tensorFromNDArray = ({ shape, dtype, elements }: NDArray): tf.Tensor =>
  tf.engine().makeTensor(dataFromElements(elements, dtype), [...shape], dtype);

/** The values of a tensor, now. @throws ElbowError "needs-await" if they are where only an awaited read reaches them */
export function valuesNow(tensor: tf.Tensor): Data {
  try {
    return tensor.dataSync() as Data;
  } catch (error) {
    if (tensor.isDisposed) throw error;
    throw new ElbowError("needs-await", {
      message: `the values of a tensor cannot be read at once: they are on a GPU (${error instanceof Error ? error.message : error})`,
      hint: "Read it before: await tensor.data(). Then the values are known here, too.",
    });
  }
}

/** Reads a tensor; backends without synchronous reads throw. */
export const ndarrayFromTensor = (tensor: tf.Tensor): NDArray => fromData(tensor, tensor.dataSync());

/** Reads a tensor of any backend. */
export const ndarrayFromTensorAsync = async (tensor: tf.Tensor): Promise<NDArray> =>
  fromData(tensor, await tensor.data());

const fromData = (tensor: tf.Tensor, data: ArrayLike<number>): NDArray => ({
  shape: tensor.shape,
  dtype: tensor.dtype as DType,
  elements: elementsFromData(data),
});
