import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { adam, type Engine, type Executable, fit, seedKey } from "elbow";
import { compileStep } from "../../src/inference/fitting/compiledStep.js";
import { initialState } from "../../src/inference/fitting/state.js";
import { buildStep, sumCount } from "../../src/inference/fitting/stepProgram.js";
import { prepare } from "../../src/inference/prepare.js";
import type { DType, Program } from "../../src/ir/program.js";
import { ownTensor } from "./ownTensor.js";
import type { Runner } from "./runner.js";
import { leaves, type Variant } from "./workload.js";

const typeOfTensor = ({ shape, dtype }: Tensor) => ({ shape, dtype: dtype as DType });

/** A step program as fit runs it, and what the way to it took. */
export interface ElbowRunner extends Runner {
  readonly program: Program;
  /** Tracing, transforming, compiling and the first step. */
  readonly firstStepMs: number;
  /** The whole step by itself. */
  readonly executable: Executable;
}

/** What has to be known of a variant to run it. */
export type Runnable = Pick<Variant, "parameters" | "data" | "draws" | "learningRate" | "scale" | "objective">;

/** Steps of the very program that fit runs, through engine.iterate, without reports. */
export async function elbowRunner(of: Runnable, engine: Engine): Promise<ElbowRunner> {
  // copies of its own: a tensor moves to the backend that uses it, and back
  const parameters = leaves(of).map(({ leaf }) => ownTensor(leaf));
  const data = of.data.map(ownTensor);
  const fixed = [tf.tidy(() => seedKey(0)), tf.scalar(0), ...data];
  const optimizer = adam({ learningRate: of.learningRate });

  const started = performance.now();
  const prepared = prepare(of.objective(), of.parameters as object, [...of.data], of.draws);
  const { state, layout } = initialState(parameters, optimizer, prepared.initialStates);
  const types = state.carried.map(typeOfTensor);
  const parameterTypes = types.splice(0, layout.parameters);
  const slots = layout.slots.map((count) => types.splice(0, count));
  const rules = { optimizer, direction: "maximize", clip: undefined } as const;
  const stepTypes = { parameters: parameterTypes, slots, data: data.map(typeOfTensor) };
  const step = buildStep(prepared, stepTypes, rules, (inputs) => inputs);
  const compiled = compileStep(engine, step, true);

  let carried: readonly Tensor[] = state.carried;
  const run = async (steps: number): Promise<number> => {
    const zeros = Array.from({ length: sumCount }, () => tf.scalar(0));
    const from = [...carried.slice(0, -sumCount), ...zeros];
    const next = await compiled.iterate(from, fixed, steps);
    tf.dispose([...carried, ...zeros]);
    carried = next;
    const [sum] = await next.at(-sumCount)!.data();
    return -sum! / steps / of.scale;
  };
  await run(1);
  const firstStepMs = performance.now() - started;
  return {
    name: engine.name,
    program: step.program,
    firstStepMs,
    get executable() {
      return engine.compile(step.program);
    },
    run,
    dispose: () => {
      compiled.dispose();
      tf.dispose([...carried, ...fixed, ...parameters]);
    },
  };
}

/** What a user gets: the loss over the last tenth of a fit, and the time of all of it. */
export async function runFit(
  of: Variant,
  engine: Engine,
  steps: number,
  reportEvery: number | undefined = Math.max(1, Math.ceil(steps / 10)),
): Promise<{ loss: number; seconds: number }> {
  const result = await fit(of.objective(), {
    parameters: of.parameters as object,
    data: of.data,
    steps,
    draws: of.draws,
    optimizer: adam({ learningRate: of.learningRate }),
    reportEvery,
    engine,
  });
  tf.dispose(result.parameters as never);
  return { loss: -result.objective / of.scale, seconds: result.seconds };
}
