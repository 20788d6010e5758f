// Objectives in which coins and categories stand in every position: alone, in batches whose elements a cost keeps apart,
// mixes or does both, in chains, branches and loops, and beside choices of other strategies. Costs are smooth in the values.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  bernoulli,
  categorical,
  checkUnbiased,
  cond,
  type Distribution,
  enumerate,
  flip,
  gen,
  measureValued,
  normal,
  type Objective,
  objective,
  reinforce,
  reparam,
  sample,
  scan,
} from "elbow";
import { expect } from "vitest";

export type Coin = ReturnType<typeof flip>;
export type Category = ReturnType<typeof categorical>;
/** A strategy for either: both offer what the strategies under test need. */
export type On<D> = (d: D) => Distribution<Tensor, never>;
export type P = { a: Tensor };
export type Case = readonly [name: string, L: Objective<P, []>, at: P];

const vector = { a: tf.tensor1d([0.3, -0.8, 1.1]) };
const squareOfSum = (x: Tensor) => x.mul([1, 2, -1.5]).sum().sub(0.7).square();

export const coinCases = (on: On<Coin>): Case[] => [
  [
    "one coin by logits, with a parameter in the cost",
    objective(function* ({ a }: P) {
      const b = yield* sample("b", on(bernoulli({ logits: a })));
      return b.sub(0.45).square().mul(a.square().add(1));
    }),
    { a: tf.scalar(0.4) },
  ],
  [
    "one coin by probability",
    objective(function* ({ a }: P) {
      return (yield* sample("b", on(flip(a)))).sub(a).square().exp();
    }),
    { a: tf.scalar(0.3) },
  ],
  [
    "probabilities near 0 and 1",
    objective(function* ({ a }: P) {
      return (yield* sample("b", on(flip(a)))).mul([1, 2]).sum().sub(0.3).square();
    }),
    { a: tf.tensor1d([0.02, 0.99]) },
  ],
  [
    "coins with separate costs",
    objective(function* ({ a }: P) {
      const b = yield* sample("b", on(bernoulli({ logits: a })));
      return b.sub([0.45, 1.2, -0.3]).square().mul([1, 2, 3]).sum();
    }),
    vector,
  ],
  [
    "coins that a cost mixes",
    objective(function* ({ a }: P) {
      return squareOfSum(yield* sample("b", on(bernoulli({ logits: a }))));
    }),
    vector,
  ],
  [
    "coins in rows that a cost mixes, each with a cost of its own too",
    objective(function* ({ a }: P) {
      const logits = tf.stack([a, a.mul(-0.5)]);
      const b = yield* sample("b", on(bernoulli({ logits })));
      return b.mul([1, 2, -1.5]).sum(1).sub([0.7, -1]).square().sum().add(b.mul(a).exp().sum());
    }),
    vector,
  ],
  [
    "a chain of three coins",
    objective(function* ({ a }: P) {
      const [a0, a1, a2] = tf.unstack(a);
      const x = yield* sample("x", on(bernoulli({ logits: a0! })));
      const y = yield* sample("y", on(bernoulli({ logits: x.mul(2).sub(1).mul(a1!) })));
      const z = yield* sample("z", on(flip(tf.sigmoid(x.add(y).mul(a2!)))));
      return x.add(y.mul(2)).sub(z).sub(0.3).square();
    }),
    vector,
  ],
  [
    "a loop",
    objective(function* ({ a }: P) {
      const step = gen(function* (carry: Tensor, logits: Tensor) {
        const b = yield* sample("b", on(bernoulli({ logits: logits.add(carry.mul(0.5)) })));
        return { carry: carry.add(b), output: b.mul(carry) };
      });
      const { carry, outputs } = yield* scan("loop", step, tf.scalar(0), a);
      return carry.square().add(outputs.sum());
    }),
    vector,
  ],
  [
    "in a branch",
    objective(function* ({ a }: P) {
      const [a0, a1, a2] = tf.unstack(a);
      const side = yield* sample("side", enumerate(bernoulli({ logits: a0! })));
      const branch = gen(function* (logits: Tensor, scale: number) {
        return (yield* sample("b", on(bernoulli({ logits })))).mul(scale);
      });
      const x = yield* cond("branch", side.equal(1), branch(a1!, 2), branch(a2!, -1));
      return x.sub(0.4).add(side).square();
    }),
    vector,
  ],
  [
    "with choices of other strategies before and after",
    objective(function* ({ a }: P) {
      const [a0, a1, a2] = tf.unstack(a);
      const x = yield* sample("x", reparam(normal(a0!, 0.5)));
      const b = yield* sample("b", on(bernoulli({ logits: x.add(a1!) })));
      const r = yield* sample("r", reinforce(bernoulli({ logits: b.add(a2!) }), { copies: 2 }));
      const m = yield* sample("m", measureValued(flip(tf.sigmoid(b.sub(a1!)))));
      const e = yield* sample("e", enumerate(bernoulli({ logits: r.sub(b) })));
      return b.add(r.mul(2)).add(m).sub(e.mul(1.5)).add(x.mul(0.5)).square();
    }),
    vector,
  ],
];

const table = { a: tf.tensor2d([0.2, -0.7, 1, 0.4, 0.9, -0.3, 0.1, -1.2], [2, 4]) };
const ofIndex = (k: Tensor) => k.sub(1.3).square();

export const categoryCases = (on: On<Category>): Case[] => [
  [
    "one category by logits",
    objective(function* ({ a }: P) {
      return ofIndex(yield* sample("k", on(categorical({ logits: a })))).mul(a.sum());
    }),
    { a: tf.tensor1d([0.2, -0.7, 1, 0.4]) },
  ],
  [
    "one category by probabilities, one of them small",
    objective(function* ({ a }: P) {
      const p = tf.softmax(a);
      return ofIndex(yield* sample("k", on(categorical({ probs: p }))));
    }),
    { a: tf.tensor1d([0.2, -4, 1, 0.4]) },
  ],
  [
    "separate costs",
    objective(function* ({ a }: P) {
      return ofIndex(yield* sample("k", on(categorical({ logits: a }))))
        .mul([1, 3])
        .sum();
    }),
    table,
  ],
  [
    "a cost that mixes, and separate ones",
    objective(function* ({ a }: P) {
      const k = yield* sample("k", on(categorical({ logits: a })));
      return k.mul([1, -2]).sum().square().mul(0.1).add(ofIndex(k).sum());
    }),
    table,
  ],
  [
    "a chain",
    objective(function* ({ a }: P) {
      const [first, second] = tf.unstack(a);
      const j = yield* sample("j", on(categorical({ logits: first! })));
      const k = yield* sample("k", on(categorical({ logits: second!.mul(j) })));
      return k.sub(j).sub(0.4).square();
    }),
    table,
  ],
];

/** Value and gradient are unbiased in single precision, and every strategy under test was at work. */
export async function expectRight(L: Objective<P, []>, at: P, draws: number, seed = 1): Promise<void> {
  const { worst, truth } = await checkUnbiased(L, at, [], { draws, seed, engine: "wasm" });
  expect(truth.method).not.toBe("reference");
  expect(Math.abs(worst.z), `${worst.name}: ${worst.mean} ± ${worst.error}, exactly ${worst.truth}`).toBeLessThan(5);
}
