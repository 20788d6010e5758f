import type { Tensor } from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";
import type { Effects } from "./effects.js";
import { execute } from "./execution.js";
import type { Outcome } from "./meaning.js";
import type { Interpret, InterpretOptions } from "./verbEffects.js";

/**
 * Runs a program with given values, values in the place of draws, and a rule for which choices count as given: what
 * inference algorithms are made of. The log densities of choices that count as given are summed up in `logGiven` with those
 * of observations, all others in `logDrawn`.
 *
 * @example
 * ```ts
 * import { gen, interpret, normal, run, sample } from "elbow";
 * const model = gen(function* () {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* sample("x", normal(z, 1));
 * });
 * // both are drawn, and log p(x | z) is told apart from log p(z)
 * const { logGiven } = run(0, interpret(model(), { countsAsGiven: (address) => address === "x" }));
 * console.log(logGiven.shape); // => []
 * ```
 */
export const interpret = asked("interpret", function* interpret<
  C,
  R,
>(call: Call<C, R>, options: InterpretOptions = {}): Effects<
  Interpret,
  Omit<Outcome, "choices" | "result"> & { readonly choices: C; readonly result: R }
> {
  checkCall("interpret", call);
  checkOptionNames("interpret", options, ["given", "choose", "countsAsGiven"], "required");
  return yield { kind: "interpret", call, options, source: captureSource() };
});

export const answerInterpret = ({ call, options, source }: Interpret, key: Tensor): Outcome =>
  execute(call, { given: {}, ...options, key, path: [], source });
