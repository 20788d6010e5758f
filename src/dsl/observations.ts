import type { Tensor } from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { Values } from "./assess.js";
import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";
import { at, type Choices, checkChoices, filter } from "./choices.js";
import type { Effects } from "./effects.js";
import { execute } from "./execution.js";
import type { Observations } from "./predict.js";
import type { Observing } from "./verbEffects.js";

/** What a program observes. */
export interface Observed<O = unknown> {
  /** The data, at the addresses of the observations. */
  readonly values: Observations<O>;
  /** Log density of every element, of the batch shapes of the observations' distributions. */
  readonly logDensities: Observations<O>;
}

/**
 * The data that a program observes, and the log density of every element of them at given choices: what leave-one-out
 * comparisons are made of. Every choice must be given.
 *
 * Observations in loops and plates are stacked, those of all rows where a plate draws its rows; scales of plates do not count.
 * Factors are passed over, and so are observations inside `marginal` and `normalize`.
 *
 * @throws ElbowError "missing-choice", "unknown-address", "value-shape"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observations, observe, run, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu.mul(tf.ones([2])), 1), y);
 * });
 * const { values, logDensities } = run(0, observations(model(tf.tensor1d([1, 2])), { mu: tf.scalar(1) }));
 * console.log([...values.y.dataSync()], [...logDensities.y.dataSync()].map((x) => x.toFixed(3))); // => [ 1, 2 ] [ '-0.919', '-1.419' ]
 * ```
 */
export const observations = asked("observations", function* observations<
  C,
  R,
  A extends readonly unknown[],
  O,
>(call: Call<C, R, A, O>, choices: Values<NoInfer<C>>): Effects<Observing, Observed<O>> {
  checkCall("observations", call);
  checkChoices("observations", choices);
  return yield { kind: "observing", call, choices: choices as Choices, source: captureSource() };
});

export function answerObserving({ call, choices: given, source }: Observing, key: Tensor): Observed {
  const [values, logDensities] = (["values", "logDensities"] as const).map((recordsObservations) => {
    const outcome = execute(call, { key: undefined, auxiliary: key, given, recordsObservations, path: [], source });
    return filter(outcome.choices, (address) => at(outcome.logObserved, address) !== undefined);
  });
  return { values: values!, logDensities: logDensities! };
}
