import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { checkOptionNames } from "../../util/options.js";
import { leavesOf, type Tree } from "../../util/tree.js";
import { checkData } from "../checkData.js";
import { type DrawOptions, importanceDraws } from "../draws.js";
import { checkPrograms } from "../objectives/checkPrograms.js";
import type { GuideParameters } from "../objectives/elbo.js";
import { weightsOf } from "../weights.js";
import { type KhatBand, khatAdvice, khatBand } from "./khatAdvice.js";
import { paretoSmooth } from "./paretoSmoothing.js";

/** Options of {@link guideQuality}. */
export interface GuideQualityOptions extends Omit<DrawOptions, "draws"> {
  /** @defaultValue 4000 */
  readonly draws?: number;
}

/** How near a guide is to the posterior, as its Pareto-smoothed importance weights tell. */
export interface GuideQuality {
  /** Shape of the weights' tail: see `paretoSmoothedWeights`. */
  readonly khat: number;
  readonly band: KhatBand;
  /** The band in plain words. */
  readonly advice: string;
  readonly draws: number;
  /** How many draws from the posterior itself the weighted draws are worth: of the smoothed weights. */
  readonly effectiveSampleSize: number;
  /** log p(data): the logarithm of the smoothed weights' mean. */
  readonly logEvidence: number;
  /** Of `logEvidence`, by the delta method. Too small, sometimes by far, where k̂ > 1/2: the weights' variance is infinite there. */
  readonly logEvidenceStandardError: number;
}

/**
 * Judges a guide by the importance weights of its draws.
 *
 * A guide that misses a mode of the posterior altogether draws nothing there, and its weights do not tell.
 *
 * @throws ElbowError "weights" if no draw has a finite weight; what `assess` throws where guide and model disagree
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, guideQuality, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { scale: tf.Tensor }) {
 *   yield* sample("mu", normal(1, q.scale));
 * });
 * const wide = await guideQuality(model, guide, { scale: tf.scalar(0.9) }, [tf.scalar(2)]);
 * const narrow = await guideQuality(model, guide, { scale: tf.scalar(0.2) }, [tf.scalar(2)]);
 * console.log(wide.band, narrow.band); // => good unreliable
 * ```
 */
export async function guideQuality<
  D extends readonly unknown[],
  M,
  R,
  A extends readonly [unknown, ...unknown[]],
  G,
  S,
>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  parameters: GuideParameters<A>,
  data: D,
  settings: GuideQualityOptions = {},
): Promise<GuideQuality> {
  checkPrograms(
    "guideQuality",
    { model, guide },
    "Write guideQuality(model, guide, parameters, [y]), both programs without arguments.",
  );
  checkData("guideQuality", data);
  checkOptionNames("guideQuality", settings, ["draws", "seed", "validate", "work", "engine", "threads"]);
  const { draws = 4000, ...options } = settings;
  const { choices, logWeights } = await importanceDraws(model, guide, parameters, data, { draws, ...options });
  try {
    const { khat, logWeights: smoothed } = paretoSmooth(await logWeights.data());
    const { effectiveSampleSize, logMean } = weightsOf(smoothed);
    return {
      khat,
      band: khatBand(khat, draws),
      advice: khatAdvice(khat, draws),
      draws,
      effectiveSampleSize,
      logEvidence: logMean,
      // (sd / mean)² of the weights is draws/effectiveSampleSize − 1
      logEvidenceStandardError: Math.sqrt(Math.max(0, 1 / effectiveSampleSize - 1 / draws)),
    };
  } finally {
    tf.dispose([logWeights, ...leavesOf(choices as unknown as Tree<Tensor>).map(({ leaf }) => leaf)]);
  }
}
