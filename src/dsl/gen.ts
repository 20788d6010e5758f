import { checkFunction } from "../util/expected.js";
import type { BranchChoices } from "./branchChoices.js";
import type { Call } from "./call.js";
import type { Choices } from "./choices.js";
import type { Branched, Effects, Factor, Looped, Nested, Observe, Sample, Spliced } from "./effects.js";

/** A generative program: a function from arguments to something that can be simulated, assessed, generated, … */
export type GenerativeFunction<Args extends readonly unknown[], C, R, O = unknown> = (
  ...args: Args
) => Call<C, R, Args, O>;

type Flat<T> = { [K in keyof T]: T[K] } & {};
type Merged<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;

/** What one effect contributes to the choices. */
type Contribution<E> =
  E extends Sample<infer A, infer T>
    ? { readonly [K in A]: T }
    : E extends Nested<infer A, infer C, unknown, unknown>
      ? NestedContribution<A, C>
      : E extends Spliced<infer C, unknown, unknown>
        ? C
        : E extends Looped<infer A, infer C>
          ? unknown extends C
            ? { readonly [K in A]: Choices }
            : NestedContribution<A, C>
          : E extends Branched<infer A, infer C>
            ? NestedContribution<A, BranchChoices<C>>
            : never;

/** A program without choices of its own contributes none: a guide need not have it. */
type NestedContribution<A extends string, C> = unknown extends C
  ? { readonly [K in A]: C }
  : [keyof C] extends [never]
    ? never
    : { readonly [K in A]: C };

/** Address → value type of a program, from the union of effects that TypeScript infers for its body. */
export type ChoicesOfEffects<E> = [Contribution<E>] extends [never]
  ? Record<never, never>
  : Flat<Merged<Contribution<E>>>;

/** Addresses of the observations and factors of a program, nested ones joined by "/", from its effects. */
export type ObservedOfEffects<E> =
  E extends Observe<infer A>
    ? A
    : E extends Factor<infer A>
      ? A
      : E extends Nested<infer A, unknown, unknown, infer O>
        ? O extends string
          ? `${A}/${O}`
          : never
        : E extends Spliced<unknown, unknown, infer O>
          ? Extract<O, string>
          : E extends Looped<infer A> | Branched<infer A>
            ? `${A}/${string}`
            : never;

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
): GenerativeFunction<Args, ChoicesOfEffects<E>, R, ObservedOfEffects<E>> {
  checkFunction("gen", "the program", body, "Write gen(function* (…) { … }).");
  const name = body.name || "program";
  const program = (...args: Args): Call<ChoicesOfEffects<E>, R, Args, ObservedOfEffects<E>> => ({
    name,
    program,
    args,
    start: () => body(...args) as Effects<unknown, unknown>,
  });
  return program;
}
