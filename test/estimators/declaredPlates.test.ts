// Plates that a program declares (batches, iid, independent, replicate) are those that the dependence analysis finds.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  categorical,
  type Distribution,
  dirichlet,
  flip,
  iid,
  independent,
  multivariateNormal,
  normal,
  objective,
  poisson,
  reinforce,
  replicate,
  sample,
} from "elbow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { range } from "../../src/util/shapes.js";

type Loose = Distribution<Tensor, never>;
type P = { th: Tensor };
const at = { th: tf.scalar(0.25) };

/** A distribution of a batch shape, whose parameters depend on θ. */
const families: Record<string, (theta: Tensor, batch: number[]) => Loose> = {
  normal: (theta, batch) => normal(tf.add(theta, tf.zeros(batch)), 1) as Loose,
  flip: (theta, batch) => flip(tf.sigmoid(tf.add(theta, tf.zeros(batch)))) as Loose,
  poisson: (theta, batch) => poisson(tf.exp(tf.add(theta, tf.zeros(batch)))) as Loose,
  categorical: (theta, batch) => categorical({ logits: tf.mul(theta, tf.ones([...batch, 3])) }) as Loose,
  dirichlet: (theta, batch) => dirichlet(tf.mul(tf.exp(theta), tf.ones([...batch, 3]))) as Loose,
  multivariateNormal: (theta, batch) =>
    multivariateNormal(tf.mul(theta, tf.ones([...batch, 2])), { scaleTril: tf.eye(2) }) as Loose,
};

const sizes = fc.integer({ min: 2, max: 4 });
const shapes = fc.array(sizes, { maxLength: 2 });
const plates = fc.record({
  family: fc.constantFrom(...Object.keys(families)),
  batch: shapes,
  repeats: shapes,
  joined: fc.boolean(),
});

/** The plates as somebody declares them: repetitions of batches, whose last axis may be declared a part of the event. */
function declared(
  theta: Tensor,
  plate: { family: string; batch: number[]; repeats: number[]; joined: boolean },
): Loose {
  const own = families[plate.family]!(theta, plate.batch);
  const joined = plate.joined && plate.batch.length > 0 ? (independent(own as never, 1) as Loose) : own;
  return plate.repeats.length > 0 ? iid(plate.repeats, joined) : joined;
}

/** Sum over the event of a cost that is not linear. */
const perElement = (value: Tensor, { event }: Loose): Tensor => {
  const cost = tf.square(tf.sin(value));
  return event.length === 0
    ? cost
    : tf.square(
        tf.sum(
          cost,
          range(event.length).map((i) => value.rank - event.length + i),
        ),
      );
};

describe("plates that are declared are found", () => {
  it("as batch axes, and no others", () => {
    fc.assert(
      fc.property(plates, (plate) => {
        let batch: readonly number[] = [];
        const L = objective(function* ({ th }: P) {
          const distribution = reinforce(declared(th, plate) as never) as Loose;
          batch = distribution.batch;
          return tf.sum(perElement(yield* sample("x", distribution), distribution));
        });
        const { sites, leaves } = prepare(L, at, []);
        expect(sites[0]!.isMixed).toEqual(batch.map(() => false));
        expect(leaves.map(({ sites: [site] }) => site!.axes)).toEqual([batch.map((_, axis) => axis)]);
        expect(leaves[0]!.shape).toEqual(batch);
      }),
      { numRuns: 60, seed: 20_264 },
    );
  });

  it("but for the axis that a cost brings together", () => {
    fc.assert(
      fc.property(plates, fc.nat(3), (plate, choice) => {
        let batch: readonly number[] = [];
        const L = objective(function* ({ th }: P) {
          const distribution = reinforce(declared(th, plate) as never) as Loose;
          batch = distribution.batch;
          const costs = perElement(yield* sample("x", distribution), distribution);
          if (batch.length === 0) return costs;
          return tf.sum(tf.square(tf.sum(costs, choice % batch.length)));
        });
        const { sites } = prepare(L, at, []);
        expect(sites[0]!.isMixed).toEqual(batch.map((_, axis) => axis === choice % batch.length));
      }),
      { numRuns: 60, seed: 20_265 },
    );
  });

  it("when a computation is replicated: its choices and those of its plates", () => {
    fc.assert(
      fc.property(plates, sizes, (plate, runs) => {
        let batch: readonly number[] = [];
        const L = objective(function* ({ th }: P) {
          const costs = yield* replicate(runs, function* () {
            const m = yield* sample("m", reinforce(normal(th, 1)));
            const distribution = reinforce(declared(tf.tanh(m), plate) as never) as Loose;
            batch = distribution.batch;
            return tf.sum(perElement(yield* sample("x", distribution), distribution));
          });
          return tf.mean(tf.square(costs as Tensor));
        });
        const { sites } = prepare(L, at, []);
        const mixed = Object.fromEntries(sites.map(({ address, isMixed }) => [address, isMixed]));
        expect(mixed).toEqual({ m: [false], x: [false, ...batch.map(() => true)] });
      }),
      { numRuns: 40, seed: 20_266 },
    );
  });
});
