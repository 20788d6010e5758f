import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { DType, Program, Type } from "../../ir/program.js";
import { seedKey } from "../../ops/random.js";
import type { Engine, ExecutableDetails } from "../../runtime/engine.js";
import { readTensors } from "../../runtime/readTensors.js";
import type { Prepared } from "../prepare.js";
import { violationError } from "../validate.js";
import { firstBad } from "./checkFinite.js";
import { type CompiledStep, compileStep, repeatedProgram } from "./compiledStep.js";
import { explainNonFinite } from "./explainNonFinite.js";
import type { DataSource, Segment } from "./sources.js";
import type { FitState, Layout } from "./state.js";
import { buildStep, type StepProgram, type StepRules, sumCount } from "./stepProgram.js";

/** What steps are made of. */
export interface StepperOptions {
  /** Traces the objective for data of these types. */
  readonly prepare: (data: readonly unknown[]) => Prepared;
  readonly rules: StepRules;
  readonly layout: Layout;
  readonly parameterNames: readonly string[];
  readonly source: DataSource;
  readonly engine: Engine;
  /** Another engine for the first step that is compiled, and all after it. */
  readonly choose?: ((program: Program, carried: number) => Promise<Engine>) | undefined;
  readonly seed: number;
}

interface Step extends StepProgram {
  readonly compiled: CompiledStep;
}

/** Like tf.dispose, which takes its time to look for tensors inside whatever it is given. */
const disposeAll = (tensors: readonly Tensor[]): void => {
  for (const tensor of tensors) tensor.dispose();
};

const typeOfTensor = ({ shape, dtype }: Tensor): Type => ({ shape, dtype: dtype as DType });

/** The step program for carried tensors and data of these types. */
export function stepOf(
  prepared: Prepared,
  carried: readonly Tensor[],
  layout: Layout,
  { inputs, select }: Pick<Segment, "inputs" | "select">,
  rules: StepRules,
): StepProgram {
  const types = carried.map(typeOfTensor);
  const parameters = types.splice(0, layout.parameters);
  const slots = layout.slots.map((count) => types.splice(0, count));
  return buildStep(prepared, { parameters, slots, data: inputs.map(typeOfTensor) }, rules, select);
}

/** Takes steps: compiles them for the data that come, runs many in one call, and finds the first that fails. */
export class Stepper {
  private readonly compiled = new Map<Prepared, Step>();
  private readonly byData = new WeakMap<readonly unknown[], Step>();
  private readonly key: Tensor;
  private milliseconds = 0;
  private chosen: Engine | undefined;

  constructor(private readonly options: StepperOptions) {
    this.key = tf.tidy(() => seedKey(options.seed));
  }

  /**
   * Goes from `state.step` to `end` and resolves to the carried sums there.
   *
   * @throws ElbowError "non-finite" if the objective, its gradient or a parameter is no number on the way
   */
  async advance(state: FitState, end: number): Promise<number[]> {
    const start = { step: state.step, carried: state.carried };
    const next = await this.run(start.carried, start.step, end, state.shift);
    const { sums, isSound } = await this.inspect(next);
    if (!isSound) {
      disposeAll(next);
      throw await this.findFailure(start.carried, start.step, end, state.shift);
    }
    disposeAll(start.carried);
    state.carried = next;
    state.step = end;
    this.options.source.release(end);
    return sums;
  }

  /** What steps run on. */
  get engine(): Engine {
    return this.chosen ?? this.options.engine;
  }

  /** What the step takes that was compiled first; of engines that know. */
  get details(): ExecutableDetails | undefined {
    const [first] = this.compiled.values();
    return first?.compiled.details;
  }

  /** What tracing, transforming and compiling have taken so far. */
  get compileMs(): number {
    return this.milliseconds;
  }

  /** The carried sums as they are. */
  async sumsOf(state: FitState): Promise<number[]> {
    return (await this.inspect(state.carried)).sums;
  }

