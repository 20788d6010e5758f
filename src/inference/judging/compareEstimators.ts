import { ElbowError } from "../../errors.js";
import { describeEngine } from "../../runtime/engine.js";
import { chosenEngine, type EngineChoice } from "../../runtime/engines.js";
import { checkObject } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { checkData } from "../checkData.js";
import { checkObjective } from "../checkObjective.js";
import type { Objective } from "../objective.js";
import { type Parameters, prepare } from "../prepare.js";
import { type Alternatives, listAlternatives } from "./alternatives.js";
import { type BiasCheck, judge } from "./checkUnbiased.js";
import { type GradientTimer, gradientTimer } from "./gradientTime.js";
import { estimateMoments } from "./moments.js";
import { type Truth, type TruthOptions, truthOf, truthOptionNames } from "./truth.js";

/** What `compareEstimators` can be told: of `checkUnbiased` what makes the draws and the truth. */
export interface CompareOptions<P extends Parameters> extends Omit<TruthOptions<P>, keyof EngineChoice>, EngineChoice {
  /**
   * Engine that the gradients are timed on (moments are drawn in double precision). Without `threads` on one thread.
   * @defaultValue the default engine
   */
  readonly engine?: EngineChoice["engine"];
  /** Timings per alternative, of which the median counts; 0 leaves times out. @defaultValue 7 */
  readonly repeats?: number | undefined;
  /** Milliseconds per timing. @defaultValue 20 */
  readonly milliseconds?: number | undefined;
}

/** One way of estimating an objective, and how good it is. */
export interface EstimatorRow {
  readonly name: string;
  /** Names of the strategies by address. */
  readonly strategies: Readonly<Record<string, string>>;
  /** Whether all strategies say of themselves that they are unbiased. */
  readonly isUnbiased: boolean;
  /** Means, z-scores, and variances of the whole gradient and by parameter. */
  readonly check: BiasCheck;
  /** Variance of the whole gradient, 0 where only rounding is left. */
  readonly variance: number;
  /** Of one value and gradient, the median of the timings; undefined if none were taken. */
  readonly microseconds: number | undefined;
  /** Variance · microseconds: what a gradient of a given precision costs; less is better. Without times the variance. */
  readonly cost: number;
  /** The largest number of copies of a leaf that are run side by side. */
  readonly lanes: number;
}

/** Alternatives beside each other. */
export interface EstimatorComparison {
  readonly rows: readonly EstimatorRow[];
  /** Alternatives that cannot be, with the reasons. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  /** The name of the cheapest one among those that say that they are unbiased and pass: of least cost, then of least time. */
  readonly recommended: string | undefined;
  readonly truth: Pick<Truth, "method" | "description">;
  readonly engine: string;
  readonly draws: number;
}

/**
 * Compares ways of estimating the same objective: their bias, their variance, their time on the engine, and the product of the
 * last two, which is what a gradient of a given precision costs.
 *
 * @param objective - what all alternatives have the expectation of
 * @param alternatives - strategies by address, which are combined, `{ b: [enumerate, reinforce], x: [reparam] }` (or with
 *   names, `{ b: { pairs: (d) => reinforce(d, { copies: 2 }) } }`), or objectives by name
 * @throws ElbowError "option" for no alternatives or too many; errors of the objective itself. What refuses an
 *   alternative is reported
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { compareEstimators, enumerate, flip, measureValued, objective, reinforce, sample } from "elbow";
 * const L = objective(function* (p: tf.Tensor) {
 *   return tf.square((yield* sample("b", flip(p))).sub(0.25));
 * });
 * const { rows, recommended } = await compareEstimators(L, tf.scalar(0.5), [], {
 *   b: [reinforce, enumerate],
 * }, { draws: 4000 });
 * console.log(rows.map(({ name, check }) => `${name} ${check.variance.toFixed(2)}`), recommended); // => [ 'reinforce 0.39', 'enumerate 0.00' ] enumerate
 * ```
 */
export async function compareEstimators<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: NoInfer<D>,
  alternatives: Alternatives<NoInfer<P>, NoInfer<D>>,
  options: CompareOptions<NoInfer<P>> = {},
): Promise<EstimatorComparison> {
  checkObjective("compareEstimators", objective);
  checkData("compareEstimators", data);
  checkObject(
    "compareEstimators",
    "the alternatives",
    alternatives,
    [],
    "Write { address: [reinforce, enumerate] }.",
    "strategies by address, or objectives by name",
  );
  checkOptionNames("compareEstimators", options, [...truthOptionNames, "repeats", "milliseconds"]);
  const { repeats = 7, milliseconds = 20, engine: _, threads: __, ...drawing } = options;
  const engine = await chosenEngine(options);
  const listed = listAlternatives(objective, alternatives);
  const truth = await truthOf(objective, parameters, data, drawing);
  const refused: { name: string; reason: string }[] = [];
  const rows: Omit<EstimatorRow, "microseconds" | "cost">[] = [];
  const timers: GradientTimer[] = [];
  try {
    for (const each of listed)
      try {
        const prepared = prepare(each.objective, parameters, data);
        const moments = await estimateMoments(each.objective, parameters, data, drawing);
        if (repeats > 0) timers.push(await gradientTimer(each.objective, parameters, data, engine, milliseconds));
        const check = judge(moments, truth, parameters);
        rows.push({
          name: each.name,
          strategies: Object.fromEntries(prepared.sites.map(({ address, strategy }) => [address, strategy.name])),
          isUnbiased: prepared.sites.every(({ strategy }) => strategy.isUnbiased),
          check,
          variance: withoutRounding(check),
          lanes: Math.max(1, ...prepared.leaves.map(({ lanes }) => lanes)),
        });
      } catch (error) {
        if (!(error instanceof ElbowError) || error.code === "internal") throw error;
        refused.push({ name: each.name, reason: error.summary });
      }
    const times = await mediansOf(timers, repeats);
    const timed = rows.map((row, i): EstimatorRow => {
      const microseconds = times[i];
      return { ...row, microseconds, cost: row.variance * (microseconds ?? 1) };
    });
    return {
      rows: timed,
      refused,
      recommended: recommend(timed),
      truth: { method: truth.method, description: truth.description },
      engine: describeEngine(engine.name, engine.details?.()),
      draws: rows[0]?.check.draws ?? 0,
    };
  } finally {
    for (const timer of timers) timer.dispose();
  }
}

/** Timings take turns, so that a disturbance of the machine meets all alternatives. */
async function mediansOf(timers: readonly GradientTimer[], repeats: number): Promise<number[]> {
  const times = timers.map((): number[] => []);
  for (let i = 0; i < repeats; i++) for (const [at, timer] of timers.entries()) times[at]!.push(await timer.measure());
  return times
    .map((each) => each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)]!)
    .filter((x) => x !== undefined);
}

const withoutRounding = ({ variance, gradient }: BiasCheck): number =>
  variance <= 1e-20 * gradient.reduce((sum, { mean }) => sum + mean * mean, 0) ? 0 : variance;

function recommend(rows: readonly EstimatorRow[]): string | undefined {
  const sound = rows.filter(({ isUnbiased, check }) => isUnbiased && check.pass);
  return sound.toSorted((a, b) => a.cost - b.cost || (a.microseconds ?? a.lanes) - (b.microseconds ?? b.lanes))[0]
    ?.name;
}
