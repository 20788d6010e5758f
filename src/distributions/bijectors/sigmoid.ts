import * as tf from "@tensorflow/tfjs-core";
import { where } from "../../ops/where.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";

/** log σ′(x) = log σ(x) + log σ(−x) */
export const sigmoidLogDet = (x: tf.Tensor): tf.Tensor => tf.neg(tf.add(tf.softplus(x), tf.softplus(tf.neg(x))));

/**
 * y = 1/(1 + e⁻ˣ): from the real numbers to the unit interval.
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.sigmoid.inverse([0.5]).dataSync()[0]); // => 0
 * ```
 */
export const sigmoid: Bijector<"real", "unitInterval", false> = /* @__PURE__ */ bijector(
  /* @__PURE__ */ bijectorRule({
    name: "sigmoid",
    domain: "real",
    codomain: "unitInterval",
    forward: (_, x) => tf.sigmoid(x),
    inverse: (_, y) => {
      const inside = where(tf.logicalAnd(tf.greater(y, 0), tf.less(y, 1)), y, 0.5);
      return tf.sub(tf.log(inside), tf.log1p(tf.neg(inside)));
    },
    logDet: (_, x) => sigmoidLogDet(x),
    monotone: { codomain: () => [0, 1] },
  }),
);
