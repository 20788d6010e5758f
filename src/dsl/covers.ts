// The compiler's check that a guide fits a model. Each failure is a type whose name says what is wrong.
import type { Tensor } from "@tensorflow/tfjs-core";
import type { SupportOf } from "../distributions/distribution.js";
import type { Present } from "./choices.js";

/** How deep nested programs are compared; what is deeper is checked when the program is traced. */
type Levels = readonly 0[];
type DeepestLevel = readonly [0, 0, 0];

/** `unknown` if two random choices live on the same support. */
type SameSupport<M, G> = [SupportOf<M>] extends [SupportOf<G>]
  ? [SupportOf<G>] extends [SupportOf<M>]
    ? unknown
    : { model: SupportOf<M>; guide: SupportOf<G> }
  : { model: SupportOf<M>; guide: SupportOf<G> };

/** `unknown` if nested choices fit, as far as the compiler knows them. */
type NestedFit<M, G, Left extends Levels> = string extends keyof M | keyof G
  ? unknown
  : Left extends readonly [0, ...infer Below extends Levels]
    ? CoversTo<M, G, Below>
    : unknown;

/** `unknown` if what stands at an address in the guide fits what stands there in the model. */
type Fits<M, G, Left extends Levels> = [M] extends [Tensor]
  ? [G] extends [Tensor]
    ? SameSupport<M, G>
    : { model: SupportOf<M>; guide: "nested choices" }
  : [G] extends [Tensor]
    ? { model: "nested choices"; guide: SupportOf<G> }
    : NestedFit<M, G, Left>;

/** Whether what stands at an address fits, for those runs that have it. */
type FitsAt<M, G, K extends keyof M & keyof G, Left extends Levels> = Fits<Present<M[K]>, Present<G[K]>, Left>;

/** Addresses at which model and guide differ. */
type Mismatch<M, G, Left extends Levels> = {
  [K in keyof M & keyof G as unknown extends FitsAt<M, G, K, Left> ? never : K]: FitsAt<M, G, K, Left>;
};

/** Addresses that the model always has, and the guide in some of its branches only. */
type Sometimes<M, G> = {
  [K in keyof M & keyof G]: undefined extends G[K] ? (undefined extends M[K] ? never : K) : never;
}[keyof M & keyof G];

type CoversTo<M, G, Left extends Levels> = [Exclude<keyof M, keyof G>] extends [never]
  ? [Exclude<keyof G, keyof M>] extends [never]
    ? [Sometimes<M, G>] extends [never]
      ? [keyof Mismatch<M, G, Left>] extends [never]
        ? unknown
        : { "the supports of model and guide differ": Mismatch<M, G, Left> }
      : { "not every branch of the guide samples the model's address": Sometimes<M, G> }
    : { "the guide samples an address that the model does not have": Exclude<keyof G, keyof M> }
  : { "the guide does not sample the model's address": Exclude<keyof M, keyof G> };

/** `unknown` if the guide's choices G cover the model's choices M; otherwise a type that says why not. */
export type Covers<M, G> = CoversTo<M, G, DeepestLevel>;
