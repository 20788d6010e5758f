import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { addressesOf, at, type Choices, checkChoices, type Present } from "../dsl/choices.js";
import type { Effect, Effects } from "../dsl/effects.js";
import type { GenerativeFunction } from "../dsl/gen.js";
import type { Constraints } from "../dsl/generate.js";
import { type Observations, predict } from "../dsl/predict.js";
import { ElbowError } from "../errors.js";
import { checkTensor } from "../ir/checkTensor.js";
import { checkOptionNames } from "../util/options.js";
import { leavesOf, type Tree } from "../util/tree.js";
import { checkData } from "./checkData.js";
import { type DrawOptions, drawEach } from "./draws.js";
import { checkPrograms } from "./objectives/checkPrograms.js";
import { rowsOf, systematicRows } from "./resampledRows.js";

/** Values with a first axis of draws, for some of the choices, at any depth. */
export type Draws<C> = { readonly [K in keyof C]?: Present<C[K]> extends Tensor ? Tensor : Draws<Present<C[K]>> };

/** Options of {@link predictive}. */
export interface PredictiveOptions<C> extends Partial<DrawOptions> {
  /** Runs of the model. @defaultValue as many as `choices` has draws; 1000 without them */
  readonly draws?: number;
  /**
   * Draws of choices, from a posterior say, one for every run; choices that are not among them are drawn from the model.
   * @defaultValue none: draws from the prior
   */
  readonly choices?: Draws<C> | undefined;
  /**
   * Log weights of the draws, [n], up to a constant: those of `importanceDraws`. The draws are then resampled, so that what is
   * predicted has no weights. @defaultValue all equal
   */
  readonly logWeights?: Tensor | undefined;
}

/** Draws of a model's choices and of what it would observe. */
export interface PredictiveDraws<C, O = unknown> {
  /** Every choice with a first axis of draws: those that were given, and those that the model drew. */
  readonly choices: C;
  /** What stands in the place of the data, by address, with a first axis of draws. */
  readonly observed: Observations<O>;
}

/**
 * What a model expects to see: draws of its observations, from its prior or, with draws of its choices, from the posterior
 * that they come from. See `predict` for what counts as an observation.
 *
 * y ~ p(y | z), with z ~ p(z), or z as given
 *
 * Given draws are resampled where they have weights, or another number of draws is asked for: systematically, so that a draw of
 * weight w comes ⌊nw⌋ or ⌈nw⌉ times among n.
 *
 * NumPyro (Phan, Pradhan & Jankowiak, 2019): `Predictive`; Gelman et al., Bayesian Data Analysis (2013), chapter 6.
 *
 * @param model - the model
 * @param args - its arguments, with data of the shapes that are to be predicted
 * @throws ElbowError "draws" for given draws that differ in number or do not go with the weights; "unknown-address",
 *   "value-shape" for those that the model does not have; "weights" if none has a finite weight
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, importanceDraws, normal, observe, predictive, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("mu", normal(q.loc, 1));
 * });
 * const data: [tf.Tensor] = [tf.scalar(2)];
 * const prior = await predictive(model, data, { draws: 20_000 });
 * const posterior = await predictive(model, data, await importanceDraws(model, guide, { loc: tf.scalar(1) }, data, { draws: 20_000 }));
 * const [before, after] = [prior, posterior].map(({ observed }) => tf.moments(observed.y));
 * console.log(before!.variance.dataSync()[0]!.toFixed(1), after!.mean.dataSync()[0]!.toFixed(1)); // => 2.0 1.0
 * ```
 */
export async function predictive<D extends readonly unknown[], C, R, O>(
  model: GenerativeFunction<D, C, R, O>,
  args: D,
  settings: PredictiveOptions<NoInfer<C>> = {},
): Promise<PredictiveDraws<C, O>> {
  checkPrograms(
    "predictive",
    { model },
    "Write predictive(model, [y], { draws }): the model without arguments, and these in an array.",
  );
  checkData("predictive", args);
  checkOptionNames("predictive", settings, [
    "draws",
    "seed",
    "validate",
    "work",
    "engine",
    "threads",
    "choices",
    "logWeights",
  ]);
  const { choices = {}, logWeights, ...options } = settings;
  checkChoices("predictive", choices);
  if (logWeights !== undefined) checkTensor("predictive", "logWeights", logWeights);
  const { seed = 0 } = options;
  const given = choices as Choices;
  const count = drawsOf(given, logWeights);
  const { draws = count ?? 1000 } = options;
  const isResampled = count !== undefined && (logWeights !== undefined || draws !== count);
  const rows = isResampled
    ? rowsOf(given, systematicRows(logWeights ? await logWeights.data() : new Float64Array(count), draws, seed))
    : given;
  try {
    const drawn = await drawEach(
      function* (row: Tree<Tensor>, ...all: D): Effects<Effect, Tree<Tensor>> {
        const { choices, observed } = yield* predict(model(...all), row as Constraints<C>);
        return { choices, observed } as unknown as Tree<Tensor>;
      },
      rows as Tree<Tensor>,
      args,
      { ...options, draws, seed },
    );
    return drawn as unknown as PredictiveDraws<C, O>;
  } finally {
    if (isResampled) tf.dispose(leavesOf(rows as Tree<Tensor>).map(({ leaf }) => leaf));
  }
}

/** The number of given draws, undefined without any. @throws ElbowError "draws" where they differ in it */
function drawsOf(given: Choices, logWeights: Tensor | undefined): number | undefined {
  const addresses = addressesOf(given);
  const count = addresses.length > 0 ? ((at(given, addresses[0]!) as Tensor).shape[0] ?? 0) : undefined;
  const odd = addresses.find((address) => (at(given, address) as Tensor).shape[0] !== count);
  const mismatch = (what: string, shape: readonly number[]) =>
    new ElbowError("draws", {
      message: `all draws of choices need the same first axis\n  ${addresses[0] ?? "no choices"}: ${count ?? 0}\n  ${what}: [${shape}]`,
      hint: "Pass what importanceDraws or drawMany returned, or stack draws along a first axis.",
    });
  if (odd !== undefined) throw mismatch(odd, (at(given, odd) as Tensor).shape);
  if (logWeights && (logWeights.rank !== 1 || logWeights.shape[0] !== count))
    throw mismatch("logWeights", logWeights.shape);
  return count;
}
