import type { Tensor } from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import type { Tree } from "../util/tree.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { type Branched, cond, type Effects } from "./effects.js";
import { gen } from "./gen.js";

const unmasked = gen(function* otherwise(value: unknown): Effects<never, unknown> {
  return value;
});

/**
 * Runs a program if a flag is true; otherwise it makes no choices, observes nothing, and its result is another one.
 *
 * @param flag - a boolean scalar
 * @param otherwise - the result where the flag is false: tensors of the structure and shapes of the program's result
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { flip, gen, mask, normal, run, sample, simulate } from "elbow";
 * const glyph = gen(function* () {
 *   return yield* sample("x", normal(0, 1));
 * });
 * const model = gen(function* () {
 *   const isThere = yield* sample("isThere", flip(0.5));
 *   return yield* mask("glyph", isThere, glyph(), tf.scalar(0));
 * });
 * console.log(run(0, simulate(model())).returnValue.shape); // => []
 * ```
 */
export function mask<const A extends string, C>(
  address: A,
  flag: TensorLike,
  program: Call<C, void>,
): Effects<Branched<A, C | Record<never, never>>, void>;
export function mask<const A extends string, R extends Tree<Tensor>, C>(
  address: A,
  flag: TensorLike,
  program: Call<C, R>,
  otherwise: NoInfer<R>,
): Effects<Branched<A, C | Record<never, never>>, R>;
export function mask(
  address: string,
  flag: TensorLike,
  program: Call,
  otherwise?: unknown,
): Effects<Branched<string>, unknown> {
  return masked(address, flag, program, otherwise);
}

type AnyCall = Call<unknown, Tree<Tensor>>;

const masked = asked("mask", function* (address: string, flag: TensorLike, program: Call, otherwise: unknown) {
  return yield* cond(address, flag, program as AnyCall, unmasked(otherwise) as AnyCall);
});
