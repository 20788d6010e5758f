import { checkFunction } from "../util/expected.js";
import type { Call } from "./call.js";
import type { GenerativeFunction } from "./gen.js";

/**
 * A program with its first arguments fixed.
 *
 * @example
 * ```ts
 * import { gen, normal, partial, run, sample, simulate } from "elbow";
 * const shifted = gen(function* (shift: number, scale: number) {
 *   return yield* sample("x", normal(shift, scale));
 * });
 * const around100 = partial(shifted, 100);
 * console.log(run(0, simulate(around100(0.001))).returnValue.dataSync()[0]!.toFixed(0)); // => 100
 * ```
 */
export function partial<F extends readonly unknown[], A extends readonly unknown[], C, R, O>(
  program: (...args: [...F, ...A]) => Call<C, R, readonly [...F, ...A], O>,
  ...first: F
): GenerativeFunction<A, C, R, O> {
  checkFunction("partial", "the program", program, "Write partial(program, first): the program without its arguments.");
  const applied = (...rest: A): Call<C, R, A, O> => ({ ...program(...first, ...rest), args: rest, program: applied });
  return applied;
}
