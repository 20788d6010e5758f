import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Family } from "../../ir/site.js";
import { sumLast } from "../bijectors/trailingAxes.js";
import { type Parts, shapesOf } from "./parts.js";

/** Mean, variance and entropy, where they follow from those of the base. */
export function momentsOf(parts: Parts): Pick<Family, "mean" | "variance" | "entropy"> {
  const { base, rule, extra, ofBase, ofRule } = parts;
  const { mean, variance, entropy } = base;
  const { variance: spread } = rule;
  const meanLogDet = (all: readonly Tensor[]): Tensor => {
    const { event } = base.shapes(ofBase(all).map(({ shape }) => shape));
    const x = rule.isAffine ? tf.zeros([...event]) : mean!(ofBase(all));
    return sumLast(rule.logDet(ofRule(all), x), extra);
  };
  // a mean that does not depend on all parameters comes out without some of the axes
  const full = (all: readonly Tensor[], value: Tensor) => {
    const { batch, event } = shapesOf(
      parts,
      all.map(({ shape }) => shape),
    );
    return tf.broadcastTo(value, [...batch, ...event]);
  };
  return {
    ...(mean &&
      rule.isAffine && {
        mean: (all: readonly Tensor[]) => full(all, rule.forward(ofRule(all), mean(ofBase(all)))),
      }),
    ...(variance &&
      spread && {
        variance: (all: readonly Tensor[]) => full(all, spread(ofRule(all), variance(ofBase(all)))),
      }),
    // H(f(X)) = H(X) + E log |det f′(X)|
    ...(entropy &&
      (rule.isAffine || (rule.hasAffineLogDet && mean)) && {
        entropy: (all: readonly Tensor[]) => {
          const { batch } = shapesOf(
            parts,
            all.map(({ shape }) => shape),
          );
          return tf.broadcastTo(tf.add(entropy(ofBase(all)), meanLogDet(all)), [...batch]);
        },
      }),
  };
}
