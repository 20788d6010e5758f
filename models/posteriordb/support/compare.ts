// Fits a guide to a posterior, and compares its draws with the reference.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  clipByNorm,
  cosineDecay,
  elbo,
  fit,
  flowGuide,
  fullRank,
  hierarchicalGuide,
  importanceDraws,
  laplaceGuide,
  meanField,
  paretoSmoothedWeights,
} from "elbow";
import { type Named, type Numbers, type Posterior, tensorsOf } from "./posterior.js";

/** A file of reference values. */
export interface Reference {
  readonly name: string;
  readonly data: Named;
  readonly reference: { readonly [parameter: string]: { readonly mean: number; readonly sd: number } };
  readonly logNormalizer: { readonly value: number };
  readonly checkpoints: readonly { readonly parameters: Named; readonly logDensity: number }[];
}

const makers = { meanField, fullRank, hierarchicalGuide, laplaceGuide, flowGuide };
export type GuideName = keyof typeof makers;

export interface CompareOptions {
  /** Of the fit. @defaultValue 3000, and 4000 for flows */
  readonly steps?: number;
  /** Of every step. @defaultValue 8 */
  readonly draws?: number;
  readonly seed?: number;
  /** Whether guides are fitted in the model's own coordinates, whatever its units and correlations. @defaultValue false */
  readonly isRaw?: boolean;
}

/** How near a guide came. */
export interface Comparison {
  readonly posterior: string;
  readonly guide: GuideName;
  /** The largest |mean − reference mean|, in reference standard deviations. */
  readonly meanError: number;
  /** The smallest and the largest ratio of standard deviations, guide to reference. */
  readonly sdRatio: readonly [smallest: number, largest: number];
  /** Of 20,000 draws. */
  readonly khat: number;
  /** Effective sample size of these, as a fraction. */
  readonly worth: number;
  readonly elbo: number;
  /** Of the ELBO. */
  readonly standardError: number;
  /** The highest value that the ELBO can have. */
  readonly logEvidence: number;
  readonly seconds: number;
}

/** Draws that everything is computed from. */
const manyDraws = 20_000;

/** Fits, draws, compares. Laplace's approximation is not fitted. */
export async function compare(
  of: Posterior,
  known: Reference,
  guideName: GuideName,
  { steps = guideName === "flowGuide" ? 4000 : 3000, draws = 8, seed = 0, isRaw = false }: CompareOptions = {},
): Promise<Comparison> {
  const started = performance.now();
  const data = tensorsOf(of, known.data);
  const [coordinates, at] = [isRaw ? undefined : of.coordinates?.(known.data), of.start?.(known.data)];
  const options = {
    ...(coordinates && { coordinates }),
    ...(at && { start: { values: at } }),
    ...(guideName === "flowGuide" && { hidden: [16, 16] }),
  };
  const make = makers[guideName] as unknown as typeof meanField;
  const { guide, parameters: start } = make(of.model, data, options);
  const isFitted = guideName !== "laplaceGuide";
  const fitted = isFitted
    ? await fit(elbo(of.model, guide as never, { gradient: "stickingTheLanding" }), {
        parameters: start as never,
        data,
        steps,
        draws,
        seed,
        clip: clipByNorm(1000),
        optimizer: adam({
          learningRate: cosineDecay({
            initial: (of.learningRate ?? 0.05) * (guideName === "flowGuide" ? 0.2 : 1),
            steps,
          }),
        }),
      })
    : undefined;
  const q = (fitted?.parameters ?? start) as never;
  const { choices, logWeights } = await importanceDraws(of.model, guide as never, q, data, {
    draws: manyDraws,
    seed: seed + 50,
  });
  const moments = momentsOf(of, choices as unknown as Record<string, Tensor>);
  const bounds = logWeights.dataSync() as Float32Array;
  const elboMean = bounds.reduce((sum, x) => sum + x, 0) / manyDraws;
  const spread = bounds.reduce((sum, x) => sum + (x - elboMean) ** 2, 0) / (manyDraws - 1);
  const quality = paretoSmoothedWeights(logWeights);
  tf.dispose([quality.logWeights, logWeights, ...Object.values(choices as unknown as Record<string, Tensor>)]);
  let meanError = 0;
  let sdRatio: [number, number] = [Number.POSITIVE_INFINITY, 0];
  for (const [name, { mean, sd }] of Object.entries(known.reference)) {
    const own = moments.get(name)!;
    meanError = Math.max(meanError, Math.abs(own.mean - mean) / sd);
    sdRatio = [Math.min(sdRatio[0], own.sd / sd), Math.max(sdRatio[1], own.sd / sd)];
  }
  return {
    posterior: of.name,
    guide: guideName,
    meanError,
    sdRatio,
    khat: quality.khat,
    worth: quality.effectiveSampleSize / manyDraws,
    elbo: elboMean,
    standardError: Math.sqrt(spread / manyDraws),
    logEvidence: known.logNormalizer.value + (of.offset ?? 0),
    seconds: (performance.now() - started) / 1000,
  };
}

/** Mean and deviation of every parameter by posteriordb's names, `beta[1]` on. */
function momentsOf(of: Posterior, drawn: Record<string, Tensor>): Map<string, { mean: number; sd: number }> {
  const all = Object.entries(drawn).map(([name, tensor]) => [name, tensor.arraySync() as Numbers[]] as const);
  const count = all[0]![1].length;
  const sums = new Map<string, { sum: number; squares: number; first: number }>();
  for (let i = 0; i < count; i++) {
    const choices = Object.fromEntries(all.map(([name, values]) => [name, values[i]!]));
    for (const [name, value] of flattened((of.parameters ?? ((same) => same))(choices))) {
      // squares of deviations from the first draw: of a mean far from zero few digits would be left
      const own = sums.get(name) ?? { sum: 0, squares: 0, first: value };
      const deviation = value - own.first;
      sums.set(name, { ...own, sum: own.sum + deviation, squares: own.squares + deviation ** 2 });
    }
  }
  return new Map(
    [...sums].map(([name, { sum, squares, first }]) => {
      const mean = sum / count;
      return [name, { mean: first + mean, sd: Math.sqrt(squares / count - mean ** 2) }];
    }),
  );
}

const flattened = (parameters: Named): [string, number][] =>
  Object.entries(parameters).flatMap(([name, value]) =>
    typeof value === "number"
      ? [[name, value] as [string, number]]
      : (value as readonly number[]).map((each, i): [string, number] => [`${name}[${i + 1}]`, each]),
  );
