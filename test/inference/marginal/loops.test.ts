// Exact sums over choices that stand in loops and branches.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess, categorical, cond, exactEnumeration, flip, gen, marginal, normal, run, sample, scan } from "elbow";
import { describe, expect, it } from "vitest";

describe("exact sums over choices in loops", () => {
  it("visit every step on its own", () => {
    const chain = gen(function* () {
      const step = gen(function* (total: Tensor, p: Tensor) {
        return {
          carry: tf.add(total, yield* sample("c", categorical({ probs: tf.stack([tf.sub(1, p), p]) }))) as Tensor,
        };
      });
      const { carry } = yield* scan("steps", step, tf.scalar(0), tf.tensor1d([0.2, 0.3, 0.4]));
      yield* sample("x", normal(carry, 1));
    });
    const x = marginal(chain(), { keep: "x", algorithm: exactEnumeration() });
    const phi = (m: number) => Math.exp(-0.5 * (1 - m) ** 2) / Math.sqrt(2 * Math.PI);
    let truth = 0;
    for (let code = 0; code < 8; code++) {
      const bits = [0, 1, 2].map((i) => (code >> i) & 1);
      const mass = bits.reduce((p, bit, i) => p * (bit ? [0.2, 0.3, 0.4][i]! : 1 - [0.2, 0.3, 0.4][i]!), 1);
      truth += mass * phi(bits.reduce((sum, bit) => sum + bit, 0));
    }
    expect(run(0, assess(x, { x: tf.scalar(1) })).dataSync()[0]).toBeCloseTo(Math.log(truth), 5);
  });
  it("refuse a branch, whose choices are not always made", () => {
    const coin = gen(function* () {
      return tf.mul(1, yield* sample("a", flip(0.3)));
    });
    const none = gen(function* () {
      return tf.mul(2, yield* sample("b", flip(0.5)));
    });
    const program = gen(function* () {
      const c = yield* sample("c", flip(0.25));
      yield* cond("inner", tf.equal(c, 1), coin(), none());
      yield* sample("x", normal(c, 1));
    });
    const x = marginal(program(), { keep: "x", algorithm: exactEnumeration() });
    expect(() => run(0, assess(x, { x: tf.scalar(1) }))).toThrow(/inner\/a.*branch/);
  });
});
