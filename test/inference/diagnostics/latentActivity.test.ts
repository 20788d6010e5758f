// Units of latents in use and collapsed ones, against closed forms.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  ElbowError,
  fullRank,
  gen,
  iid,
  independent,
  latentActivity,
  multivariateNormal,
  normal,
  observe,
  sample,
} from "elbow";
import { describe, expect, it } from "vitest";

const rows = 40;
const x = tf.linspace(-3, 3, rows);
// z_n ~ N(0, I₂), x_n ~ N(w·z_n1, 1): the second unit is not used; the posterior is N(w x/(1 + w²), 1/(1 + w²)), N(0, 1)
const w = 2;
const model = gen(function* (x: Tensor) {
  const z = yield* sample("z", iid([rows, 2], normal(0, 1)));
  yield* observe("x", normal(z.slice([0, 0], [rows, 1]).reshape([rows]).mul(w), 1), x);
});
const variance = 1 / (1 + w * w);
/** The posterior, or with 1 the prior. */
const posteriorOf = (x: Tensor, collapsed: Tensor = tf.scalar(0)) => ({
  loc: tf.stack([x.mul(w * variance).mul(tf.sub(1, collapsed)), tf.zerosLike(x)], 1),
  scale: tf.stack([tf.add(collapsed, tf.mul(tf.sub(1, collapsed), Math.sqrt(variance))), tf.scalar(1)]),
});
const guide = gen(function* ({ collapsed }: { collapsed: Tensor }, x: Tensor) {
  const { loc, scale } = posteriorOf(x, collapsed);
  yield* sample("z", normal(loc, scale));
});
const xs = Array.from(x.dataSync());
const meanSquare = xs.reduce((sum, each) => sum + each * each, 0) / rows;
/** The mean over rows of ½(v + m² − 1 − log v). */
const divergence = 0.5 * (variance + (w * variance) ** 2 * meanSquare - 1 - Math.log(variance));
const activity = (w * variance) ** 2 * ((meanSquare * rows) / (rows - 1));

describe("an autoencoder's posterior", () => {
  it("divergence and activity have their closed forms; the unit that is not used is dead", async () => {
    const [used, unused] = await latentActivity(model, guide, { collapsed: tf.scalar(0) }, [x], { draws: 500 });
    expect(used!.name).toBe("z[0]");
    expect(Math.abs(used!.kl - divergence) / used!.standardError).toBeLessThan(5);
    expect(used!.standardError).toBeLessThan(0.05 * divergence);
    expect(Math.abs(used!.activity / activity - 1)).toBeLessThan(0.05);
    expect(used!.isActive).toBe(true);
    expect(unused!.kl).toBeCloseTo(0, 5);
    expect(unused!.activity).toBeLessThan(0.002);
    expect(unused!.isActive).toBe(false);
  });
  it("negative control: a collapsed guide has no active unit", async () => {
    const units = await latentActivity(model, guide, { collapsed: tf.scalar(1) }, [x], { draws: 200 });
    expect(units.map(({ isActive }) => isActive)).toEqual([false, false]);
    for (const { kl } of units) expect(Math.abs(kl)).toBeLessThan(1e-4);
  });
  it("units of events are told apart where the elements are independent", async () => {
    const vectors = gen(function* (x: Tensor) {
      const z = yield* sample("z", independent(iid([rows, 2], normal(0, 1))));
      yield* observe("x", normal(z.slice([0, 0], [rows, 1]).reshape([rows]).mul(w), 1), x);
    });
    const q = gen(function* (_q: object, x: Tensor) {
      const { loc, scale } = posteriorOf(x);
      yield* sample("z", independent(normal(loc, scale)));
    });
    const [used, unused] = await latentActivity(vectors, q, {}, [x], { draws: 500 });
    expect(Math.abs(used!.kl - divergence) / used!.standardError).toBeLessThan(5);
    expect(unused!.kl).toBeCloseTo(0, 5);
    // of a correlated event only the whole divergence is known
    const correlated = gen(function* (_q: object, x: Tensor) {
      const { loc, scale } = posteriorOf(x);
      yield* sample("z", multivariateNormal(loc, { scaleDiag: tf.mul(scale, tf.ones([rows, 2])) }));
    });
    const together = await latentActivity(vectors, correlated, {}, [x], { draws: 500 });
    for (const { kl, standardError } of together) expect(Math.abs(kl - divergence) / standardError).toBeLessThan(5);
    expect(together.map(({ isActive }) => isActive)).toEqual([true, false]);
  });
});

it("scalars are units; what is drawn together is refused", async () => {
  const one = gen(function* (y: Tensor) {
    const mu = yield* sample("mu", normal(0, 1));
    yield* sample("idle", normal(0, 1));
    yield* observe("y", normal(mu, 1), y);
  });
  const q = gen(function* (_q: object) {
    yield* sample("mu", normal(1, Math.SQRT1_2));
    yield* sample("idle", normal(0, 1));
  });
  const [mu, idle] = await latentActivity(one, q, {}, [tf.scalar(2)], { draws: 2000 });
  expect(Math.abs(mu!.kl - 0.5 * (0.5 + 1 - 1 + Math.LN2)) / mu!.standardError).toBeLessThan(5);
  expect([mu!.isActive, idle!.isActive, mu!.activity]).toEqual([true, false, Number.NaN]);
  const joint = fullRank(one, [tf.scalar(2)]);
  const refusal = latentActivity(one, joint.guide, joint.parameters, [tf.scalar(2)]);
  await expect(refusal).rejects.toThrow("density of its own");
  await expect(refusal).rejects.toBeInstanceOf(ElbowError);
  await expect(latentActivity(one, q, {}, [tf.scalar(2)], { latents: ["nu"] })).rejects.toThrow('"nu"');
  await expect(latentActivity(one, q, {}, [tf.scalar(2)], { draws: 1 })).rejects.toThrow("draws");
});
