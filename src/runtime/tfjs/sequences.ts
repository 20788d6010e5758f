// The sequences that a scan walks along, and those that it makes, element by element.
import * as tf from "@tensorflow/tfjs-core";
import type { Type } from "../../ir/program.js";
import { type Shape, sizeOf } from "../../util/shapes.js";
import type { Sides } from "../placement.js";
import { Cell, onHost } from "./cell.js";
import { mostAxes } from "./fewAxes.js";

/**
 * The elements of a sequence, each a cell of its own. One kernel cuts a tensor into all its elements; what the loop
 * needs on the host only is not cut on the device.
 */
export function unstack(sequence: Cell, length: number, { onHost: isRead, onDevice }: Sides): Cell[] {
  const type: Type = { shape: sequence.type.shape.slice(1), dtype: sequence.type.dtype };
  const size = sizeOf(type.shape);
  const elements = size * length === 0 ? new Float64Array(0) : sequence.elements;
  const tensors =
    sequence.tensor && size * length > 0 && (onDevice || !(isRead && elements)) ? cut(sequence.tensor, type.shape) : [];
  return Array.from({ length }, (_, t) => new Cell(type, tensors[t], elements?.subarray(t * size, (t + 1) * size)));
}

/**
 * The sequence of these elements, which it takes over. It stays on the host if all of them are there alone. Integers stay if
 * they are there at all: webgpu's concatenation takes them through float32, which would change keys.
 */
export function stack(type: Type, cells: readonly Cell[]): Cell {
  const isOnHost = cells.every((cell) => cell.elements && (!cell.tensor || type.dtype === "int32"));
  if (isOnHost || sizeOf(type.shape) === 0) {
    const elements = new Float64Array(sizeOf(type.shape));
    cells.forEach((cell, t) => {
      if (elements.length > 0) elements.set(cell.elements!, (t * elements.length) / cells.length);
      cell.release();
    });
    return onHost(type, elements);
  }
  const result = join(
    cells.map((cell) => cell.onDevice()),
    type.shape,
  );
  for (const cell of cells) cell.release();
  return new Cell(type, result, undefined);
}

/** The elements along the first axis. Of many axes, they are cut as vectors. */
const cut = (sequence: tf.Tensor, shape: Shape): tf.Tensor[] =>
  sequence.rank <= mostAxes
    ? tf.unstack(sequence)
    : tf.tidy(() =>
        tf.unstack(tf.reshape(sequence, [sequence.shape[0]!, -1])).map((each) => tf.reshape(each, [...shape])),
      );

/** The opposite. */
const join = (elements: readonly tf.Tensor[], shape: Shape): tf.Tensor =>
  shape.length <= mostAxes
    ? tf.stack([...elements])
    : tf.tidy(() => tf.reshape(tf.stack(elements.map((each) => tf.reshape(each, [-1]))), [...shape]));
