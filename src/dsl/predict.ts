import type { Tensor } from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";
import { at, type Choices, checkChoices, filter } from "./choices.js";
import type { Effects } from "./effects.js";
import { execute } from "./execution.js";
import type { Constraints } from "./generate.js";
import type { Predict } from "./verbEffects.js";

/** The name of the outermost program or observation of an address. */
type Head<O extends string> = O extends `${infer Outer}/${string}` ? Outer : O;
/** What stands below a name. */
type Below<O extends string, A extends string> = O extends `${A}/${infer Inner}` ? Inner : never;

/** Address → value of what a program observes. Factors draw nothing: there are no values at their addresses. */
export type Observations<O> = unknown extends O
  ? Choices
  : string extends O
    ? Choices
    : {
        readonly [A in Head<Extract<O, string>>]: [Below<Extract<O, string>, A>] extends [never]
          ? Tensor
          : Observations<Below<Extract<O, string>, A>>;
      };

/** A run of a program in which its observations were drawn. */
export interface Predicted<C, R, O = unknown> {
  readonly choices: C;
  /** What was drawn in the place of the data, at the addresses of the observations. */
  readonly observed: Observations<O>;
  readonly returnValue: R;
}

/**
 * Runs a program forward and draws its observations, too: data as the program would make them. With the choices of a posterior
 * draw given, this is a draw from the posterior predictive distribution. `predictive` does it many times.
 *
 * `observe` hands the program the value that it draws. What the program reads from its arguments directly stays as it is: the
 * data given there decide shapes, and nothing else if the program uses them in `observe` alone. Factors are passed over. A plate
 * with `subsample` predicts all of its rows. Observations inside `marginal` and `normalize`, which are conditioned on there, are
 * not drawn.
 *
 * NumPyro (Phan, Pradhan & Jankowiak, 2019): `Predictive`.
 *
 * @param given - values of choices, at any depth, or of observations; all others are drawn
 * @throws ElbowError "unknown-address", "value-shape"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observe, predict, run, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(tf.mul(mu, tf.onesLike(y)), 0.001), y);
 * });
 * const { observed } = run(0, predict(model(tf.zeros([3])), { mu: tf.scalar(7) }));
 * console.log(observed.y.dataSync().map(Math.round)); // => Float32Array(3) [ 7, 7, 7 ]
 * ```
 */
export const predict = asked("predict", function* predict<
  C,
  R,
  A extends readonly unknown[],
  O,
>(call: Call<C, R, A, O>, given: Constraints<NoInfer<C>> = {}): Effects<Predict, Predicted<C, R, O>> {
  checkCall("predict", call);
  checkChoices("predict", given);
  return yield { kind: "predict", call, given: given as Choices, source: captureSource() };
});

export function answerPredict({ call, given, source }: Predict, key: Tensor): Predicted<unknown, unknown> {
  const outcome = execute(call, { key, given, drawsObservations: true, path: [], source });
  const isObserved = (address: string) => at(outcome.logObserved, address) !== undefined;
  return {
    choices: filter(outcome.choices, (address) => !isObserved(address)),
    observed: filter(outcome.choices, isObserved),
    returnValue: outcome.result,
  };
}
