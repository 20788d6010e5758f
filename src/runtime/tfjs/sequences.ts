// The sequences that a scan walks along, and those that it makes, element by element.
import * as tf from "@tensorflow/tfjs-core";
import type { Type } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
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
    sequence.tensor && size * length > 0 && (onDevice || !(isRead && elements)) ? tf.unstack(sequence.tensor) : [];
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
  const tensors = cells.map((cell) => cell.onDevice());
  const isFew = type.shape.length <= mostAxes;
  const result = isFew ? tf.stack(tensors) : stackAsVectors(tensors, type.shape);
  for (const cell of cells) cell.release();
  return new Cell(type, result, undefined);
}

const stackAsVectors = (tensors: readonly tf.Tensor[], shape: readonly number[]): tf.Tensor =>
  tf.tidy(() => tf.reshape(tf.stack(tensors.map((each) => tf.reshape(each, [-1]))), [...shape]));
