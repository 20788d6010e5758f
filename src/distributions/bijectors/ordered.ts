import * as tf from "@tensorflow/tfjs-core";
import { where } from "../../ops/where.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";
import { runningSum, sliceLast } from "./trailingAxes.js";

/** Logarithms of steps that rounding made zero are those of this one. */
const leastStep = 1e-37;

const steps = (y: tf.Tensor): tf.Tensor => tf.sub(sliceLast(y, 1), sliceLast(y, 0, y.shape.at(-1)! - 1));

/**
 * y₁ = x₁, yₖ = yₖ₋₁ + e^{xₖ}: from vectors of real numbers to increasing ones.
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.ordered.forward([-1, 0, 0]).dataSync()); // => Float32Array(3) [ -1, 0, 1 ]
 * ```
 */
export const ordered: Bijector<"real", "ordered", false> = /* @__PURE__ */ bijector(
  /* @__PURE__ */ bijectorRule({
    name: "ordered",
    domain: "real",
    codomain: "ordered",
    domainRank: 1,
    forward: (_, x) => runningSum(tf.concat([sliceLast(x, 0, 1), tf.exp(sliceLast(x, 1))], -1)),
    inverse: (_, y) => {
      const step = steps(y);
      return tf.concat([sliceLast(y, 0, 1), tf.log(where(tf.greater(step, 0), step, leastStep))], -1);
    },
    logDet: (_, x) => tf.sum(sliceLast(x, 1), -1),
    hasAffineLogDet: true,
    // draws may come so close that rounding makes them equal
    isInCodomain: (_, y) => tf.all(tf.greaterEqual(steps(y), 0), -1),
  }),
);
