import type { Call } from "./call.js";
import type { Choices } from "./choices.js";
import type { Branched, Effects, Looped, Nested, Sample, Spliced } from "./effects.js";

/** A generative program: a function from arguments to something that can be simulated, assessed, generated, … */
export type GenerativeFunction<Args extends readonly unknown[], C, R> = (...args: Args) => Call<C, R>;

type Flat<T> = { [K in keyof T]: T[K] } & {};
type Merged<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;

/** What one effect contributes to the choices. */
type Contribution<E> =
  E extends Sample<infer A, infer T>
    ? { readonly [K in A]: T }
    : E extends Nested<infer A, infer C, unknown>
      ? { readonly [K in A]: C }
      : E extends Spliced<infer C, unknown>
        ? C
        : E extends Looped<infer A>
          ? { readonly [K in A]: Choices }
          : E extends Branched<infer A>
            ? { readonly [K in A]: Choices }
            : never;

/** Address → value type of a program, from the union of effects that TypeScript infers for its body. */
export type ChoicesOfEffects<E> = [Contribution<E>] extends [never]
  ? Record<never, never>
  : Flat<Merged<Contribution<E>>>;

/** Address → value type of a program. */
export type ChoicesOf<P> =
  P extends GenerativeFunction<infer _Args, infer C, unknown> ? C : P extends Call<infer C, unknown> ? C : never;

/**
 * Makes a generative program of a generator function. Its arguments may be anything; tensors among them may be traced.
 *
 * @example
 * ```ts
 * import { gen, normal, observe, sample } from "elbow";
 * export const model = gen(function* (y: number) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 *   return mu;
 * });
 * ```
 */
export function gen<Args extends readonly unknown[], E, R>(
  body: (...args: Args) => Effects<E, R>,
): GenerativeFunction<Args, ChoicesOfEffects<E>, R> {
  const name = body.name || "program";
  return (...args) => ({ name, start: () => body(...args) as Effects<unknown, unknown> });
}
