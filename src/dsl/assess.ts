import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";
import { type Choices, checkChoices, type Present } from "./choices.js";
import type { Effects } from "./effects.js";
import { execute } from "./execution.js";
import type { Assess } from "./verbEffects.js";

/** Values for all of the choices, whatever is known of their support. */
export type Values<C> = { readonly [K in keyof C]: Present<C[K]> extends Tensor ? Tensor : Values<Present<C[K]>> };

/**
 * The log density of given choices under a program, with its observations and factors; a scalar. Every choice must be
 * given, and none that the program does not have.
 *
 * @throws ElbowError "missing-choice", "unknown-address", "value-shape"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { assess, gen, normal, run, sample } from "elbow";
 * const model = gen(function* () {
 *   yield* sample("x", normal(0, 1));
 * });
 * console.log(run(0, assess(model(), { x: tf.scalar(0) })).dataSync()[0].toFixed(4)); // => -0.9189
 * ```
 */
export const assess = asked("assess", function* assess<C, R>(call: Call<C, R>, choices: Values<C>): Effects<
  Assess,
  Tensor
> {
  checkCall("assess", call);
  checkChoices("assess", choices);
  return yield { kind: "assess", call, choices: choices as Choices, source: captureSource() };
});

export function answerAssess({ call, choices: given, score, source }: Assess, key: Tensor): Tensor {
  const { logDrawn, logGiven } = execute(call, { key: undefined, auxiliary: key, given, path: [], score, source });
  return tf.add(logDrawn, logGiven);
}
