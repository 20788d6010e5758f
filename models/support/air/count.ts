// How many objects: the prior, and the ways to estimate the gradient of the guide's choice.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { categorical, enumerate, flip, learned, measureValued, reinforce, sample } from "elbow";

/** The chance of a slot after the one before. */
const slotChances = [0.05, 0.05 ** 2.3, 0.05 ** 5];
const sticks = (chances: readonly number[]): number[] => {
  let rest = 1;
  const ends = chances.map((chance) => {
    const end = rest * (1 - chance);
    rest *= chance;
    return end;
  });
  return [...ends, rest];
};
export const countPrior = () => categorical({ probs: tf.tensor1d(sticks(slotChances)) });

/** What the guide knows of the number of objects. */
export interface Knowledge {
  /** Probabilities of 0, 1, … objects: [batch, slots + 1]. */
  readonly probs: Tensor;
  /** Probability of a presence in every slot, those before it filled: [batch] each. */
  readonly presences: readonly Tensor[];
  /** What a baseline of the canvas predicts, [batch], if the network has one. */
  readonly prediction: Tensor | undefined;
}
type Draw = (known: Knowledge) => ReturnType<typeof sample<string, Tensor>>;

/** One categorical choice per canvas. */
const categoricalBy =
  (strategy: (count: ReturnType<typeof categorical>, known: Knowledge) => Parameters<typeof sample>[1]): Draw =>
  (known) =>
    sample("count", strategy(categorical({ probs: known.probs }), known));

/** How the gradient of the number of objects is estimated. */
export const estimators = {
  enumerate: categoricalBy((count) => enumerate(count)),
  measureValued: categoricalBy((count) => measureValued(count)),
  // genjax.vi's: a coin per slot, measure-valued derivatives for all but the last, which is summed out
  *hybrid({ presences }) {
    const coins: Tensor[] = [];
    for (const [t, chance] of presences.entries()) {
      const coin = flip(chance);
      coins.push(yield* sample(`present${t}`, t < presences.length - 1 ? measureValued(coin) : enumerate(coin)));
    }
    // a slot counts if those before it are filled: z₀(1 + z₁(1 + z₂))
    return coins.reduceRight((after, coin) => coin.mul(after.add(1)), tf.scalar(0));
  },
  reinforce: categoricalBy((count) => reinforce(count)),
  decayingMean: categoricalBy((count) => reinforce(count, { baseline: { decay: 0.99 } })),
  leaveOneOut: categoricalBy((count) => reinforce(count, { copies: 4 })),
  learned: categoricalBy((count, { prediction }) => {
    if (!prediction) throw new Error("a learned baseline needs a network: makeNetwork(…, { hasBaseline: true })");
    return reinforce(count, { baseline: learned(prediction, { decay: 0.99 }) });
  }),
} satisfies Record<string, Draw>;
export type Estimator = keyof typeof estimators;
