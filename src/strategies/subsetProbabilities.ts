import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { range } from "../util/shapes.js";

/** Pairs s ≤ s' of k elements; (s, s) stands for s alone. */
const pairsOf = (k: number): readonly (readonly [number, number])[] =>
  range(k).flatMap((s) => range(k - s).map((d) => [s, s + d] as const));

/**
 * Probabilities of sets drawn without replacement, for k values with probabilities p and the mass of all others: that the
 * first draws are this set in any order, and the same of the set without one or two of its values, drawn without them.
 *
 *     P(T) = Σ_{i ∈ T} P(T ∖ i)·p_i/(mass left after T ∖ i)
 *
 * over the subsets of the set, for all exclusions at once: 2ᵏ·(1 + k(k + 1)/2) numbers per element. The mass left is added
 * up from what is outside, so that nothing cancels.
 *
 * @param p - [...batch, k], positive
 * @param rest - [...batch], positive
 * @returns the set's own probability [...batch], and [...batch, k, k] those without s and s' (without s where s' = s)
 */
export function subsetProbabilities(p: Tensor, rest: Tensor): { all: Tensor; without: Tensor } {
  const batch = rest.shape;
  const k = p.shape.at(-1)!;
  const pairs = pairsOf(k);
  const excluded = [0, ...pairs.map(([s, other]) => (1 << s) | (1 << other))];
  const subsets = range(1 << k);
  const states = excluded.flatMap((out) => subsets.map((set) => ({ out, set })));
  const flags = (test: (state: { out: number; set: number }) => boolean): number[] =>
    states.map((state) => (test(state) ? 1 : 0));
  const row = (numbers: number[]): Tensor => tf.tensor1d(numbers);

  const each = tf.unstack(p, -1).map((own) => tf.expandDims(own, -1));
  // what is left after the set: everything outside of it that is not excluded
  const left = each.reduce(
    (total, own, i) => tf.add(total, tf.mul(own, row(flags(({ out, set }) => (((out | set) >> i) & 1) === 0)))),
    tf.expandDims(rest, -1),
  );
  const start = row(flags(({ set }) => set === 0));
  const steps = each.map((own, i) => ({
    own: tf.mul(own, row(flags(({ out, set }) => ((set >> i) & 1) === 1 && ((out >> i) & 1) === 0))),
    before: tf.tensor1d(
      states.map(({ set }, at) => (((set >> i) & 1) === 1 ? at - (1 << i) : at)),
      "int32",
    ),
  }));
  let probability = tf.add(tf.zerosLike(left), start);
  for (const _ of range(k)) {
    const share = tf.div(probability, left);
    probability = steps.reduce(
      (total, { own, before }) => tf.add(total, tf.mul(own, tf.gather(share, before, share.rank - 1))),
      tf.add(tf.zerosLike(left), start),
    );
  }
  // every exclusion's own full set
  const full = subsets.length - 1;
  const found = tf.gather(
    probability,
    tf.tensor1d(
      excluded.map((out, x) => x * subsets.length + (full & ~out)),
      "int32",
    ),
    probability.rank - 1,
  );
  const position = (s: number, other: number): number =>
    1 + pairs.findIndex(([a, b]) => a === Math.min(s, other) && b === Math.max(s, other));
  const square = range(k).flatMap((s) => range(k).map((other) => position(s, other)));
  const pick = (at: number[]): Tensor => tf.gather(found, tf.tensor1d(at, "int32"), found.rank - 1);
  return { all: tf.reshape(pick([0]), batch), without: tf.reshape(pick(square), [...batch, k, k]) };
}