  /** The tensors carried after some steps; those given stay. */
  private async run(from: readonly Tensor[], step: number, end: number, shift: number): Promise<Tensor[]> {
    const shiftTensor = tf.scalar(shift);
    let carried = from;
    try {
      for (let at = step; at < end; ) {
        const segment = await this.options.source.at(at);
        const upTo = Math.min(end, segment.end);
        const { compiled } = await this.compile(segment, from);
        const next = await compiled.iterate(carried, [this.key, shiftTensor, ...segment.inputs], upTo - at);
        if (carried !== from) disposeAll(carried);
        carried = next;
        at = upTo;
      }
      return carried as Tensor[];
    } catch (error) {
      if (carried !== from) disposeAll(carried);
      throw error;
    } finally {
      shiftTensor.dispose();
    }
  }

  /** Reads the sums, and whether they and the parameters are finite. */
  private async inspect(carried: readonly Tensor[]): Promise<{ sums: number[]; isSound: boolean }> {
    const parameters = carried.slice(0, this.options.layout.parameters);
    const data = await readTensors(this.engine, [...carried.slice(-sumCount), ...parameters]);
    const sums = data.slice(0, sumCount).map(([sum]) => sum!);
    const [sum, , norms] = sums;
    return { sums, isSound: firstBad([sum!, norms!]) < 0 && data.slice(sumCount).every((each) => firstBad(each) < 0) };
  }

  /** Repeats steps one by one up to the first that fails. */
  private async findFailure(from: readonly Tensor[], first: number, end: number, shift: number): Promise<ElbowError> {
    let carried = from;
    try {
      for (let step = first; step < end; step++) {
        const next = await this.run(carried, step, step + 1, shift);
        if (!(await this.inspect(next)).isSound) {
          disposeAll(next);
          const segment = await this.options.source.at(step);
          const shiftTensor = tf.scalar(shift);
          const inputs = [...carried, this.key, shiftTensor, ...segment.inputs];
          const { diagnosis } = await this.compile(segment, from);
          const { sites, isValidated } = this.options.prepare(segment.data);
          const { parameterNames } = this.options;
          try {
            const violation = isValidated && (await violationError(diagnosis, inputs, ` (step ${step})`));
            return violation || (await explainNonFinite({ step, diagnosis, inputs, parameterNames, sites }));
          } finally {
            shiftTensor.dispose();
          }
        }
        if (carried !== from) disposeAll(carried);
        carried = next;
      }
    } finally {
      if (carried !== from) disposeAll(carried);
    }
    return new ElbowError("non-finite", {
      message: `the objective, its gradient or a parameter became non-finite between steps ${first} and ${end - 1}, and did not when these were repeated`,
      hint: "This engine does not repeat its results: try another one.",
    });
  }

  private async compile(segment: Segment, carried: readonly Tensor[]): Promise<Step> {
    // most often the data are the same object as before, and need not be looked at
    const known = this.byData.get(segment.data);
    if (known) return known;
    const started = performance.now();
    const compiled = await this.compileFor(this.options.prepare(segment.data), segment, carried);
    this.milliseconds += performance.now() - started;
    this.byData.set(segment.data, compiled);
    return compiled;
  }

  private async compileFor(prepared: Prepared, segment: Segment, carried: readonly Tensor[]): Promise<Step> {
    const known = this.compiled.get(prepared);
    if (known) return known;
    const { rules, layout, engine, choose } = this.options;
    if (prepared.initialStates.length !== layout.states)
      throw new ElbowError("batch-shape", {
        message: `the objective has other strategies for this batch than for the first one\n  expected: ${layout.states} states\n  received: ${prepared.initialStates.length}`,
        hint: "Choose the sites' strategies in the program, so that they do not depend on the batch's size.",
      });
    const step = stepOf(prepared, carried, layout, segment, rules);
    this.chosen ??= (await choose?.(repeatedProgram(step, segment.isRepeated), step.carried)) ?? engine;
    const result = { ...step, compiled: compileStep(this.chosen, step, segment.isRepeated) };
    this.compiled.set(prepared, result);
    return result;
  }

  dispose(): void {
    this.key.dispose();
    for (const { compiled } of this.compiled.values()) compiled.dispose();
  }
}
