import * as tf from "@tensorflow/tfjs-core";
import { ElbowError, withPlace } from "../errors.js";
import type { Program } from "../ir/program.js";
import { chooseEngine } from "../runtime/auto/chooseEngine.js";
import type { AutomaticChoice, EngineDetails } from "../runtime/engine.js";
import { chosenEngine, type EngineChoice, isAutomatic } from "../runtime/engines.js";
import { readTensors } from "../runtime/readTensors.js";
import type { SiteReport } from "../transforms/estimate/estimate.js";
import { described } from "../util/described.js";
import { captureSource } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { leavesOf, withLeaves } from "../util/tree.js";
import { checkObjective } from "./checkObjective.js";
import { checkFinite } from "./fitting/checkFinite.js";
import { checkFit } from "./fitting/checkFit.js";
import {
  type Checkpoint,
  checkIdentity,
  fileSystem,
  type Identity,
  readCheckpoint,
  restoreState,
  writeCheckpoint,
} from "./fitting/checkpoint.js";
import { fitOptionNames } from "./fitting/fitOptionNames.js";
import { runLoop } from "./fitting/loop.js";
import { type ProgressReporter, terminalProgress } from "./fitting/progress.js";
import { type FitData, sourceOf } from "./fitting/sources.js";
import { initialState } from "./fitting/state.js";
import { type HistoryEntry, smoothed } from "./fitting/statistics.js";
import { Stepper } from "./fitting/stepper.js";
import type { Direction, Objective } from "./objective.js";
import { adam } from "./optimizers/adam.js";
import type { GradientTransform } from "./optimizers/clip.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import { type Parameters, parameterTensors, parameterTree, prepare } from "./prepare.js";
import { type SavedFit, withToJson } from "./results/savedFit.js";

/** What a fit can be told besides the objective's arguments. */
export interface FitSettings<P extends Parameters> extends EngineChoice {
  /** Where the fit starts; these tensors stay the caller's. */
  readonly parameters: P;
  /** Steps to be taken in all, those before a resumed checkpoint included. */
  readonly steps: number;
  /** @defaultValue adam({ learningRate: 0.01 }) */
  readonly optimizer?: Optimizer | undefined;
  /** A non-negative safe integer: the same seed gives the same fit. @defaultValue that of `resume`, else 0 */
  readonly seed?: number | undefined;
  /** Independent estimates that are averaged in every step, run side by side. @defaultValue 1 */
  readonly draws?: number | undefined;
  /**
   * Checks the parameters of every distribution at every step, inside the compiled step, and stops the fit with the distribution,
   * the parameter, the address and the step; without it only those are checked that are known before. @defaultValue false
   */
  readonly validate?: boolean | undefined;
  /** @defaultValue what the objective says: "maximize" for bounds, "minimize" for divergences */
  readonly direction?: Direction | undefined;
  /** Changes the gradient before the optimizer sees it: clipByNorm, clipByValue, or a function of one's own. */
  readonly clip?: GradientTransform | undefined;
  /** True for a bar on stderr, in a browser for lines in the console. @defaultValue false */
  readonly progress?: boolean | ProgressReporter | undefined;
  /** Writes the state to a file every so many steps, at the end and when stopped. */
  readonly checkpoint?: { readonly file: string; readonly every: number } | undefined;
  /** A checkpoint to go on from: the result is bit for bit that of a run that was never interrupted. */
  readonly resume?: string | undefined;
  /** Steps per entry of the history. @defaultValue that of `resume`, else a fiftieth of the steps, and at least 100 */
  readonly reportEvery?: number | undefined;
  /**
   * What becomes of parameters and data that the objective does not depend on: a misspelt name leaves one behind, and it would
   * stay as it is. @defaultValue "refuse"
   */
  readonly unused?: "refuse" | "keep" | undefined;
  /** Called with every entry of the history when it is made. */
  readonly onReport?: ((entry: HistoryEntry) => void) | undefined;
  /** Stops the fit, which then resolves to what it has so far. */
  readonly signal?: AbortSignal | undefined;
}

/** Data need not be given to an objective that takes none. */
export type FitOptions<P extends Parameters, D extends readonly unknown[]> = FitSettings<P> &
  ([] extends D ? { readonly data?: FitData<D> | undefined } : { readonly data: FitData<D> });

