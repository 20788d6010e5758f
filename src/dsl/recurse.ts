import { checkFunction } from "../util/expected.js";
import { checkCount } from "../util/options.js";
import type { Choices } from "./choices.js";
import type { GenerativeFunction } from "./gen.js";

/**
 * A program that calls itself, to a bounded depth: programs are of a fixed size, so a recursion is written out. `step` gets the
 * program of one level below; at the bottom stands `last`.
 *
 * @param depth - how often `step` is applied
 * @param step - the program for what it calls in its own place, usually in a branch of `cond`
 * @param last - what stands in the place of the call that would be one too deep: it makes up for what is cut off, or refuses it
 *   with `factor("tooDeep", -Infinity)`
 * @throws ElbowError "option" unless the depth is an integer of at least 0
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { cond, flip, gen, recurse, run, sample, simulate } from "elbow";
 * const stop = gen(function* (count: tf.Tensor) {
 *   return count;
 * });
 * // how often a coin shows heads before it shows tails, 5 at most
 * const heads = recurse(5, (self) => gen(function* (count: tf.Tensor) {
 *   const isHeads = yield* sample("isHeads", flip(0.5));
 *   return yield* cond("rest", isHeads, self(count.add(1)), stop(count));
 * }), stop);
 * console.log(run(3, simulate(heads(tf.scalar(0)))).returnValue.dataSync()[0]! <= 5); // => true
 * ```
 */
export function recurse<A extends readonly unknown[], R>(
  depth: number,
  step: (self: GenerativeFunction<A, Choices, R>) => GenerativeFunction<A, unknown, R>,
  last: GenerativeFunction<A, unknown, R>,
): GenerativeFunction<A, Choices, R> {
  checkCount("recurse", "depth", depth, 0);
  const hint = "Write recurse(depth, (self) => gen(function* (…) { … }), last).";
  checkFunction("recurse", "the step", step, hint);
  checkFunction("recurse", "the last program", last, hint);
  let program = last as GenerativeFunction<A, Choices, R>;
  for (let level = 0; level < depth; level++) {
    program = step(program) as GenerativeFunction<A, Choices, R>;
    checkFunction("recurse", "what the step returns", program, hint);
  }
  return program;
}
