import type { Tensor } from "@tensorflow/tfjs-core";

/** A distribution's parameters by their names in its family. */
export type Named = Readonly<Record<string, Tensor>>;

/** KL(p‖q) in nats from the parameters of both, of the batch shape or broadcastable to it. */
export type KlRule = (p: Named, q: Named) => Tensor;

/** A closed form, and the names of the families of p and q that it is for. */
export type KlEntry = readonly [nameP: string, nameQ: string, rule: KlRule];

/** The closed form of a family with itself. */
export const within = (name: string, rule: (p: never, q: never) => Tensor): KlEntry => [name, name, rule as KlRule];
