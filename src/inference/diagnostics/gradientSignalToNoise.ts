import { ElbowError } from "../../errors.js";
import { checkOptionNames } from "../../util/options.js";
import { formatIndex } from "../../util/shapes.js";
import { checkData } from "../checkData.js";
import { checkObjective } from "../checkObjective.js";
import { type DrawingOptions, estimateMoments, namedParameters } from "../judging/moments.js";
import type { Objective } from "../objective.js";
import type { Parameters } from "../prepare.js";

/** Options of {@link gradientSignalToNoise}. */
export interface SignalToNoiseOptions extends DrawingOptions {
  /** Independent gradients; what are run at once may round it up. @defaultValue 1000 */
  readonly draws?: number | undefined;
}

/** How much of one parameter's gradient is direction, and how much is noise. */
export interface SignalToNoiseRow {
  /** The parameter, with the element's index: `loc[3]`. */
  readonly name: string;
  readonly mean: number;
  /** Of a single gradient. */
  readonly sd: number;
  /** |mean| / sd; infinite for a gradient without noise, 0 for one that is always 0. */
  readonly ratio: number;
}

/**
 * The signal-to-noise ratio |mean| / sd of an objective's gradient, parameter by parameter: below 1/√n, n averaged draws do not tell
 * which way to go. At an optimum it is 0, whatever the estimator; the ratios themselves are known to about 1/√draws.
 *
 * @throws ElbowError "option" for fewer than two draws
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gradientSignalToNoise, normal, objective, sample } from "elbow";
 * const L = objective(function* ({ loc }: { loc: tf.Tensor }) {
 *   return tf.square(yield* sample("x", normal(loc, 1)));
 * });
 * // the gradient 2x has mean 2 loc and standard deviation 2
 * const [row] = await gradientSignalToNoise(L, { loc: tf.scalar(3) }, [], { draws: 4000 });
 * console.log(row.name, Math.abs(row.ratio - 3) < 0.2); // => loc true
 * ```
 */
export async function gradientSignalToNoise<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: NoInfer<D>,
  settings: SignalToNoiseOptions = {},
): Promise<SignalToNoiseRow[]> {
  checkObjective("gradientSignalToNoise", objective);
  checkData("gradientSignalToNoise", data);
  checkOptionNames("gradientSignalToNoise", settings, ["draws", "seed", "engine", "threads"]);
  const { draws = 1000, ...options } = settings;
  if (!Number.isInteger(draws) || draws < 2)
    throw new ElbowError("option", { message: `draws must be an integer of at least 2, and is ${draws}` });
  const { gradient } = await estimateMoments(objective, parameters, data, { draws, ...options });
  return namedParameters(parameters).flatMap(({ name, shape }, leaf) =>
    gradient[leaf]!.map(({ mean, variance }, i) => {
      const sd = Math.sqrt(variance);
      return { name: `${name}${formatIndex(i, shape)}`, mean, sd, ratio: mean === 0 ? 0 : Math.abs(mean) / sd };
    }),
  );
}
