// Extrema as shaders of tfjs' webgl backend. For its own kernels nothing is below −10²⁰ or above 10²⁰, infinity neither: the logarithm of
// a sum of impossible cases would be finite.
import * as tf from "@tensorflow/tfjs-core";
import { type Shape, sizeOf } from "../../util/shapes.js";
import type { Rule } from "./lowering.js";
import { runProgram, webglPrograms } from "./webglPrograms.js";

/** How many elements one position looks at: what more there are takes several rounds. */
const window = 32;

/** The extremum of every row of a matrix, as a matrix of one column; NaN where a row holds one. */
function extremaOfRows(rows: tf.Tensor, comparison: ">" | "<"): tf.Tensor {
  const [count, length] = rows.shape as [number, number];
  if (length === 1) return rows;
  const columns = Math.ceil(length / window);
  const [result] = runProgram(
    [rows],
    [count, columns],
    `void main() {
      ivec2 at = getOutputCoords();
      int start = at.y * ${window};
      float best = getA(at.x, start);
      for (int i = 1; i < ${Math.min(window, length)}; i++) {
        if (start + i >= ${length}) break;
        float x = getA(at.x, start + i);
        if (isnan(x) || x ${comparison} best) best = x;
        if (isnan(best)) break;
      }
      setOutput(best);
    }`,
  );
  return extremaOfRows(result!, comparison);
}

/** What is reduced to one element each as the rows of a matrix. */
function rowsOf(x: tf.Tensor, axes: readonly number[]): { rows: tf.Tensor; kept: Shape } {
  const others = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const kept = others.map((axis) => x.shape[axis]!);
  const order = [...others, ...axes];
  const ordered = order.every((axis, i) => axis === i) ? x : tf.transpose(x, order);
  return { rows: tf.reshape(ordered, [sizeOf(kept), x.size / sizeOf(kept)]), kept };
}

const extremum =
  (comparison: ">" | "<"): Rule =>
  ([x], { axes }) => {
    const { rows, kept } = rowsOf(x!, axes);
    return [tf.reshape(extremaOfRows(rows, comparison), [...kept])];
  };

const exp = webglPrograms.get("exp")!;
const log = webglPrograms.get("log")!;

/** m + log Σ exp(x − m) with the largest element m, if that is finite */
const logSumExp: Rule = ([x], { axes }) => {
  const { rows, kept } = rowsOf(x!, axes);
  const largest = extremaOfRows(rows, ">");
  const shift = tf.where(tf.isFinite(largest), largest, tf.zerosLike(largest));
  const sum = tf.sum(exp([tf.sub(rows, shift)], {})[0]!, 1, true);
  return [tf.reshape(tf.add(shift, log([sum], {})[0]!), [...kept])];
};

/** By primitive. */
export const webglReductions: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["reduceMax", extremum(">")],
  ["reduceMin", extremum("<")],
  ["logSumExp", logSumExp],
]);