/** What a fit found. */
export interface FitResult<P extends Parameters> extends SavedFit<P> {
  readonly sites: readonly SiteReport[];
}

/**
 * Optimises an objective by stochastic gradient steps. The whole step — estimator, gradient, clipping, optimizer — is one
 * compiled program, and the engine takes many steps per call.
 *
 * @param objective - elbo(model, guide), another one of Elbow's, or objective(function* …)
 * @returns the parameters, the history and what the fit cost
 * @throws ElbowError "option" for options out of range; "non-finite-input" for NaN or infinities in data or parameters;
 *   "observed-value" for data that their distribution cannot have; "unused" for parameters and data that the objective does not
 *   depend on; "minibatch-scale" for rows that stand for themselves alone;
 *   "parameter" for parameters that a distribution cannot have: known ones, and with `validate` all of them;
 *   "non-finite" with the step, the equation and the source line where a number stopped being finite;
 *   "data-exhausted", "empty-batch", "batch-shape" for iterators; "checkpoint-…" for checkpoint files; "no-file-system" for
 *   them in a browser
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { adam, elbo, fit, gen, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor; rho: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, tf.exp(q.rho)));
 * });
 * const { parameters } = await fit(elbo(model, guide), {
 *   parameters: { loc: tf.scalar(0), rho: tf.scalar(0) },
 *   data: [tf.scalar(2)],
 *   steps: 2000,
 *   optimizer: adam({ learningRate: 0.02 }),
 * });
 * console.log(Math.abs(parameters.loc.dataSync()[0]! - 1) < 0.2); // => true
 * ```
 */
export async function fit<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  options: FitOptions<NoInfer<P>, NoInfer<D>>,
): Promise<FitResult<P>> {
  const source = captureSource();
  try {
    return await takeSteps(objective, options);
  } catch (error) {
    // what is thrown long after the call has no line of the user's on its stack
    const isHomeless = error instanceof ElbowError && error.at.source === undefined;
    throw isHomeless ? withPlace(error, source) : error;
  }
}

async function takeSteps<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  options: FitOptions<P, D>,
): Promise<FitResult<P>> {
  checkObjective("fit", objective);
  checkOptions(options);
  const { parameters, steps, optimizer = adam(), direction = objective.direction, checkpoint, resume } = options;
  if (checkpoint) await fileSystem();
  const resumed = resume === undefined ? undefined : await readCheckpoint(resume);
  const seed = options.seed ?? resumed?.identity.seed ?? 0;
  const reportEvery = options.reportEvery ?? resumed?.reportEvery ?? Math.max(100, Math.ceil(steps / 50));
  const engine = await chosenEngine(options);
  const tensors = parameterTensors(parameters);
  const names = leavesOf(parameters).map(({ path }) => path.join(".") || "(root)");
  await checkFinite(tensors, (i) => `the parameter "${names[i]}"`, engine);

  const started = performance.now();
  const source = await sourceOf((options.data ?? []) as FitData<readonly unknown[]>, engine);
  const cleanup: (() => unknown)[] = [() => source.close()];
  try {
    const prepareFor = (data: readonly unknown[]) =>
      prepare(objective, parameters, data as D, options.draws, options.validate);
    const first = await source.at(Math.min(resumed?.step ?? 0, steps - 1));
    const beforeTracing = performance.now();
    const prepared = prepareFor(first.data);
    const { sites, initialStates } = prepared;
    const prepareMs = performance.now() - beforeTracing;
    await checkFit(prepared, first, {
      names,
      data: options.data as FitData<readonly unknown[]>,
      unused: options.unused,
    });
    const fresh = initialState(tensors, optimizer, initialStates);
    const identity: Identity = {
      parameters: names.map((name, i) => `${name}[${tensors[i]!.shape}]`),
      optimizer: optimizer.name,
      direction,
      data: `${source.description}, draws ${options.draws ?? 1}`,
      seed,
    };
    const state = resumed ? resumeFrom(resume!, resumed, identity, fresh.state) : fresh.state;
    cleanup.push(() => tf.dispose(state.carried));
    let choice: AutomaticChoice | undefined;
    const choose = async (program: Program, carried: number) => {
      const chosen = await chooseEngine(program, carried, engine);
      if (!chosen.isSmall) choice = chosen.choice;
      return chosen.engine;
    };
    const stepper = new Stepper({
      prepare: prepareFor,
      rules: { optimizer, direction, clip: options.clip },
      layout: fresh.layout,
      parameterNames: names,
      source,
      engine,
      choose: isAutomatic(options) ? choose : undefined,
      seed,
    });
    cleanup.push(() => stepper.dispose());
    const before = state.step;
    const progress = options.progress === true ? await terminalProgress() : options.progress || undefined;
    const save =
      checkpoint &&
      (async () => {
        await readTensors(stepper.engine, state.carried);
        await writeCheckpoint(checkpoint.file, state, identity, reportEvery);
      });
    const history = await runLoop(state, stepper, {
      steps,
      reportEvery,
      checkpointEvery: checkpoint?.every,
      save,
      progress,
      onReport: options.onReport,
      signal: options.signal,
    });
    const seconds = (performance.now() - started) / 1000;
    const final = state.carried.slice(0, tensors.length).map((tensor) => tf.clone(tensor));
    return withToJson({
      parameters: withLeaves(parameters, final) as P,
      history,
      ...smoothed(history),
      steps: state.step,
      isStopped: state.step < steps,
      seconds,
      stepsPerSecond: (state.step - before) / seconds,
      compileMs: prepareMs + stepper.compileMs,
      engine: stepper.engine.name,
      engineDetails: withChoice(stepper.engine.details?.(), choice),
      stepDetails: stepper.details,
      seed,
      sites,
    });
  } finally {
    for (const each of cleanup.toReversed()) await each();
  }
}

