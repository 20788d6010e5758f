// Values between JavaScript and a module's memory.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../util/shapes.js";
import type { Operand } from "./kernels/kernel.js";

/** A memory as words of four bytes. */
export interface Words {
  readonly floats: Float32Array;
  readonly integers: Int32Array;
}

export const wordsOf = ({ buffer }: WebAssembly.Memory): Words => ({
  floats: new Float32Array(buffer),
  integers: new Int32Array(buffer),
});

/** Writes a value's elements. */
export function write({ floats, integers }: Words, { address, dtype }: Operand, elements: ArrayLike<number>): void {
  const at = address / 4;
  if (dtype === "float32") floats.set(elements, at);
  else if (dtype === "int32") integers.set(elements, at);
  else for (let i = 0; i < elements.length; i++) integers[at + i] = elements[i] ? -1 : 0;
}

/** The value as a tensor on tfjs' active backend, owned by the caller. */
export function toTensor({ floats, integers }: Words, { address, shape, dtype }: Operand): Tensor {
  const from = address / 4;
  const to = from + sizeOf(shape);
  const data = dtype === "float32" ? floats.slice(from, to) : integers.slice(from, to);
  const values = dtype === "bool" ? Uint8Array.from(data, (mask) => (mask === 0 ? 0 : 1)) : data;
  return tf.engine().makeTensor(values, [...shape], dtype);
}
