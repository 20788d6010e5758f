// The compiler's check that a guide fits a model. Each failure is a type whose name says what is wrong.
import type { SupportOf } from "../distributions/distribution.js";

/** Addresses at which the supports of model and guide differ. */
type Mismatch<M, G> = {
  [K in keyof M & keyof G as [SupportOf<M[K]>] extends [SupportOf<G[K]>]
    ? [SupportOf<G[K]>] extends [SupportOf<M[K]>]
      ? never
      : K
    : K]: { model: SupportOf<M[K]>; guide: SupportOf<G[K]> };
};

/** `unknown` if the guide's choices G cover the model's choices M; otherwise a type that says why not. */
export type Covers<M, G> = [Exclude<keyof M, keyof G>] extends [never]
  ? [Exclude<keyof G, keyof M>] extends [never]
    ? [keyof Mismatch<M, G>] extends [never]
      ? unknown
      : { "the supports of model and guide differ": Mismatch<M, G> }
    : { "the guide samples an address that the model does not have": Exclude<keyof G, keyof M> }
  : { "the guide does not sample the model's address": Exclude<keyof M, keyof G> };
