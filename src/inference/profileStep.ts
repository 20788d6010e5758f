import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { seedKey } from "../ops/random.js";
import { chooseEngine } from "../runtime/auto/chooseEngine.js";
import { type AutomaticChoice, describeEngine, type Engine } from "../runtime/engine.js";
import { chosenEngine, type EngineChoice } from "../runtime/engines.js";
import { type Ceilings, measureCeilings } from "../runtime/wasm/ceilings.js";
import { profile } from "../runtime/wasm/profile.js";
import type { SiteReport } from "../transforms/estimate/estimate.js";
import { checkOptionNames } from "../util/options.js";
import { checkObjective } from "./checkObjective.js";
import type { FitOptions, FitSettings } from "./fit.js";
import { type CompiledStep, compileStep } from "./fitting/compiledStep.js";
import { fitOptionNames } from "./fitting/fitOptionNames.js";
import { type FitData, type Segment, sourceOf } from "./fitting/sources.js";
import { initialState } from "./fitting/state.js";
import { stepOf } from "./fitting/stepper.js";
import type { Objective } from "./objective.js";
import { adam } from "./optimizers/adam.js";
import { type Parameters, parameterTensors, prepare } from "./prepare.js";
import { type StepPart, stepParts } from "./stepParts.js";

/** What is profiled, and how long: of fit's options those that make the step. */
export type ProfileStepOptions<P extends Parameters, D extends readonly unknown[]> = Omit<
  FitOptions<P, D>,
  Exclude<
    keyof FitSettings<P>,
    "parameters" | "optimizer" | "seed" | "draws" | "direction" | "clip" | keyof EngineChoice
  >
> & {
  /** Time to measure for. @defaultValue 600 */
  readonly milliseconds?: number | undefined;
};

/** Where the time of an objective's step goes. */
export interface StepProfile {
  /** What the estimator decided about every random choice. */
  readonly sites: readonly SiteReport[];
  /** In the order in which they are executed, on one thread. */
  readonly parts: readonly StepPart[];
  /** Per step on one thread, without a clock between the parts: the best of several tries. */
  readonly microseconds: number;
  /** Per step on all threads of the engine. */
  readonly threadedMicroseconds: number;
  /** Of all parts, per step. */
  readonly flops: number;
  readonly bytes: number;
  readonly equations: number;
  readonly moduleBytes: number;
  readonly memoryBytes: number;
  /** Milliseconds from the user's functions to a module. V8 compiles most of it later, while the first steps run. */
  readonly compiling: {
    readonly trace: number;
    readonly transform: number;
    readonly lower: number;
    readonly compile: number;
  };
  readonly engine: string;
  readonly threads: number;
  /** What a mark of the clock between two parts takes; it is subtracted from them. */
  readonly clockMicroseconds: number;
  readonly ceilings: Ceilings;
  /** What the engine `auto` is for these steps, and why. */
  readonly choice: AutomaticChoice;
}

const defaultMilliseconds = 600;

/**
 * Measures one step of a fit — estimator, gradient, clipping, optimizer: the very program that `fit` runs on the engine
 * `wasm` — part by part: for every loop nest and kernel of the compiled step its arithmetic, the memory it touches, the time it
 * takes, and how near that is to what the machine can do. The parameters stay as they are.
 *
 * Times come from a copy of the module with a clock between its parts; what the clock takes is subtracted. Nothing is
 * known of parts whose `uncertainty` is as large as their time. In pages that coarsen the clock, profile for longer.
 *
 * @param options - parameters, data and whatever else fit is given that changes the step
 * @throws ElbowError "profile-engine" for engines that do not compile; what fit throws when it traces
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { normal, objective, profileStep, sample } from "elbow";
 * const L = objective(function* (x: tf.Tensor) {
 *   return tf.square(yield* sample("z", normal(x, 1)));
 * });
 * const { sites, parts, microseconds } = await profileStep(L, { parameters: tf.scalar(1), milliseconds: 50 });
 * console.log(sites[0]!.strategy.name, parts.length > 0, microseconds < 1000); // => reparam true true
 * ```
 */
