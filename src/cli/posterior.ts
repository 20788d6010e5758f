import type { Tensor } from "@tensorflow/tfjs-core";
import { partial } from "../dsl/partial.js";
import { ElbowError } from "../errors.js";
import { guideQuality } from "../inference/diagnostics/guideQuality.js";
import type { FitResult } from "../inference/fit.js";
import { importanceSummary } from "../inference/importanceSummary.js";
import type { Parameters } from "../inference/prepare.js";
import type { EngineChoice } from "../runtime/engines.js";
import type { ModelModule } from "./modelModule.js";

/** What a fit is reported with. */
export interface Posterior {
  /** The module's own summary, else the posterior table of model and guide, else the parameters. */
  readonly summary: unknown;
  /** k̂ of the guide's importance weights; undefined where there is no pair of model and guide, or no draws were asked for. */
  readonly khat: number | undefined;
  /** What k̂ says, in plain words. */
  readonly advice: string | undefined;
}

export interface PosteriorOptions extends EngineChoice {
  /** Draws of the guide; fewer where they would take too long, none at all for 0. @defaultValue 4000 */
  readonly draws?: number | undefined;
  /** The data arguments that k̂ is for. */
  readonly data: readonly unknown[];
}

/** Arithmetic operations that draws may take: some seconds. */
const mostWork = 4e10;

/**
 * What the guide's draws say of a fit. A fit that is done is not lost for draws that cannot be weighed: `warn` is told, and there
 * is no k̂.
 */
export async function posteriorOf(
  module: ModelModule,
  result: FitResult<Parameters>,
  { draws = 4000, data, ...choice }: PosteriorOptions,
  warn: (line: string) => unknown,
): Promise<Posterior> {
  const { model, guide, truth, summary } = module;
  const bare = { summary: summary ? await summary(result) : { parameters: result.parameters } };
  if (!model || !guide || draws === 0) return { ...bare, khat: undefined, advice: undefined };
  const applied = module.isModelLearned ? partial(model as never, result.parameters as never) : model;
  const options = { draws, work: mostWork, seed: result.seed, ...choice };
  const weigh = [applied as typeof model, guide, result.parameters as never, data as never] as const;
  try {
    // the table of one batch among many is not that of the posterior
    if (!summary && module.hasFixedData) {
      const table = await importanceSummary(...weigh, { ...options, truth });
      return { summary: table, khat: table.khat, advice: table.advice };
    }
    const { khat, advice } = await guideQuality(...weigh, options);
    return { ...bare, khat, advice };
  } catch (error) {
    if (!(error instanceof ElbowError) || error.code === "internal") throw error;
    warn(`the guide's draws cannot be weighed, so there is no k̂: ${error.message}`);
    return { ...bare, khat: undefined, advice: undefined };
  }
}

/** Tensors of more elements are described, not listed. */
const longestListed = 1000;

/** A tensor for a report: its numbers, or of a large one shape, mean, standard deviation and range. */
export async function reported(tensor: Tensor): Promise<unknown> {
  if (tensor.size <= longestListed) return tensor.array();
  const values = await tensor.data();
  let [sum, squares, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of values) {
    sum += x;
    [min, max] = [Math.min(min, x), Math.max(max, x)];
  }
  const mean = sum / values.length;
  for (const x of values) squares += (x - mean) ** 2;
  return { shape: tensor.shape, mean, sd: Math.sqrt(squares / (values.length - 1)), min, max };
}
