import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { build } from "../../ir/builder.js";
import { inline } from "../../ir/interpret.js";
import { add } from "../../ir/primitives/elementwise.js";
import { typeOf, type Variable } from "../../ir/program.js";
import { seedKey } from "../../ops/random.js";
import type { Engine } from "../../runtime/engine.js";
import { buildSimple } from "../../transforms/simplify.js";
import { withStream } from "../../transforms/streams.js";
import { compileStep } from "../fitting/compiledStep.js";
import type { StepProgram } from "../fitting/stepProgram.js";
import { derivedProgram, type Objective } from "../objective.js";
import { dataTensors, type Parameters, parameterTensors, prepare } from "../prepare.js";

const mostSteps = 2 ** 24;

/** Measures how long one estimate of value and gradient takes, as part of many in one call. */
export interface GradientTimer {
  /** Microseconds per gradient. */
  readonly measure: () => Promise<number>;
  readonly dispose: () => void;
}

/**
 * Makes an objective's gradient ready to be timed as `fit` would run it: compiled for the engine with many steps per call,
 * every step with its own random numbers, and what data and key decide taken out. Nothing but a sum is done with the gradients.
 *
 * @param milliseconds - that one measurement takes at least
 */
export async function gradientTimer<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  engine: Engine,
  milliseconds: number,
): Promise<GradientTimer> {
  const leaves = parameterTensors(parameters);
  const tensors = dataTensors(data);
  const sums = tf.tidy(() => [tf.scalar(0), ...leaves.map((leaf) => tf.zerosLike(leaf))]);
  const [step, unused, key] = tf.tidy(() => [tf.scalar(0, "int32"), tf.scalar(0), seedKey(0)]) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const carried = [...leaves, step, ...sums];
  const fixed = [key, unused, ...tensors];
  const compiled = compileStep(engine, summingProgram(objective, parameters, data, carried.length), true);
  const run = async (steps: number): Promise<number> => {
    const started = performance.now();
    tf.dispose(await compiled.iterate(carried, fixed, steps));
    return performance.now() - started;
  };
  await run(1);
  let steps = 1;
  for (let taken = await run(1); taken < milliseconds && steps < mostSteps; taken = await run(steps))
    steps = Math.min(mostSteps, Math.ceil(steps * Math.min(16, Math.max(2, (1.2 * milliseconds) / taken))));
  return {
    measure: async () => (1000 * (await run(steps))) / steps,
    dispose: () => {
      compiled.dispose();
      tf.dispose([...sums, step, unused, key]);
    },
  };
}

/** Inputs: [parameters…, step, sums… | key, unused, data…]; outputs: the carried ones. */
function summingProgram<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  carried: number,
): StepProgram {
  const gradient = withStream(derivedProgram(prepare(objective, parameters, data), "gradient", 1));
  const [key, ...rest] = gradient.inputs.map(typeOf);
  const step = rest.pop()!;
  const count = carried - gradient.outputs.length - 1;
  const own = rest.slice(0, count);
  const unused = { shape: [], dtype: "float32" } as const;
  const types = [...own, step, ...gradient.outputs.map(typeOf), key!, unused, ...rest.slice(count)];
  const program = buildSimple(types, (...inputs) => {
    const at = inputs.splice(0, count);
    const now = inputs.shift()!;
    const sums = inputs.splice(0, gradient.outputs.length);
    const [root, , ...given] = inputs as [Variable, Variable, ...Variable[]];
    const results = inline(gradient, [root, ...at, ...given, now]);
    return [...at, add(now, 1), ...sums.map((sum, i) => add(sum, results[i]!))];
  });
  return { program, carried, diagnosis: build([], () => []) };
}
