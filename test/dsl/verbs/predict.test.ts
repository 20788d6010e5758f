// Predictions: observations drawn as choices are, everywhere that observations may stand.
import * as tf from "@tensorflow/tfjs-core";
import {
  exactEnumeration,
  flip,
  gen,
  marginal,
  normal,
  observe,
  plate,
  predict,
  run,
  sample,
  splice,
  vectorize,
} from "elbow";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { addressesOf, at } from "../../../src/dsl/choices.js";
import { execute } from "../../../src/dsl/execution.js";
import { seedKey } from "../../../src/ops/random.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { modelOf, models, type Part, type Spec } from "./randomModels.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

/** The program that has a choice in the place of every observation. */
const drawn = (spec: Spec): Spec =>
  spec.map((part): Part => {
    if (part.kind === "observed") return { ...part, isDrawn: true };
    if (!("inner" in part)) return part;
    const inner = part.inner as Spec | readonly Spec[];
    const isList = Array.isArray(inner[0]);
    return { ...part, inner: isList ? (inner as Spec[]).map(drawn) : drawn(inner as Spec) } as Part;
  });

it("draws what a program with choices in the place of its observations draws", () => {
  fc.assert(
    fc.property(models, fc.integer({ min: 0, max: 1000 }), (spec, seed) => {
      tf.tidy(() => {
        const key = seedKey(seed);
        const call = modelOf(spec)(tf.scalar(0.3), 1);
        const predicted = execute(call, { key, given: {}, drawsObservations: true, path: [] });
        const twin = execute(modelOf(drawn(spec))(tf.scalar(0.3), 1), { key, given: {}, path: [] });
        expect(addressesOf(predicted.choices).toSorted()).toEqual(addressesOf(twin.choices).toSorted());
        for (const address of addressesOf(twin.choices)) {
          const [own, other] = [predicted, twin].map(({ choices }) => [
            ...(at(choices, address) as tf.Tensor).dataSync(),
          ]);
          expect(own, address).toEqual(other);
        }
        // negative control: a plain run draws none of the observations
        const plain = execute(call, { key, given: {}, path: [] });
        const text = JSON.stringify(spec);
        if (text.includes("observed") && !/cond|switch/.test(text))
          expect(addressesOf(plain.choices).length).toBeLessThan(addressesOf(twin.choices).length);
      });
    }),
    { numRuns: 25, seed: 1 },
  );
});

describe("predict", () => {
  const row = gen(function* (m: tf.Tensor, y: tf.Tensor) {
    const z = yield* sample("z", normal(m, 1));
    return yield* observe("y", normal(z, 0.001), y);
  });

  it("tells choices and observations apart, and hands the program what it draws", () => {
    const model = gen(function* (m: tf.Tensor, ys: tf.Tensor) {
      return yield* plate("rows", (y: tf.Tensor) => row(m, y), ys);
    });
    const { choices, observed, returnValue } = run(0, predict(model(tf.scalar(5), tf.zeros([3]))));
    expect([addressesOf(choices), addressesOf(observed)]).toEqual([["rows/z"], ["rows/y"]]);
    expect([...observed.rows.y.dataSync()]).toEqual([...returnValue.dataSync()]);
    for (const [i, z] of choices.rows.z.dataSync().entries()) expect(observed.rows.y.dataSync()[i]).toBeCloseTo(z, 1);
  });

  it("takes values for choices and for observations, by row too", () => {
    const rows = vectorize(row, { inAxes: [null, 0] });
    const given = { z: tf.tensor1d([1, 2, 3]) };
    const { observed } = run(0, predict(rows(tf.scalar(0), tf.zeros([3])), given as never));
    expect([...observed.y!.dataSync()].map(Math.round)).toEqual([1, 2, 3]);
    const both = run(0, predict(row(tf.scalar(0), tf.scalar(0)), { y: tf.scalar(9) } as never));
    expect(both.observed.y.dataSync()[0]).toBe(9);
  });

  it("predicts all rows of a plate of which some stand for all", () => {
    const likelihood = gen(function* (y: tf.Tensor) {
      yield* observe("y", normal(0, 1), y);
    });
    const model = gen(function* (ys: tf.Tensor) {
      yield* plate("rows", (y: tf.Tensor) => likelihood(y), ys, { subsample: 2 });
    });
    expect(run(0, predict(model(tf.zeros([5])))).observed.rows.y.shape).toEqual([5]);
  });

  it("draws what a marginal keeps", () => {
    const coin = gen(function* () {
      const b = yield* sample("b", flip(0.5));
      yield* sample("x", normal(tf.mul(b, 4), 1));
    });
    const model = gen(function* (y: tf.Tensor) {
      const { x } = yield* splice(marginal(coin(), { keep: "x", algorithm: exactEnumeration() }));
      yield* observe("y", normal(x, 1), y);
    });
    const { choices, observed } = run(0, predict(model(tf.scalar(0))));
    expect([addressesOf(choices), addressesOf(observed)]).toEqual([["x"], ["y"]]);
  });

  it("refuses addresses that the program does not have", () => {
    const predicting = () => run(0, predict(row(tf.scalar(0), tf.scalar(0)), { zz: tf.scalar(1) } as never));
    expect(predicting).toThrow(/address "zz" is not sampled by the program/);
  });
});
