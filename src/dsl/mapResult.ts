import { checkFunction } from "../util/expected.js";
import type { Call } from "./call.js";
import type { GenerativeFunction } from "./gen.js";

/**
 * The program with another result: what it returns, mapped. Choices and log density are the same.
 *
 * @param map - a pure function of the result
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, mapResult, normal, run, sample, simulate } from "elbow";
 * const z = gen(function* () {
 *   return yield* sample("z", normal(0, 1));
 * });
 * const { choices, returnValue } = run(0, simulate(mapResult(z, (x) => tf.exp(x))()));
 * console.log(Math.exp(choices.z.dataSync()[0]!).toFixed(4) === returnValue.dataSync()[0]!.toFixed(4)); // => true
 * ```
 */
export function mapResult<A extends readonly unknown[], C, R, S, O>(
  program: GenerativeFunction<A, C, R, O>,
  map: (result: R) => S,
): GenerativeFunction<A, C, S, O> {
  checkFunction(
    "mapResult",
    "the program",
    program,
    "Write mapResult(program, (x) => …): the program without its arguments.",
  );
  checkFunction("mapResult", "the second argument", map, "Write mapResult(program, (x) => …).");
  const mapped = (...args: A): Call<C, S, A, O> => ({ ...mapCall(program(...args), map), args, program: mapped });
  return mapped;
}

/** The same for a program that has its arguments. */
export function mapCall<C, R, S, O>(
  call: Call<C, R, readonly unknown[], O>,
  map: (result: R) => S,
): Call<C, S, never, O> {
  const { name, execute } = call;
  return {
    name,
    ...(execute && {
      execute: (...given: Parameters<typeof execute>) => {
        const outcome = execute(...given);
        return { ...outcome, result: map(outcome.result as R) };
      },
    }),
    *start() {
      return map((yield* call.start()) as R);
    },
  };
}
