import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import { where } from "../../ops/where.js";
import { nonZero } from "../constraints.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";

/** x where it is not negative, 1 elsewhere: the end of an interval at 0 has an image, too. */
const base = (x: tf.Tensor): tf.Tensor => where(tf.greaterEqual(x, 0), x, 1);
const positive = (x: tf.Tensor): tf.Tensor => where(tf.greater(x, 0), x, 1);

const powerRule = /* @__PURE__ */ bijectorRule({
  name: "power",
  domain: "positive",
  codomain: "positive",
  parameters: ["exponent"],
  forward: ({ exponent }, x) => tf.pow(base(x), exponent!),
  inverse: ({ exponent }, y) => tf.pow(positive(y), tf.reciprocal(exponent!)),
  // log |p| + (p − 1) log x
  logDet: ({ exponent }, x) => tf.add(tf.log(tf.abs(exponent)), tf.mul(tf.sub(exponent, 1), tf.log(positive(x)))),
  constraints: { exponent: nonZero },
  overflows: "both",
  monotone: {
    direction: ({ exponent }) => tf.sign(exponent),
    domain: () => [0, Number.POSITIVE_INFINITY],
    codomain: () => [0, Number.POSITIVE_INFINITY],
  },
});

/**
 * y = xᵖ of positive numbers.
 *
 * @param exponent - p ≠ 0, of either sign, any shape
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.power(-2).forward([1, 2]).dataSync()); // => Float32Array(2) [ 1, 0.25 ]
 * ```
 */
export const power = (exponent: TensorLike): Bijector<"positive", "positive", false> =>
  bijector(powerRule, [asTensor(exponent)]);
