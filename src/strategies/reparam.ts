import type { Tensor } from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { Strategy } from "../ir/site.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** The pathwise derivative: the draw is a differentiable function of the parameters and of fixed noise. */
export const reparamStrategy: Strategy = {
  name: "reparam",
  isUnbiased: true,
  isPathwise: true,
  maximumOrder: Number.POSITIVE_INFINITY,
  objection: ({ isPathwise }) =>
    isPathwise
      ? undefined
      : "its draws are not a differentiable function of its parameters; use reinforce, enumerate or measureValued",
  draw: ({ family, parameters, key, batch }) => ({ value: family.draw(parameters, key, batch), keep: {} }),
};

/**
 * Estimates a site by the pathwise derivative (reparameterization): exact for any order of derivative, low variance,
 * one lane. The value must reach the objective through continuous operations only; this is checked.
 *
 * Kingma & Welling, "Auto-Encoding Variational Bayes" (2014), section 2.4.
 */
export const reparam = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "reparam", "this distribution has no pathwise derivative; use reinforce, enumerate or measureValued">,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, reparamStrategy);
