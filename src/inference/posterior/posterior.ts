import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../../dsl/covers.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import type { Observations } from "../../dsl/predict.js";
import type { EngineChoice } from "../../runtime/engines.js";
import { checkObject } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { leavesOf, type Tree } from "../../util/tree.js";
import { checkData } from "../checkData.js";
import { type KhatBand, khatAdvice, khatBand } from "../diagnostics/khatAdvice.js";
import { paretoSmooth } from "../diagnostics/paretoSmoothing.js";
import { importanceDraws } from "../draws.js";
import { checkPrograms } from "../objectives/checkPrograms.js";
import type { GuideParameters } from "../objectives/elbo.js";
import { type PredictiveDraws, predictive } from "../predictive.js";
import { rowsOf, systematicRows } from "../resampledRows.js";
import type { SavedFit } from "../results/savedFit.js";
import { type SummaryRow, summarize, type Truth } from "../summary.js";
import { weightsOf } from "../weights.js";
import { type InferenceData, type InferenceDataOptions, inferenceDataOf } from "./inferenceData.js";

/** What is drawn from: the guide as it was fitted, or the guide corrected towards the posterior by its importance weights. */
export type Weighting = "guide" | "importance";

/** Where draws come from. */
export interface FromOptions {
  /** The same seed gives the same draws. @defaultValue the posterior's */
  readonly seed?: number | undefined;
  /**
   * - `"guide"`: the fitted guide;
   * - `"importance"`: the guide's draws weighed by Pareto-smoothed importance weights. They go to the posterior itself with the
   *   number of draws if k̂ is below 0.7, and say little if it is not.
   *
   * @defaultValue "guide"
   */
  readonly from?: Weighting | undefined;
}

/** Options of {@link Posterior.summary}. */
export interface PosteriorSummaryOptions {
  /** @defaultValue 4000 */
  readonly draws?: number | undefined;
  /** Arithmetic operations that the draws may take: where they would take more, fewer are made. @defaultValue no bound */
  readonly work?: number | undefined;
  readonly seed?: number | undefined;
  /** @defaultValue "importance" */
  readonly from?: Weighting | undefined;
}

/** A posterior table, with what its draws are worth. */
export interface PosteriorSummary {
  readonly rows: readonly SummaryRow[];
  /** What the table is of. */
  readonly from: Weighting;
  readonly draws: number;
  /** Shape of the importance weights' tail: see `paretoSmoothedWeights`. */
  readonly khat: number;
  readonly band: KhatBand;
  /** The band in plain words. */
  readonly advice: string;
  /** How many draws from the posterior the draws are worth, when weighed. */
  readonly effectiveSampleSize: number;
  /** An estimate of log p(data). */
  readonly logEvidence: number;
}

/** What a fitted guide says of the choices of a model. Whatever returns tensors gives them to the caller. */
export interface Posterior<C, O = unknown> {
  /** n draws of every choice, typed by the model's addresses: nested tensors with a first axis of n. */
  draws(n: number, options?: FromOptions): Promise<C>;
  /** Mean, standard deviation and quantiles of every number, with k̂, effective sample size and log evidence. */
  summary(options?: PosteriorSummaryOptions): Promise<PosteriorSummary>;
  /** n data sets as the model would make them: draws from its posterior predictive distribution, at the addresses of the data. */
  predict(n: number, options?: FromOptions): Promise<Observations<O>>;
  /** n draws of choices and data from the model alone, whatever the data are. */
  prior(n: number, options?: { readonly seed?: number | undefined }): Promise<PredictiveDraws<C, O>>;
  /** Everything that ArviZ wants to know, for `toArvizJson` and `toNetcdf`. */
  inferenceData(options?: InferenceDataOptions): Promise<InferenceData>;
}

/** What {@link posterior} is told besides model, guide and fit. */
export interface PosteriorSettings extends EngineChoice {
  /** Seed of draws whose options name none. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** True values, for the summary. */
  readonly truth?: Truth | undefined;
}

/** Data need not be given to a model that takes none. */
export type PosteriorOptions<D extends readonly unknown[]> = PosteriorSettings &
  ([] extends D ? { readonly data?: D | undefined } : { readonly data: D });

