import * as tf from "@tensorflow/tfjs-core";
import { where } from "../../ops/where.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";

/**
 * y = eˣ: from the real numbers to the positive ones.
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.exp.forward([0, -1]).shape, bijectors.exp.logDet(3).dataSync()[0]); // => [ 2 ] 3
 * ```
 */
export const exp: Bijector<"real", "positive", false> = /* @__PURE__ */ bijector(
  /* @__PURE__ */ bijectorRule({
    name: "exp",
    domain: "real",
    codomain: "positive",
    forward: (_, x) => tf.exp(x),
    inverse: (_, y) => tf.log(where(tf.greater(y, 0), y, 1)),
    logDet: (_, x) => x,
    hasAffineLogDet: true,
    overflows: "forward",
    monotone: { codomain: () => [0, Number.POSITIVE_INFINITY] },
  }),
);
