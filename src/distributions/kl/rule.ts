import type { Tensor } from "@tensorflow/tfjs-core";

/** A distribution's parameters by their names in its family. */
export type Named = Readonly<Record<string, Tensor>>;

/** KL(p‖q) in nats from the parameters of both, of the batch shape or broadcastable to it. */
export type KlRule = (p: Named, q: Named) => Tensor;

/** Whether parameters, as far as they are known, are such that the closed form holds. */
export type Applies = (p: Named, q: Named) => boolean;

/** A closed form, and the names of the families of p and q that it is for. */
export type KlEntry = readonly [nameP: string, nameQ: string, rule: KlRule, applies?: Applies];

/** The closed form of a family with itself. */
export const within = (name: string, rule: (p: never, q: never) => Tensor, applies?: Applies): KlEntry =>
  applies ? [name, name, rule as KlRule, applies] : [name, name, rule as KlRule];