/**
 * The posterior that a fit found: draws, a table, predictions, data for ArviZ.
 *
 * @param model - the model whose choices these are; takes the data
 * @param guide - the guide that was fitted; takes the parameters, then the data
 * @param fitted - what `fit` resolved to, what `fitFromJson` read, or any object with the guide's `parameters`
 * @throws its functions throw ElbowError "weights" if no draw has a finite weight, "option" for numbers of draws that are none, and
 *   what `assess` throws where guide and model disagree
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { adam, elbo, fit, gen, normal, observe, posterior, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor; rho: tf.Tensor }) {
 *   yield* sample("mu", normal(q.loc, tf.exp(q.rho)));
 * });
 * const data: [tf.Tensor] = [tf.scalar(2)];
 * const result = await fit(elbo(model, guide), {
 *   parameters: { loc: tf.scalar(0), rho: tf.scalar(0) },
 *   data,
 *   steps: 1000,
 *   optimizer: adam({ learningRate: 0.05 }),
 * });
 * const found = posterior(model, guide, result, { data });
 * const { rows, band } = await found.summary();
 * console.log(rows[0]?.name, Math.abs(rows[0]!.mean - 1) < 0.1, band); // => mu true good
 * const { mu } = await found.draws(500);
 * const { y } = await found.predict(500);
 * console.log(mu.shape, y.shape); // => [ 500 ] [ 500 ]
 * ```
 */
export function posterior<D extends readonly unknown[], C, R, O, A extends readonly [unknown, ...unknown[]], G, S>(
  model: GenerativeFunction<D, C, R, O>,
  guide: GenerativeFunction<A, G, S> & Covers<C, G>,
  fitted: Pick<SavedFit<GuideParameters<A>>, "parameters">,
  options: PosteriorOptions<NoInfer<D>>,
): Posterior<C, O> {
  checkPrograms(
    "posterior",
    { model, guide },
    "Write posterior(model, guide, fitted, { data: [y] }), both programs without arguments.",
  );
  checkObject("posterior", "the fit", fitted, ["parameters"], "Pass what fit resolves to, or { parameters }.");
  checkOptionNames("posterior", options, ["data", "seed", "truth", "engine", "threads"], "required");
  const { seed: ownSeed = 0, truth, engine, threads } = options;
  const choice = { engine, threads };
  const data = (options.data ?? []) as unknown as D;
  checkData("posterior", data);
  const { parameters } = fitted;
  const weighted = (draws: number, seed: number, work?: number) =>
    importanceDraws(model, guide, parameters, data, { draws, seed, ...(work !== undefined && { work }), ...choice });

  const draws = async (n: number, { seed = ownSeed, from = "guide" }: FromOptions = {}): Promise<C> => {
    const { choices, logWeights } = await weighted(n, seed);
    try {
      if (from === "guide") return choices as unknown as C;
      const smoothed = paretoSmooth(await logWeights.data()).logWeights;
      const picked = rowsOf(choices, systematicRows(smoothed, n, seed)) as unknown as C;
      disposeAll(choices);
      return picked;
    } finally {
      logWeights.dispose();
    }
  };

  return {
    draws,
    async summary({ draws: asked = 4000, seed = ownSeed, from = "importance", work } = {}) {
      const { choices, logWeights } = await weighted(asked, seed, work);
      const draws = logWeights.size;
      const { khat, logWeights: smoothed } = paretoSmooth(await logWeights.data());
      const weights = from === "importance" ? tf.tensor1d(Float32Array.from(shifted(smoothed))) : undefined;
      try {
        const { effectiveSampleSize, logMean } = weightsOf(smoothed);
        return {
          rows: await summarize(choices as unknown as Tree<Tensor>, { logWeights: weights, truth }),
          from,
          draws,
          khat,
          band: khatBand(khat, draws),
          advice: khatAdvice(khat, draws),
          effectiveSampleSize,
          logEvidence: logMean,
        };
      } finally {
        disposeAll(choices);
        tf.dispose([logWeights, ...(weights ? [weights] : [])]);
      }
    },
    async predict(n, { seed = ownSeed, from } = {}) {
      const choices = await draws(n, { seed, from });
      try {
        const drawn = await predictive(model, data, { choices: choices as never, draws: n, seed, ...choice });
        disposeAll(drawn.choices);
        return drawn.observed;
      } finally {
        disposeAll(choices);
      }
    },
    prior: (n, { seed = ownSeed } = {}) => predictive(model, data, { draws: n, seed, ...choice }),
    inferenceData: (of = {}) =>
      inferenceDataOf(model, guide as never, parameters, data, { seed: ownSeed, ...choice, ...of }),
  };
}

const disposeAll = (tree: unknown): void => tf.dispose(leavesOf(tree as Tree<Tensor>).map(({ leaf }) => leaf));

/** Log weights up to a constant: near 0, single precision has room for their differences. */
function shifted(logWeights: Float64Array): Float64Array {
  const largest = logWeights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return logWeights.map((each) => each - largest);
}
