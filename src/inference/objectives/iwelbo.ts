import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { replicate } from "../../dsl/replicate.js";
import { assess, simulate, type Values } from "../../dsl/verbs.js";
import { logSumExp } from "../../ops/special.js";
import { type Objective, objective } from "../objective.js";
import type { GuideParameters } from "./elbo.js";

/**
 * The importance-weighted bound of K particles, E log (1/K) Σ_k p(x, z_k)/q(z_k): at least the ELBO, at most log p(x).
 *
 * Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders" (2016), equation 8.
 *
 * @param particles - K ≥ 1
 */
export const iwelbo = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  particles: number,
): Objective<GuideParameters<A>, D> =>
  objective(function* (parameters: GuideParameters<A>, ...data: D) {
    const logWeights = yield* replicate(particles, function* () {
      const { choices, logDensity } = yield* simulate(guide(...([parameters, ...data] as unknown as A)));
      return (yield* assess(model(...data), choices as unknown as Values<M>)).sub(logDensity);
    });
    return logSumExp(logWeights).sub(Math.log(particles));
  });