const withChoice = (
  details: EngineDetails | undefined,
  choice: AutomaticChoice | undefined,
): EngineDetails | undefined => (choice ? { threads: 1, hasFma: false, ...details, choice } : details);

const shown = (value: unknown): string =>
  typeof value === "object" || typeof value === "function" ? described(value) : `${value}`;

function resumeFrom(file: string, checkpoint: Checkpoint, identity: Identity, fresh: ReturnType<typeof restoreState>) {
  try {
    checkIdentity(file, checkpoint, identity, fresh);
    return restoreState(checkpoint);
  } finally {
    tf.dispose(fresh.carried);
  }
}

function checkOptions(options: FitSettings<Parameters>): void {
  checkOptionNames("fit", options, fitOptionNames, ["parameters", "steps"]);
  const { parameters, steps, draws, direction, checkpoint, reportEvery, optimizer, clip, unused } = options;
  const { validate, onReport, signal, progress } = options;
  const check = (isRight: boolean, name: string, rule: string, received: unknown) => {
    if (!isRight)
      throw new ElbowError("option", { message: `fit: ${name} must be ${rule}\n  received: ${shown(received)}` });
  };
  const isCount = (x: number) => Number.isSafeInteger(x) && x > 0 && x < 2 ** 31;
  check(leavesOf(parameterTree(parameters)).length > 0, "parameters", "at least one tensor", parameters);
  check(
    optimizer === undefined || typeof (optimizer as Partial<Optimizer> | null)?.init === "function",
    "optimizer",
    "an optimizer, adam({ learningRate: 0.01 }) for example",
    optimizer,
  );
  check(clip === undefined || typeof clip === "function", "clip", "a function, clipByNorm(10) for example", clip);
  check(validate === undefined || typeof validate === "boolean", "validate", "true or false", validate);
  check(onReport === undefined || typeof onReport === "function", "onReport", "a function", onReport);
  check(
    signal === undefined || typeof (signal as Partial<AbortSignal>).addEventListener === "function",
    "signal",
    "an AbortSignal",
    signal,
  );
  check(
    progress === undefined || typeof progress === "boolean" || typeof progress?.start === "function",
    "progress",
    "true, false or a reporter",
    progress,
  );
  check(unused === undefined || unused === "refuse" || unused === "keep", "unused", '"refuse" or "keep"', unused);
  check(isCount(steps), "steps", "a positive integer below 2^31", steps);
  check(draws === undefined || isCount(draws), "draws", "a positive integer", draws);
  check(reportEvery === undefined || isCount(reportEvery), "reportEvery", "a positive integer", reportEvery);
  check(
    checkpoint === undefined || isCount(checkpoint.every),
    "checkpoint.every",
    "a positive integer",
    checkpoint?.every,
  );
  check(
    direction === undefined || direction === "maximize" || direction === "minimize",
    "direction",
    '"maximize" or "minimize"',
    direction,
  );
}
