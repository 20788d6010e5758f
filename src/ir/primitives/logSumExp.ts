// Sums and shares of exponentials, without overflow.
import * as tf from "@tensorflow/tfjs-core";
import { range, sizeOf } from "../../util/shapes.js";
import type { Variable } from "../program.js";
import { div, sub } from "./arithmetic.js";
import { expandAxes, forEachReduced, reducedShape, reduceSum } from "./axes.js";
import { greater, isFinite as isFiniteNumber, select } from "./comparison.js";
import { exp, log } from "./exponential.js";
import { stopGradient } from "./marks.js";
import { reduceMax, reduction } from "./reductions.js";
import { normalAxis } from "./slicing.js";

/** exp(x)/Σexp(x), and 0 where the whole group is −∞. */
function shares(x: Variable, axes: readonly number[]): Variable {
  const largest = stopGradient(reduceMax(x, axes));
  const shift = select(isFiniteNumber(largest), largest, 0);
  const terms = exp(sub(x, expandAxes(shift, x.shape, axes)));
  const total = reduceSum(terms, axes);
  return div(terms, expandAxes(select(greater(total, 0), total, 1), x.shape, axes));
}

function logSumExpKernel(x: tf.Tensor, axes: number[]): tf.Tensor {
  const largest = tf.max(x, axes, true);
  const shift = tf.where(tf.isFinite(largest), largest, tf.zerosLike(largest));
  const total = tf.log(tf.sum(tf.exp(tf.sub(x, shift)), axes));
  return tf.add(total, tf.reshape(shift, total.shape));
}

/** log Σ exp(x), −∞ for a group of −∞; d = Σ softmax(x)·dx */
export const logSumExp = reduction({
  name: "logSumExp",
  initial: Number.NEGATIVE_INFINITY,
  combine: Math.max,
  evaluate: ([x], { axes }) => {
    const size = sizeOf(reducedShape(x!.shape, axes));
    const largest = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
    forEachReduced(x!.shape, axes, (at, group) => {
      largest[group] = Math.max(largest[group]!, x!.elements[at]!);
    });
    const shift = largest.map((each) => (Number.isFinite(each) ? each : 0));
    const total = new Float64Array(size);
    forEachReduced(x!.shape, axes, (at, group) => {
      total[group]! += Math.exp(x!.elements[at]! - shift[group]!);
    });
    return [total.map((each, group) => shift[group]! + Math.log(each))];
  },
  factors: (x, _, axes) => shares(x, axes),
  tfjs: ([x], { axes }) => {
    if (x!.rank <= 6) return [logSumExpKernel(x!, axes)];
    // as a matrix, since not every backend broadcasts along many axes
    const kept = range(x!.rank).filter((axis) => !axes.includes(axis));
    const shape = kept.map((axis) => x!.shape[axis]!);
    const rows = tf.reshape(tf.transpose(x!, [...kept, ...axes]), [sizeOf(shape), -1]);
    return [tf.reshape(logSumExpKernel(rows, [1]), shape)];
  },
});

/** x minus its largest element, which changes neither softmax nor its derivatives. */
function shifted(x: Variable, axes: readonly number[]): Variable {
  return sub(x, expandAxes(stopGradient(reduceMax(x, axes)), x.shape, axes));
}

const normalAxes = (x: Variable, axes: readonly number[]) => axes.map((axis) => normalAxis(axis, x.shape.length));

/** exp(x)/Σexp(x) over axes (the last, unless stated). */
export function softmax(x: Variable, axes: readonly number[] = range(x.shape.length).slice(-1)): Variable {
  const normal = normalAxes(x, axes);
  const terms = exp(shifted(x, normal));
  return div(terms, expandAxes(reduceSum(terms, normal), x.shape, normal));
}

/** x − log Σ exp(x) over axes (the last, unless stated). */
export function logSoftmax(x: Variable, axes: readonly number[] = range(x.shape.length).slice(-1)): Variable {
  const normal = normalAxes(x, axes);
  const moved = shifted(x, normal);
  return sub(moved, expandAxes(log(reduceSum(exp(moved), normal)), x.shape, normal));
}
