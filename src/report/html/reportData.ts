import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { type GradientNoiseRow, gradientNoiseBySite } from "../../inference/diagnostics/gradientNoiseBySite.js";
import type { Explanation } from "../../inference/explain/explain.js";
import { explainFirst } from "../../inference/explain/explainFirst.js";
import { withFirstData } from "../../inference/firstData.js";
import type { FitData } from "../../inference/fitting/sources.js";
import { estimateMoments, namedParameters } from "../../inference/judging/moments.js";
import type { Objective } from "../../inference/objective.js";
import type { InferenceVariable } from "../../inference/posterior/inferenceData.js";
import type { Posterior, PosteriorSummary } from "../../inference/posterior/posterior.js";
import type { Parameters } from "../../inference/prepare.js";
import type { SavedFit } from "../../inference/results/savedFit.js";
import { formatIndex, type Shape, sizeOf } from "../../util/shapes.js";
import { leavesOf, type Tree } from "../../util/tree.js";

/** A posterior, whatever the model's addresses are. */
export interface AnyPosterior extends Pick<Posterior<unknown>, "draws" | "summary" | "inferenceData"> {
  prior(n: number): Promise<{ readonly choices: unknown; readonly observed: unknown }>;
}

/** What {@link reportHtml} is told besides the fit. */
export interface ReportOptions<P extends Parameters, D extends readonly unknown[]> {
  /** @defaultValue "A fit" */
  readonly title?: string | undefined;
  /** For how its gradient is estimated, and how noisy it is. */
  readonly objective?: Objective<P, D> | undefined;
  /** The objective's data, as `fit` got them. */
  readonly data?: FitData<D> | undefined;
  /** For the posterior, what it predicts, and the prior: `posterior(model, guide, result, …)`. */
  readonly posterior?: AnyPosterior | undefined;
  /** Draws for densities, pairs and predictions. @defaultValue 4000 */
  readonly draws?: number | undefined;
  /** Independent gradients for their noise. @defaultValue 200 */
  readonly gradients?: number | undefined;
  /** More facts of the run, by name: the file, versions. */
  readonly facts?: Readonly<Record<string, string>> | undefined;
  /** Notes that stand at the top: what could not be shown, and why. */
  readonly notes?: readonly string[] | undefined;
}

/** Draws of one number. */
export interface ScalarDraws {
  readonly name: string;
  readonly values: Float64Array;
  readonly prior: Float64Array | undefined;
  readonly truth: number | undefined;
  readonly isDiscrete: boolean;
}

/** Data with what the model would have made instead. */
export interface PredictiveCheck {
  readonly address: string;
  readonly shape: Shape;
  readonly observed: Float64Array;
  /** [draws × elements]. */
  readonly replicated: Float64Array;
  readonly draws: number;
  readonly isDiscrete: boolean;
}

/** How noisy the gradient in a parameter is: all of its elements together. */
export interface GradientRow {
  readonly name: string;
  readonly shape: Shape;
  /** Euclidean norm of the mean gradient. */
  readonly norm: number;
  /** Root of the summed variances of a single gradient. */
  readonly noise: number;
}

/** What a report shows, as plain data. */
export interface ReportData {
  readonly title: string;
  readonly fit: SavedFit<Parameters>;
  readonly facts: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
  readonly summary: PosteriorSummary | undefined;
  /** Of the first choices; `scalarCount` says of how many. */
  readonly scalars: readonly ScalarDraws[];
  readonly scalarCount: number;
  readonly checks: readonly PredictiveCheck[];
  readonly checkCount: number;
  readonly explanation: Explanation | undefined;
  readonly gradient: readonly GradientRow[];
  readonly gradients: number;
  /** Which choices the noise comes from. */
  readonly noise: readonly GradientNoiseRow[];
}

/** Numbers that are looked at for densities and pairs; a page has no room for more. */
const mostScalars = 48;
const mostChecks = 6;
/** Arithmetic operations for the posterior table: some seconds. What is drawn besides follows its number of draws. */
const mostWork = 1e10;
/** Replicated elements of data, all checks and draws together. */
const mostReplicated = 4e6;
const fewestReplicates = 30;
/** Elements of data that a check looks at. */
const mostElements = 2000;

