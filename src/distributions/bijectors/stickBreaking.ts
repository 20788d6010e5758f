import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { where } from "../../ops/where.js";
import { formatShape, range, type Shape } from "../../util/shapes.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";
import { runningSum, sliceLast } from "./trailingAxes.js";

/** Logarithms of elements that rounding made zero are those of this one. */
const leastElement = 1e-37;
/** How far the sum of a point may be from 1: what single precision loses. */
const sumTolerance = 1e-5;

/** log(K − k) for k = 1 … K − 1: with these offsets x = 0 becomes the middle of the simplex. */
const offsets = (inputs: number): tf.Tensor => tf.log(tf.tensor1d(range(inputs).map((i) => inputs - i)));

/** log z and log(1 − z) for the fractions z = σ(x − log(K − k)) that are broken off, and the logarithm of what is left before. */
function fractions(x: tf.Tensor) {
  const shifted = tf.sub(x, offsets(x.shape.at(-1)!));
  const rest = tf.neg(tf.softplus(shifted));
  return { broken: tf.neg(tf.softplus(tf.neg(shifted))), rest, before: runningSum(rest, { exclusive: true }) };
}

const resized =
  (by: number, least: number) =>
  (event: Shape): Shape => {
    const size = event.at(-1);
    if (size !== undefined && size >= least) return [...event.slice(0, -1), size + by];
    throw new ElbowError("shape", {
      message: `stickBreaking maps k − 1 numbers to k, k ≥ 2\n  received: an event of shape ${formatShape(event)}`,
    });
  };

/**
 * zₖ = σ(xₖ − log(K − k)), yₖ = zₖ·∏_{j<k}(1 − zⱼ), the last one what is left: from vectors of K − 1 real numbers to the
 * simplex of K numbers. The determinant is that of y₁ … y_{K−1}, as densities on the simplex are.
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const y = bijectors.stickBreaking.forward([0, 0, 0]);
 * console.log(y.dataSync().map((p) => Math.round(100 * p))); // => Float32Array(4) [ 25, 25, 25, 25 ]
 * ```
 */
export const stickBreaking: Bijector<"real", "simplex", false> = /* @__PURE__ */ bijector(
  /* @__PURE__ */ bijectorRule({
    name: "stickBreaking",
    domain: "real",
    codomain: "simplex",
    domainRank: 1,
    forward: (_, x) => {
      const { broken, rest, before } = fractions(x);
      return tf.exp(tf.concat([tf.add(broken, before), tf.sum(rest, -1, true)], -1));
    },
    // log z/(1 − z) = log yₖ − log Σ_{j>k} yⱼ
    inverse: (_, y) => {
      const inputs = y.shape.at(-1)! - 1;
      const log = (p: tf.Tensor) => tf.log(where(tf.greater(p, leastElement), p, leastElement));
      const left = sliceLast(runningSum(y, { exclusive: true, reverse: true }), 0, inputs);
      return tf.add(tf.sub(log(sliceLast(y, 0, inputs)), log(left)), offsets(inputs));
    },
    logDet: (_, x) => {
      const { broken, rest, before } = fractions(x);
      return tf.sum(tf.add(tf.add(broken, rest), before), -1);
    },
    isInCodomain: (_, y) =>
      tf.logicalAnd(tf.all(tf.greaterEqual(y, 0), -1), tf.lessEqual(tf.abs(tf.sub(tf.sum(y, -1), 1)), sumTolerance)),
    forwardShape: resized(1, 1),
    inverseShape: resized(-1, 2),
  }),
);
