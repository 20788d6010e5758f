import type { Tensor } from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";
import { type Choices, checkChoices, type Present } from "./choices.js";
import type { Effects } from "./effects.js";
import { execute } from "./execution.js";
import { type Trace, traceOf } from "./trace.js";
import type { Generate } from "./verbEffects.js";

/** A program run forward with some choices fixed. */
export interface Generated<C, R, A extends readonly unknown[] = readonly unknown[], O = unknown>
  extends Trace<C, R, A, O> {
  /** Importance weight: the log density of what was given, log p(constraints, observations | drawn choices). */
  readonly logWeight: Tensor;
}

/** Some of the choices, at any depth. */
export type Constraints<C> = {
  readonly [K in keyof C]?: Present<C[K]> extends Tensor ? Tensor : Constraints<Present<C[K]>>;
};

/**
 * Runs a program forward with some choices fixed, and weighs the run: E[exp(logWeight)] is the marginal density of what
 * was fixed and observed.
 *
 * @returns the trace, with its weight
 * @throws ElbowError "unknown-address" for a constraint that the program does not have
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, generate, normal, run, sample } from "elbow";
 * const model = gen(function* () {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* sample("x", normal(z, 1));
 * });
 * const { choices, logWeight } = run(0, generate(model(), { x: tf.scalar(2) }));
 * console.log(choices.x.dataSync()[0], logWeight.shape); // => 2 []
 * ```
 */
export const generate = asked("generate", function* generate<
  C,
  R,
  A extends readonly unknown[],
  O,
>(call: Call<C, R, A, O>, constraints: Constraints<C>): Effects<Generate, Generated<C, R, A, O>> {
  checkCall("generate", call);
  checkChoices("generate", constraints);
  return yield { kind: "generate", call, constraints: constraints as Choices, source: captureSource() };
});

export function answerGenerate({ call, constraints, source }: Generate, key: Tensor): Generated<unknown, unknown> {
  const outcome = execute(call, { key, given: constraints, path: [], source });
  return Object.freeze({ ...traceOf(call, outcome), logWeight: outcome.logGiven });
}
