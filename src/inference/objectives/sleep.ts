import * as tf from "@tensorflow/tfjs-core";
import { assess, type Values } from "../../dsl/assess.js";
import { type Choices, select, without } from "../../dsl/choices.js";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { simulate } from "../../dsl/simulate.js";
import { checkOptionNames } from "../../util/options.js";
import { type Objective, objective } from "../objective.js";
import { checkPrograms } from "./checkPrograms.js";
import { detached } from "./detached.js";
import type { GuideParameters } from "./elbo.js";

/** Options of {@link sleep}. */
export interface SleepOptions<K extends string> {
  /** The addresses of the model that are data, in the order in which the guide takes them. */
  readonly observed: K | readonly K[];
}

/**
 * The sleep phase, E −log q(z | x) over dreams (z, x) of the model, to be minimised: E KL(p(z | x)‖q(z | x)) up to a constant, for
 * the data that the model expects. Unbiased; no derivative goes through the dreams.
 *
 * Hinton, Dayan, Frey & Neal, "The Wake-Sleep Algorithm for Unsupervised Neural Networks" (1995).
 *
 * @param model - draws what is observed, too; its arguments are the data of the objective and stay constant
 * @param guide - takes the parameters, then the observed values
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, sample, sleep } from "elbow";
 * const model = gen(function* () {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* sample("x", normal(z, 1));
 * });
 * const guide = gen(function* (q: { slope: tf.Tensor }, x: tf.Tensor) {
 *   yield* sample("z", normal(x.mul(q.slope), Math.SQRT1_2));
 * });
 * const L = sleep(model, guide, { observed: "x" });
 * // the posterior mean is x/2
 * const { slope } = await L.gradEstimate({ seed: 0, draws: 100_000 }, { slope: tf.scalar(0.5) });
 * console.log(Math.abs(slope.dataSync()[0]!) < 0.03); // => true
 * ```
 */
export const sleep = <
  D extends readonly unknown[],
  M,
  R,
  A extends readonly [unknown, ...unknown[]],
  G,
  S,
  K extends keyof M & string,
>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<Omit<M, K>, G>,
  options: SleepOptions<K>,
): Objective<GuideParameters<A>, D> => {
  checkPrograms("sleep", { model, guide });
  checkOptionNames("sleep", options, ["observed"], ["observed"]);
  const { observed } = options;
  const names: readonly string[] = typeof observed === "string" ? [observed] : observed;
  return objective(
    function* (parameters: GuideParameters<A>, ...data: D) {
      const { choices } = yield* simulate(model(...detached(data)));
      const dream = choices as Choices;
      const q = guide(...([parameters, ...names.map((name) => select(dream, name)[name])] as unknown as A));
      return tf.neg(yield* assess(q, without(dream, ...names) as unknown as Values<G>));
    },
    { direction: "minimize" },
  );
};
