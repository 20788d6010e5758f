// Elbow's own operations as functions on tfjs tensors: recorded inside a trace, executed at once outside.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";
import { build, builder } from "./builder.js";
import { interpret } from "./interpret.js";
import type { NDArray } from "./primitive.js";
import { type DType, type Program, typeOf, type Variable } from "./program.js";
import { emitOnTensors, isRecorded, isTracing } from "./tracing.js";

/** Anything that tfjs converts to a tensor. */
export type TensorLike = tf.Tensor | number | boolean | readonly number[] | readonly (readonly number[])[];

/** The tensor itself, or a new one. A number in a trace stays a double: tfjs would round it before recording it. */
export function asTensor(value: TensorLike, dtype: DType = "float32", what = "a value"): tf.Tensor {
  if (value instanceof tf.Tensor) {
    // one that was recorded is told apart where it is looked up: it may have left the function that it is of
    if (value.isDisposed && !isRecorded(value))
      throw new ElbowError("disposed-tensor", {
        message: `${what} is a disposed tensor`,
        hint: "Keep it until the run has ended: tf.keep protects a tensor from the tf.tidy around it.",
      });
    return value;
  }
  if (typeof value === "number" && isTracing()) return emitOnTensors([], () => [builder().scalar(value, dtype)])[0]!;
  const isListed = Array.isArray(value) || ArrayBuffer.isView(value);
  if (!isListed && typeof value !== "number" && typeof value !== "boolean")
    throw notATensor(
      `${what} must be a tensor or numbers\n  received: ${described(value)}`,
      value === undefined
        ? "An argument of the program or a parameter is missing: look at what is passed to it."
        : "Give a number, nested arrays of numbers, or a tensor of tfjs.",
    );
  try {
    if (Array.isArray(value)) checkNumbers(value);
    return tf.tensor(value as tf.TensorLike, undefined, typeof value === "boolean" ? "bool" : dtype);
  } catch (error) {
    throw notATensor(
      `${what} must be a tensor or numbers\n  received: an array that is none of numbers (${(error as Error).message})`,
      "Give nested arrays of equal lengths, of numbers alone; tensors are put together with tf.stack.",
    );
  }
}

/** tfjs takes anything for a number, a tensor as well. */
function checkNumbers(list: readonly unknown[]): void {
  for (let i = 0; i < list.length; i++) {
    const each = list[i];
    if (Array.isArray(each)) checkNumbers(each);
    else if (typeof each !== "number" && typeof each !== "boolean" && !ArrayBuffer.isView(each))
      throw new Error(`an element is ${described(each)}`);
  }
}

const notATensor = (message: string, hint: string): ElbowError => new ElbowError("not-a-tensor", { message, hint });

/** A tensor from double-precision elements. */
export const toTensor = ({ elements, shape, dtype }: NDArray): tf.Tensor =>
  tf.tensor(
    dtype === "float32"
      ? Float32Array.from(elements)
      : dtype === "int32"
        ? Int32Array.from(elements)
        : Uint8Array.from(elements),
    [...shape],
    dtype,
  );

/** A tensor's elements in double precision. */
export const toNDArray = (tensor: tf.Tensor): NDArray => ({
  shape: tensor.shape,
  dtype: tensor.dtype as DType,
  elements: Float64Array.from(tensor.dataSync()),
});

/** Executes a program at once on real tensors: tfjs kernels where there are any, the reference rule elsewhere. */
export const runEagerly = (program: Program, inputs: readonly tf.Tensor[]): tf.Tensor[] =>
  tf.tidy(() =>
    interpret<tf.Tensor>(
      program,
      inputs,
      ({ variable: { shape, dtype }, elements }) => toTensor({ shape, dtype, elements }),
      ({ primitive, attributes, outputs }, operands) => {
        if (primitive.tfjs) return primitive.tfjs(operands, attributes);
        const results = primitive.evaluate(operands.map(toNDArray), attributes);
        return outputs.map(({ shape, dtype }, i) => toTensor({ shape, dtype, elements: results[i]! }));
      },
    ).outputs.map((output) => (inputs.includes(output) ? output.clone() : output)),
  );

/**
 * Turns an emitter on variables into a function on tensors.
 *
 * @param signature - of a public function, `xlogy(x, y)`: all these arguments must be there, and errors name them
 */
export function lifted(
  emitter: (...variables: Variable[]) => Variable,
  signature?: string,
): (...values: TensorLike[]) => tf.Tensor {
  const apply = (tensors: readonly tf.Tensor[]) => applyEmitter((...variables) => [emitter(...variables)], tensors)[0]!;
  if (signature === undefined) return (...values) => apply(values.map((value) => asTensor(value)));
  const [name, ...roles] = signature.match(/\w+/g) ?? [];
  const whats = roles.map((role) => `${name}: ${role}`);
  return (...values) => apply(whats.map((what, i) => asTensor(values[i]!, "float32", what)));
}

/** Applies an emitter of several results to tensors: recorded in a trace, executed at once outside. */
export function applyEmitter(
  emitter: (...variables: Variable[]) => readonly Variable[],
  tensors: readonly tf.Tensor[],
): tf.Tensor[] {
  if (isTracing()) return emitOnTensors(tensors, emitter);
  const types = tensors.map(({ shape, dtype }) => typeOf({ shape, dtype: dtype as DType }));
  return runEagerly(build(types, emitter), tensors);
}
