import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkFunction, wrongArgument } from "../../util/expected.js";
import { isOptions } from "../../util/options.js";
import type { Schedule } from "../optimizers/schedules.js";

/**
 * Data for `fit` whose first argument changes from step to step: the values of schedules, under their names. For coefficients
 * that are annealed, as those of `betaElbo`. Every step is a call of the engine of its own.
 *
 * @param schedules - of the number of steps taken before; those of learning rates, or any function of a scalar
 * @param data - the other data arguments, the same at every step
 * @returns an endless iterable of [values, ...data]
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { adam, annealed, betaElbo, fit, gen, linearWarmup, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }, _y: tf.Tensor) {
 *   yield* sample("mu", normal(q.loc, Math.SQRT1_2));
 * });
 * const { parameters } = await fit(betaElbo(model, guide), {
 *   parameters: { loc: tf.scalar(0) },
 *   data: annealed({ beta: linearWarmup({ steps: 200, to: 3 }) }, tf.scalar(2)),
 *   steps: 1000,
 *   optimizer: adam({ learningRate: 0.02 }),
 * });
 * // y/(1 + β)
 * console.log(Math.abs(parameters.loc.dataSync()[0] - 0.5) < 0.1); // => true
 * ```
 */
export function annealed<const S extends Readonly<Record<string, Schedule>>, D extends readonly unknown[]>(
  schedules: S,
  ...data: D
): Generator<[values: { readonly [K in keyof S]: Tensor }, ...data: D], void, void> {
  checkSchedules(schedules);
  return (function* () {
    for (let step = 0; ; step++) {
      const values = Object.fromEntries(
        Object.entries(schedules).map(([name, schedule]) => [name, tf.tidy(() => schedule(tf.scalar(step)))]),
      ) as { readonly [K in keyof S]: Tensor };
      try {
        yield [values, ...data];
      } finally {
        tf.dispose(Object.values(values));
      }
    }
  })();
}

function checkSchedules(schedules: unknown): void {
  const hint = "Write annealed({ beta: linearWarmup({ steps: 1000, to: 1 }) }, ...data).";
  if (!isOptions(schedules)) throw wrongArgument("annealed", "the schedules", "schedules by name", schedules, hint);
  for (const [name, schedule] of Object.entries(schedules))
    checkFunction("annealed", `the schedule ${name}`, schedule, hint);
}