/** Draws, predicts, explains and measures what a report shows. What cannot be had becomes a note. */
export async function reportData<P extends Parameters, D extends readonly unknown[]>(
  fit: SavedFit<P>,
  options: ReportOptions<P, D>,
): Promise<ReportData> {
  const { title = "A fit", objective, data, posterior, draws = 4000, gradients = 200, facts = {} } = options;
  const notes = [...(options.notes ?? [])];
  const attempt = async <T>(what: string, body: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await body();
    } catch (error) {
      const why = error instanceof ElbowError ? error.summary : error instanceof Error ? error.message : String(error);
      notes.push(`${what}: ${why.split("\n")[0]}`);
      return undefined;
    }
  };
  const summary = posterior && (await attempt("No posterior table", () => summaryOf(posterior)));
  const drawn =
    posterior &&
    summary &&
    (await attempt("No densities", () =>
      scalarsOf(posterior, summary, Math.min(draws, summary.draws), (body) => attempt("No prior", body)),
    ));
  const checks =
    posterior &&
    summary &&
    (await attempt("No predictions", () => checksOf(posterior, Math.min(draws, summary.draws, 1000), summary.from)));
  const explanation =
    objective && (await attempt("No estimator", () => explainFirst(objective, { parameters: fit.parameters, data })));
  const gradient =
    objective && (await attempt("No gradients", () => gradientsOf(fit, objective, data as FitData<D>, gradients)));
  const noise =
    objective && (await attempt("No noise by choice", () => noiseOf(fit, objective, data as FitData<D>, gradients)));
  return {
    title,
    fit: fit as unknown as SavedFit<Parameters>,
    facts,
    notes,
    summary,
    scalars: drawn?.scalars ?? [],
    scalarCount: drawn?.count ?? 0,
    checks: checks?.checks ?? [],
    checkCount: checks?.count ?? 0,
    explanation,
    gradient: gradient ?? [],
    gradients,
    noise: noise ?? [],
  };
}

/** Weighed towards the posterior where the weights can be relied on, else of the guide as it is. */
async function summaryOf(posterior: AnyPosterior): Promise<PosteriorSummary> {
  const weighed = await posterior.summary({ work: mostWork });
  const isReliable = weighed.band === "good" || weighed.band === "fewDraws";
  return isReliable ? weighed : posterior.summary({ draws: weighed.draws, from: "guide" });
}

async function scalarsOf(
  posterior: AnyPosterior,
  { rows, from }: PosteriorSummary,
  draws: number,
  attempt: <T>(body: () => Promise<T>) => Promise<T | undefined>,
): Promise<{ scalars: ScalarDraws[]; count: number }> {
  const own = await columnsOf((await posterior.draws(draws, { from })) as Tree<Tensor>);
  const prior = await attempt(async () => {
    const { choices, observed } = await posterior.prior(draws);
    tf.dispose(leavesOf(observed as Tree<Tensor>).map(({ leaf }) => leaf));
    return columnsOf(choices as Tree<Tensor>);
  });
  const priors = new Map(prior?.columns.map(({ name, values }) => [name, values]));
  const truths = new Map(rows.map(({ name, truth }) => [name, truth]));
  const scalars = own.columns.map(({ name, values }) => ({
    name,
    values,
    prior: priors.get(name),
    truth: truths.get(name),
    isDiscrete: isDiscrete(values),
  }));
  return { scalars, count: own.count };
}

interface Column {
  readonly name: string;
  readonly values: Float64Array;
}

/** The draws of the first numbers of nested tensors, one column each. Disposes the tensors. */
async function columnsOf(tree: Tree<Tensor>): Promise<{ columns: Column[]; count: number }> {
  const columns: Column[] = [];
  let count = 0;
  for (const { path, leaf } of leavesOf(tree)) {
    const [draws = 0, ...shape] = leaf.shape;
    const size = sizeOf(shape);
    count += size;
    const elements = columns.length < mostScalars ? await leaf.data() : [];
    for (let i = 0; i < size && columns.length < mostScalars; i++)
      columns.push({
        name: `${path.join("/")}${formatIndex(i, shape)}`,
        values: Float64Array.from({ length: draws }, (_, draw) => elements[draw * size + i]!),
      });
    leaf.dispose();
  }
  return { columns, count };
}

