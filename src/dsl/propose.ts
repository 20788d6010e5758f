import type { Tensor } from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";
import type { Effects } from "./effects.js";
import { execute } from "./execution.js";
import type { Propose } from "./verbEffects.js";

/** Choices as a proposal makes them. */
export interface Proposed<C, R> {
  readonly choices: C;
  /** log q(choices): of what was drawn alone, without observations and factors; a scalar. */
  readonly logDensity: Tensor;
  readonly returnValue: R;
}

/**
 * Runs a program forward as a proposal: its choices, and the log density with which they were drawn.
 *
 * @example
 * ```ts
 * import { assess, gen, normal, propose, run, sample } from "elbow";
 * const guide = gen(function* () {
 *   yield* sample("x", normal(0, 1));
 * });
 * const { choices, logDensity } = run(0, propose(guide()));
 * const assessed = run(0, assess(guide(), choices));
 * console.log(assessed.dataSync()[0] === logDensity.dataSync()[0]); // => true
 * ```
 */
export const propose = asked("propose", function* propose<C, R>(call: Call<C, R>): Effects<Propose, Proposed<C, R>> {
  checkCall("propose", call);
  return yield { kind: "propose", call, source: captureSource() };
});

export function answerPropose({ call, source }: Propose, key: Tensor): Proposed<unknown, unknown> {
  const { choices, logDrawn, result } = execute(call, { key, given: {}, path: [], source });
  return { choices, logDensity: logDrawn, returnValue: result };
}
