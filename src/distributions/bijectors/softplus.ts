import * as tf from "@tensorflow/tfjs-core";
import { where } from "../../ops/where.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";

/** log(eʸ − 1) = y + log(1 − e⁻ʸ) for y > 0. */
export const softplusInverse = (y: tf.Tensor): tf.Tensor => tf.add(y, tf.log(tf.neg(tf.expm1(tf.neg(y)))));

/**
 * y = log(1 + eˣ): from the real numbers to the positive ones; like x itself for large x.
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.softplus.forward(0).dataSync()[0].toFixed(4)); // => 0.6931
 * ```
 */
export const softplus: Bijector<"real", "positive", false> = /* @__PURE__ */ bijector(
  /* @__PURE__ */ bijectorRule({
    name: "softplus",
    domain: "real",
    codomain: "positive",
    forward: (_, x) => tf.softplus(x),
    inverse: (_, y) => softplusInverse(where(tf.greater(y, 0), y, 1)),
    // log σ(x)
    logDet: (_, x) => tf.neg(tf.softplus(tf.neg(x))),
    monotone: { codomain: () => [0, Number.POSITIVE_INFINITY] },
  }),
);
