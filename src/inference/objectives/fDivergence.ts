import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { checkFunction } from "../../util/expected.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import type { GuideParameters } from "./elbo.js";
import { particle } from "./particle.js";

/** A convex function f of u = p/q, as a function of log u, elementwise. Those in use are in `csiszar`. */
export type CsiszarFunction = (logRatio: Tensor) => Tensor;

/**
 * The f-divergence D_f = E_q f(p(x, z)/q(z)) for a convex f, to be minimised.
 *
 * A divergence between distributions where the model is normalised, as one without observations is; with observations,
 * p(x, z) is p(x) times the posterior, and only some f keep their minimum (−log u does: it is the negative ELBO).
 * Unbiased, value and gradient.
 *
 * Csiszár, "Eine informationstheoretische Ungleichung…" (1963); Li & Turner (2016).
 *
 * @param f - one of `csiszar`, or a function of log u
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { csiszar, fDivergence, gen, normal, sample } from "elbow";
 * const target = gen(function* () {
 *   yield* sample("z", normal(0, 1));
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("z", normal(q.loc, 1));
 * });
 * const L = fDivergence(target, guide, csiszar.squaredHellinger);
 * const value = await L.estimate({ seed: 0, draws: 100_000 }, { loc: tf.scalar(1) });
 * console.log(Math.abs(value.dataSync()[0] - 2 * (1 - Math.exp(-1 / 8))) < 0.01); // => true
 * ```
 */
export const fDivergence = <D extends readonly unknown[], M, R, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  f: CsiszarFunction,
): Objective<GuideParameters<A>, D> => {
  checkPrograms("fDivergence", { model, guide });
  checkFunction("fDivergence", "f", f, "Write fDivergence(model, guide, csiszar.klForward), for example.");
  return objective(
    function* (parameters: GuideParameters<A>, ...data: D) {
      const { logJoint, logGuide } = yield* particle(model, guide, parameters, data);
      return f(tf.sub(logJoint, logGuide));
    },
    { direction: "minimize" },
  );
};
