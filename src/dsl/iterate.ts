import type { Tensor } from "@tensorflow/tfjs-core";
import { checkFunction } from "../util/expected.js";
import type { Tree } from "../util/tree.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { type Effects, type Looped, scan, type Tensors } from "./effects.js";
import { mapCall } from "./mapResult.js";

/** One step: a state ↦ a program that returns the next one. */
export type Transition<S, C = unknown> = (state: Tensors<S>, step: Tensor) => Call<C, Tensors<S>>;

/**
 * Applies a program to its own result, n times: a `scan` of the state alone. The choices stand stacked under the address.
 *
 * @returns the last state
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, iterate, normal, run, sample, simulate } from "elbow";
 * const step = gen(function* (x: tf.Tensor) {
 *   return yield* sample("x", normal(x, 1));
 * });
 * const walk = gen(function* () {
 *   return yield* iterate("walk", 10, (x: tf.Tensor) => step(x), tf.scalar(0));
 * });
 * console.log(run(0, simulate(walk())).returnValue.shape); // => []
 * ```
 */
export const iterate = asked("iterate", function* iterate<
  const A extends string,
  S extends Tree<Tensor>,
  C,
>(address: A, n: number, transition: Transition<S, C>, initial: S): Effects<Looped<A, C>, Tensors<S>> {
  checkFunction("iterate", "the transition", transition, "Write (state) => program(state).");
  const body = (state: Tensors<S>, step: Tensor) => mapCall(transition(state, step), (next) => ({ carry: next }));
  return (yield* scan(address, body, initial, n)).carry;
});

/**
 * Applies a program to its own result, n times, and keeps all results: s₁, …, s_n of a chain that starts from s₀.
 *
 * @returns the states after every step, stacked
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, run, sample, simulate, unfold } from "elbow";
 * const step = gen(function* (x: tf.Tensor) {
 *   return yield* sample("x", normal(x, 1));
 * });
 * const walk = gen(function* () {
 *   return yield* unfold("walk", 10, (x: tf.Tensor) => step(x), tf.scalar(0));
 * });
 * console.log(run(0, simulate(walk())).returnValue.shape); // => [ 10 ]
 * ```
 */
export const unfold = asked("unfold", function* unfold<
  const A extends string,
  S extends Tree<Tensor>,
  C,
>(address: A, n: number, transition: Transition<S, C>, initial: S): Effects<Looped<A, C>, Tensors<S>> {
  checkFunction("unfold", "the transition", transition, "Write (state) => program(state).");
  const body = (state: Tensors<S>, step: Tensor) =>
    mapCall(transition(state, step), (next) => ({ carry: next, output: next as Tree<Tensor> }));
  return (yield* scan(address, body, initial, n)).outputs as Tensors<S>;
});