/** Whole numbers that are few. */
function isDiscrete(values: Float64Array): boolean {
  const seen = new Set<number>();
  for (const value of values) {
    if (!Number.isInteger(value)) return false;
    if (seen.add(value).size > 40) return false;
  }
  return true;
}

async function checksOf(
  posterior: AnyPosterior,
  most: number,
  from: PosteriorSummary["from"],
): Promise<{ checks: PredictiveCheck[]; count: number }> {
  const { groups: data } = await posterior.inferenceData({ draws: 1, groups: ["observed_data"] });
  const observed = Object.entries(data.observed_data ?? {});
  const elements = observed.reduce((sum, [, { values }]) => sum + values.length, 1);
  const draws = Math.min(most, Math.max(fewestReplicates, Math.floor(mostReplicated / elements)));
  const { groups } = await posterior.inferenceData({ draws, from, groups: ["posterior_predictive"] });
  const checks = observed.slice(0, mostChecks).flatMap(([address, data]): PredictiveCheck[] => {
    const replicated = groups.posterior_predictive?.[address];
    return replicated && replicated.values.length === draws * data.values.length && data.values.length > 0
      ? [checkOf(address, data, replicated, draws)]
      : [];
  });
  return { checks, count: observed.length };
}

/** Of many elements, some at equal distances stand for all. */
function checkOf(
  address: string,
  { values, shape, dtype }: InferenceVariable,
  { values: all }: InferenceVariable,
  draws: number,
): PredictiveCheck {
  const size = values.length;
  const kept = Math.min(size, mostElements);
  const places = Array.from({ length: kept }, (_, i) => Math.floor((i * size) / kept));
  const observed = Float64Array.from(places, (i) => values[i]!);
  const replicated = new Float64Array(draws * kept);
  for (let draw = 0; draw < draws; draw++)
    places.forEach((place, i) => {
      replicated[draw * kept + i] = all[draw * size + place]!;
    });
  return {
    address,
    shape,
    observed,
    replicated,
    draws,
    isDiscrete: dtype !== "float32" || (isDiscrete(observed) && isDiscrete(replicated)),
  };
}

/** Shares of a few per cent are enough to see, and every choice takes as many gradients again. */
const mostNoiseDraws = 100;
const mostNoiseGradients = 2000;

async function noiseOf<P extends Parameters, D extends readonly unknown[]>(
  { parameters, engine, sites }: SavedFit<P>,
  objective: Objective<P, D>,
  data: FitData<D>,
  gradients: number,
): Promise<GradientNoiseRow[]> {
  const affordable = Math.floor(mostNoiseGradients / (1 + sites.length));
  const draws = Math.max(2, Math.min(gradients, mostNoiseDraws, affordable));
  return withFirstData((data ?? []) as FitData<D>, (first) =>
    gradientNoiseBySite(objective, parameters, first, {
      draws,
      engine: engine.split(":")[0] === "wasm" ? "wasm" : engine,
    }),
  );
}

async function gradientsOf<P extends Parameters, D extends readonly unknown[]>(
  { parameters, engine }: SavedFit<P>,
  objective: Objective<P, D>,
  data: FitData<D>,
  draws: number,
): Promise<GradientRow[]> {
  const { gradient } = await withFirstData((data ?? []) as FitData<D>, (first) =>
    estimateMoments(objective, parameters, first, { draws, engine: engine.split(":")[0] === "wasm" ? "wasm" : engine }),
  );
  const root = (sum: number) => Math.sqrt(sum);
  return namedParameters(parameters).map(({ name, shape }, i) => ({
    name,
    shape,
    norm: root(gradient[i]!.reduce((sum, { mean }) => sum + mean ** 2, 0)),
    noise: root(gradient[i]!.reduce((sum, { variance }) => sum + variance, 0)),
  }));
}
