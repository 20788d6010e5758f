import type { Tensor } from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";
import type { Effects } from "./effects.js";
import { execute } from "./execution.js";
import { type Trace, traceOf } from "./trace.js";
import type { Simulate } from "./verbEffects.js";

/**
 * Runs a program forward: draws every choice.
 *
 * @returns a trace: the choices, their log density (with observations and factors, if the program has any) and what the
 *   program returned
 * @example
 * ```ts
 * import { gen, normal, run, sample, simulate } from "elbow";
 * const model = gen(function* () {
 *   return yield* sample("x", normal(0, 1));
 * });
 * const { choices, logDensity } = run(3, simulate(model()));
 * console.log(logDensity.shape, choices.x.shape); // => [] []
 * ```
 */
export const simulate = asked("simulate", function* simulate<
  C,
  R,
  A extends readonly unknown[],
  O,
>(call: Call<C, R, A, O>): Effects<Simulate, Trace<C, R, A, O>> {
  checkCall("simulate", call);
  return yield { kind: "simulate", call, source: captureSource() };
});

/**
 * The same for a guide, whose log density must be that of its choices alone: what the shipped objectives draw with.
 *
 * @throws ElbowError "observe-in-guide" if it observes anything or has factors
 * @example
 * ```ts
 * import { gen, normal, run, sample, simulateGuide } from "elbow";
 * const guide = gen(function* () {
 *   yield* sample("x", normal(0, 1));
 * });
 * console.log(run(3, simulateGuide(guide())).logDensity.shape); // => []
 * ```
 */
export function* simulateGuide<C, R, A extends readonly unknown[], O>(
  call: Call<C, R, A, O>,
): Effects<Simulate, Trace<C, R, A, O>> {
  checkCall("simulateGuide", call);
  return yield { kind: "simulate", call, isGuide: true, source: captureSource() };
}

export const answerSimulate = ({ call, score, isGuide, source }: Simulate, key: Tensor): Trace =>
  traceOf(call, execute(call, { key, given: {}, path: [], score, isGuide, source }));