export async function profileStep<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  options: ProfileStepOptions<NoInfer<P>, NoInfer<D>>,
): Promise<StepProfile> {
  checkObjective("profileStep", objective);
  // those of the fit that the step is of do as well
  checkOptionNames("profileStep", options, [...fitOptionNames, "milliseconds"], ["parameters"]);
  const { parameters, optimizer = adam(), seed = 0, direction = objective.direction, clip, draws } = options;
  const engine = await compilingEngine(options);
  const source = await sourceOf((options.data ?? []) as FitData<readonly unknown[]>);
  const own: Tensor[] = [];
  let step: CompiledStep | undefined;
  try {
    const segment = await source.at(0);
    const prepared = prepare(objective, parameters, segment.data as D, draws);
    const { state, layout } = initialState(parameterTensors(parameters), optimizer, prepared.initialStates);
    own.push(...state.carried);
    const started = performance.now();
    const whole = stepOf(prepared, state.carried, layout, segment, { optimizer, direction, clip });
    const stepMs = performance.now() - started;
    step = compileStep(engine, whole, segment.isRepeated);
    const key = tf.tidy(() => seedKey(seed));
    const shift = tf.scalar(0);
    own.push(key, shift);
    const inputs = await step.inputs(state.carried, [key, shift, ...segment.inputs]);
    const elements = await Promise.all(inputs.map((tensor) => tensor.data()));
    const { milliseconds = defaultMilliseconds } = options;
    const measured = profile(step.program, elements, {
      carried: whole.carried,
      milliseconds,
      mostRuns: mostSteps(segment),
    });
    const ceilings = measureCeilings();
    const parts = stepParts(measured, ceilings, prepared.sites);
    const { choice } = await chooseEngine(step.program, whole.carried, engine);
    const { threads } = engine.details!();
    const sum = (of: (part: StepPart) => number): number => parts.reduce((total, part) => total + of(part), 0);
    return {
      sites: prepared.sites,
      parts,
      microseconds: measured.microseconds,
      threadedMicroseconds:
        threads === 1
          ? measured.microseconds
          : await timeIterations(engine, step, inputs, whole.carried, segment, milliseconds),
      flops: sum((part) => part.flops),
      bytes: sum((part) => part.bytes),
      equations: step.program.equations.length,
      moduleBytes: measured.made.bytes,
      memoryBytes: measured.memoryBytes,
      compiling: {
        trace: prepared.milliseconds.trace,
        transform: prepared.milliseconds.transform + stepMs,
        lower: measured.made.lowerMs,
        compile: measured.made.compileMs,
      },
      engine: describeEngine(engine.name, engine.details!()),
      threads,
      clockMicroseconds: measured.clockMicroseconds,
      ceilings,
      choice,
    };
  } finally {
    step?.dispose();
    tf.dispose(own);
    await source.close();
  }
}

/** The engine `wasm`, on any number of threads: the others run no module that could be profiled. */
async function compilingEngine(choice: EngineChoice): Promise<Engine> {
  const engine = await chosenEngine(choice);
  if (engine.name === "wasm" || engine.name.startsWith("wasm:")) return engine;
  throw new ElbowError("profile-engine", {
    message: `a step is profiled as the engine wasm compiles it\n  received: ${engine.name}`,
    hint: "Leave the engine out, or choose wasm.",
  });
}

/** Rows of minibatches, which take inputs of their own, are picked for a number of steps; other data serve for any. */
const mostSteps = ({ inputs, data, end }: Segment): number =>
  inputs.length > data.length ? end : Number.POSITIVE_INFINITY;

const tries = 5;

/** Microseconds per step through the engine: what more steps take than one, so that copying in and out drops out. */
async function timeIterations(
  engine: Engine,
  { program }: CompiledStep,
  inputs: readonly Tensor[],
  carried: number,
  segment: Segment,
  milliseconds: number,
): Promise<number> {
  const executable = engine.compile(program);
  const time = async (steps: number): Promise<number> => {
    const started = performance.now();
    tf.dispose(await executable.iterate(inputs, carried, steps));
    return performance.now() - started;
  };
  await time(1);
  const one = await time(1);
  const most = mostSteps(segment) - 1;
  const steps = Math.max(1, Math.min(most, Math.ceil(milliseconds / tries / one)));
  const best = { one: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY };
  for (let i = 0; i < tries; i++) {
    best.one = Math.min(best.one, await time(1));
    best.many = Math.min(best.many, await time(1 + steps));
  }
  executable.dispose();
  // on a busy machine one step may have taken longer than many
  const more = best.many - best.one;
  return 1000 * (more > 0 ? more / steps : best.many / (1 + steps));
}
