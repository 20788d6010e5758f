import { ElbowError } from "../../errors.js";
import { checkArray, checkObject } from "../../util/expected.js";
import { checkChoice, checkOptionNames } from "../../util/options.js";
import { type HistoryEntry, type Moments, mergeMoments, noMoments, standardErrorOf } from "../fitting/statistics.js";
import type { Direction } from "../objective.js";

/** Options of {@link convergence}. */
export interface ConvergenceOptions {
  /** The end of the history that is looked at. @defaultValue 0.5 */
  readonly share?: number;
  /** A change of the objective that does not matter, in its own units (nats). @defaultValue 0 */
  readonly tolerance?: number;
  /** Which way the fit went. @defaultValue "maximize" */
  readonly direction?: Direction;
}

/** Whether an objective still changes. */
export interface Convergence {
  readonly hasConverged: boolean;
  /** `"unknown"` for histories of fewer than six entries in what is looked at. */
  readonly state: "converged" | "improving" | "worsening" | "unknown";
  /** What the later half of the stretch is higher than the earlier one. */
  readonly change: number;
  /** Of the change: three of them are what can be told from nothing. */
  readonly standardError: number;
  /** The step since which no part of the history differs from its end; undefined unless it has converged. */
  readonly since: number | undefined;
  /** In plain words. */
  readonly advice: string;
}

/** Standard errors that separate a change from noise. */
const bound = 3;
const fewest = 6;

/** Mean and standard error of entries: that of independent estimates, or that of the entries' own means if it is larger. */
function averageOf(entries: readonly HistoryEntry[], steps: readonly number[]): { mean: number; error: number } {
  const moments = entries.reduce<Moments>((total, { objective, standardError }, i) => {
    const count = steps[i]!;
    const squares = count < 2 || Number.isNaN(standardError) ? 0 : standardError ** 2 * count * (count - 1);
    return mergeMoments(total, { count, mean: objective, squares, norms: 0 });
  }, noMoments);
  const within = standardErrorOf(moments);
  // the variance by differences of neighbours (von Neumann 1941): a slope adds little to it
  const jumps = entries.slice(1).reduce((sum, { objective }, i) => sum + (objective - entries[i]!.objective) ** 2, 0);
  const between = Math.sqrt(jumps / (2 * (entries.length - 1)) / entries.length);
  return { mean: moments.mean, error: Math.max(within || 0, between) };
}

/**
 * Whether a fit has converged, by the history of its objective: the mean over the later half of the last stretch against that of the
 * earlier half, in standard errors of the difference.
 *
 * Entries of the history are taken as independent of one another. That nothing changes does not make it the optimum: a learning
 * rate that is too small shows no change, either, and one that is too large keeps the objective below what it could be. A change
 * that three standard errors hide is not seen.
 *
 * @param history - of a fit: `result.history`
 * @throws ElbowError "option"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { convergence, elbo, fit, gen, meanField, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const data: [tf.Tensor] = [tf.scalar(5)];
 * const { guide, parameters } = meanField(model, data);
 * const fitted = (steps: number) => fit(elbo(model, guide), { parameters, data, steps, reportEvery: steps / 50 });
 * const [short, long] = [await fitted(300), await fitted(5000)];
 * console.log(convergence(short.history).state, convergence(long.history).state); // => improving converged
 * ```
 */
export function convergence(history: readonly HistoryEntry[], options: ConvergenceOptions = {}): Convergence {
  checkArray("convergence", "the history", history, "Write convergence(fitted.history), of what fit resolves to.");
  for (const entry of history)
    checkObject(
      "convergence",
      "an entry of the history",
      entry,
      ["step", "objective"],
      "Take the history of what fit resolves to.",
    );
  checkOptionNames("convergence", options, ["share", "tolerance", "direction"]);
  const { share = 0.5, tolerance = 0, direction = "maximize" } = options;
  checkChoice("convergence", "direction", direction, ["maximize", "minimize"]);
  if (!(share > 0 && share <= 1))
    throw new ElbowError("option", { message: `convergence: share must be in (0, 1]\n  received: ${share}` });
  if (!(tolerance >= 0))
    throw new ElbowError("option", {
      message: `convergence: tolerance must not be negative\n  received: ${tolerance}`,
    });
  const half = Math.floor((history.length * share) / 2);
  if (2 * half < fewest)
    return {
      hasConverged: false,
      state: "unknown",
      change: Number.NaN,
      standardError: Number.NaN,
      since: undefined,
      advice: `unknown: ${history.length} entries of the history are too few; take more steps, or report more often (reportEvery)`,
    };
  const steps = history.map(({ step }, i) => step - (history[i - 1]?.step ?? 0));
  const average = (from: number, to: number) => averageOf(history.slice(from, to), steps.slice(from, to));
  const end = history.length;
  const [before, after] = [average(end - 2 * half, end - half), average(end - half, end)];
  const change = after.mean - before.mean;
  const standardError = Math.hypot(before.error, after.error);
  const isSame = (a: typeof before, b: typeof before): boolean =>
    Math.abs(a.mean - b.mean) <= Math.max(tolerance, bound * Math.hypot(a.error, b.error));
  const isBetter = (direction === "maximize") === change > 0;
  const state = isSame(before, after) ? "converged" : isBetter ? "improving" : "worsening";
  let since = end - 2 * half;
  if (state === "converged") {
    const block = Math.max(3, Math.floor(half / 2));
    // the spread of a part in which the objective rises is no noise: that of the end stands for it
    const error = after.error * Math.sqrt(half / block);
    while (since >= block && isSame({ ...average(since - block, since), error }, after)) since -= block;
  }
  return {
    hasConverged: state === "converged",
    state,
    change,
    standardError,
    since: state === "converged" ? (history[since - 1]?.step ?? 0) : undefined,
    advice: adviceOn(state, change, standardError),
  };
}

function adviceOn(state: Convergence["state"], change: number, error: number): string {
  const size = `${Number(change.toPrecision(2))} ± ${Number(error.toPrecision(2))}`;
  if (state === "converged")
    return `converged: the objective changed by ${size} over the last stretch; lower the learning rate to see whether it was too large`;
  if (state === "improving") return `improving: the objective still changes by ${size}; take more steps`;
  return `worsening: the objective changes by ${size} the wrong way; lower the learning rate, or clip the gradient`;
}
