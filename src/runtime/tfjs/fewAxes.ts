// Elementwise rules on tensors of many axes. Kernels of tfjs' wasm backend that broadcast take at most six: for more they print a
// line and leave the result unwritten. Enumerated choices each bring an axis of their own, so there may well be more.
import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes, type Shape, sizeOf } from "../../util/shapes.js";
import type { Rule } from "./lowering.js";

/** What every backend's kernels take, but for some of WebGL's. */
export const mostAxes = 6;

/**
 * The same rule, which sees neighbouring axes as one where the same operands vary along them.
 *
 * @param most - how many axes it takes
 * @param broadcast - stretches what still has more
 */
export const onFewAxes =
  (rule: Rule, most = mostAxes, broadcast: (x: tf.Tensor, shape: number[]) => tf.Tensor = tf.broadcastTo): Rule =>
  (operands, attributes) => {
    if (operands.every(({ rank }) => rank <= most)) return rule(operands, attributes);
    const shape = operands.map((each) => each.shape as Shape).reduce((a, b) => broadcastShapes(a, b)!);
    const merged = mergedShapes(
      operands.map((each) => each.shape),
      shape,
    );
    const isFew = merged.every((each) => each.length <= most);
    const fewer = operands.map((each, i) =>
      isFew ? tf.reshape(each, merged[i]!) : tf.reshape(broadcast(each, [...shape]), [sizeOf(shape)]),
    );
    return rule(fewer, attributes).map((result) => tf.reshape(result, [...shape]));
  };

/** The operands' shapes without the axes that nothing varies along, and with one axis for neighbours that the same operands vary along. */
export function mergedShapes(shapes: readonly Shape[], shape: Shape): number[][] {
  const merged: number[][] = shapes.map(() => []);
  let before: string | undefined;
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const varies = shapes.map((each) => (each[axis - shape.length + each.length] ?? 1) === size);
    const pattern = varies.join();
    merged.forEach((each, i) => {
      const own = varies[i] ? size : 1;
      if (pattern === before) each[each.length - 1]! *= own;
      else each.push(own);
    });
    before = pattern;
  });
  return merged;
}
