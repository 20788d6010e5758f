import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { inline } from "../ir/interpret.js";
import { applyEmitter } from "../ir/lifted.js";
import type { DType } from "../ir/program.js";
import type { Family } from "../ir/site.js";
import { trace } from "../ir/tracing.js";
import { valueAndGrad } from "../transforms/grad.js";
import { range, type Shape } from "../util/shapes.js";

/** The last axes of a parameter that belong to one event; those that it leaves to broadcasting have size 1. */
const eventShape = (shape: Shape, rank: number): number[] =>
  range(rank).map((axis) => shape[shape.length - rank + axis] ?? 1);

/**
 * ‖∂ log p(x; φ)/∂φ‖² for every draw x, over all parameters φ of its distribution.
 *
 * @param value - draws [...batch, ...event], with any leading axes
 * @returns of the shape of the log density
 */
export function squaredScore(family: Family, parameters: readonly Tensor[], value: Tensor): Tensor {
  const { batch, event } = family.shapes(parameters.map((parameter) => parameter.shape));
  const leading = value.shape.slice(0, value.rank - batch.length - event.length);
  const ranks = family.parameterEventRanks;
  // every draw gets parameters of its own, so that one gradient of the sum has all scores in it
  const own = parameters.map((parameter, i) =>
    tf.broadcastTo(parameter, [...leading, ...batch, ...eventShape(parameter.shape, ranks[i]!)]),
  );
  const inputs = [...own, value];
  const types = inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype as DType }));
  const total = trace(types, (...operands) => [tf.sum(family.logDensity(operands.slice(0, -1), operands.at(-1)!))]);
  const gradient = valueAndGrad(total, { wrt: range(own.length) });
  const [, ...scores] = applyEmitter((...variables) => inline(gradient, variables), inputs);
  const rank = leading.length + batch.length;
  return tf.addN(
    scores.map((score) =>
      tf.sum(
        tf.square(score),
        range(score.rank - rank).map((i) => rank + i),
      ),
    ),
  );
}
