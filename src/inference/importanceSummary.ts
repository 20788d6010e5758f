import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../dsl/covers.js";
import type { GenerativeFunction } from "../dsl/gen.js";
import { checkOptionNames } from "../util/options.js";
import { leavesOf, type Tree } from "../util/tree.js";
import { checkData } from "./checkData.js";
import { khatAdvice } from "./diagnostics/khatAdvice.js";
import { paretoSmooth } from "./diagnostics/paretoSmoothing.js";
import { type DrawOptions, importanceDraws } from "./draws.js";
import { checkPrograms } from "./objectives/checkPrograms.js";
import type { GuideParameters } from "./objectives/elbo.js";
import { type SummaryRow, summarize, type Truth } from "./summary.js";
import { weightsOf } from "./weights.js";

/** A posterior table, with what its draws are worth. */
export interface ImportanceSummary {
  readonly rows: readonly SummaryRow[];
  readonly draws: number;
  /** How many draws from the posterior itself the weighted draws are worth. */
  readonly effectiveSampleSize: number;
  /** The estimate log (1/n) Σ w of log p(data). */
  readonly logEvidence: number;
  /** Shape of the weights' tail: see `paretoSmoothedWeights`. */
  readonly khat: number;
  /** What k̂ says of the draws, in plain words. */
  readonly advice: string;
}

/**
 * The posterior table of a model, from weighted draws of a fitted guide.
 *
 * @param options - the number of draws, and true values to stand beside the estimates
 * @throws ElbowError "weights" if no draw has a finite weight; what `assess` throws where guide and model disagree
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, importanceSummary, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("mu", normal(q.loc, Math.SQRT1_2));
 * });
 * const summary = await importanceSummary(model, guide, { loc: tf.scalar(1) }, [tf.scalar(2)], { draws: 100 });
 * console.log(summary.rows[0]?.name, summary.logEvidence.toFixed(3)); // => mu -2.266
 * ```
 */
export async function importanceSummary<
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
  settings: DrawOptions & { readonly truth?: Truth | undefined },
): Promise<ImportanceSummary> {
  checkPrograms("importanceSummary", { model, guide });
  checkData("importanceSummary", data);
  checkOptionNames(
    "importanceSummary",
    settings,
    ["draws", "seed", "validate", "work", "engine", "threads", "truth"],
    ["draws"],
  );
  const { truth, ...options } = settings;
  const { choices, logWeights } = await importanceDraws(model, guide, parameters, data, options);
  const tensors = choices as unknown as Tree<Tensor>;
  try {
    const values = await logWeights.data();
    const { effectiveSampleSize, logMean: logEvidence } = weightsOf(values);
    const { khat } = paretoSmooth(values);
    const rows = await summarize(tensors, { logWeights, truth });
    const draws = logWeights.size;
    return { rows, draws, effectiveSampleSize, logEvidence, khat, advice: khatAdvice(khat, draws) };
  } finally {
    tf.dispose([logWeights, ...leavesOf(tensors).map(({ leaf }) => leaf)]);
  }
}
