import * as tf from "@tensorflow/tfjs-core";
import { call, flip, gen, iid, normal, observe, posterior, sample, toArvizJson, toNetcdf } from "elbow";
import h5wasm, { type Dataset, type Group } from "h5wasm";
import { describe, expect, expectTypeOf, test } from "vitest";

// μ ~ N(0, 1), y_i ~ N(μ, 1): the posterior of two observations is N(Σy/3, 1/3)
const inner = gen(function* () {
  return yield* sample("b", flip(0.5));
});
const model = gen(function* (y: tf.Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* sample("eta", iid(3, normal(0, 1)));
  yield* call("inner", inner());
  yield* observe("y", normal(tf.mul(mu, tf.ones([2])), 1), y);
});
const innerGuide = gen(function* () {
  yield* sample("b", flip(0.5));
});
const guide = gen(function* (q: { loc: tf.Tensor; scale: tf.Tensor }) {
  yield* sample("mu", normal(q.loc, q.scale));
  yield* sample("eta", iid(3, normal(0, 1)));
  yield* call("inner", innerGuide());
});
const data: [tf.Tensor] = [tf.tensor1d([1, 2])];
const exact = { parameters: { loc: tf.scalar(1), scale: tf.scalar(Math.sqrt(1 / 3)) } };
/** Off, but wide enough to be corrected. */
const off = { parameters: { loc: tf.scalar(0.6), scale: tf.scalar(0.9) } };

const momentsOf = (draws: tf.Tensor): [number, number] => {
  const { mean, variance } = tf.moments(draws);
  return [mean.dataSync()[0]!, variance.dataSync()[0]!];
};
/** Standard errors that a mean is off. */
const z = (draws: tf.Tensor, truth: number): number => {
  const [mean, variance] = momentsOf(draws);
  return (mean - truth) / Math.sqrt(variance / draws.size);
};

describe("draws", () => {
  test("are typed by the model's addresses, and the same for the same seed", async () => {
    const found = posterior(model, guide, exact, { data });
    const draws = await found.draws(50);
    expectTypeOf(draws.mu).toExtend<tf.Tensor>();
    expectTypeOf(draws.inner.b).toExtend<tf.Tensor>();
    // @ts-expect-error the model has no such address
    expect(draws.nu).toBeUndefined();
    expect([draws.mu.shape, draws.eta.shape, draws.inner.b.shape]).toEqual([[50], [50, 3], [50]]);
    const values = [...draws.mu.dataSync()];
    expect([...(await found.draws(50)).mu.dataSync()]).toEqual(values);
    expect([...(await found.draws(50, { seed: 1 })).mu.dataSync()]).not.toEqual(values);
  });

  test("are the guide's, or the posterior's by importance", async () => {
    const found = posterior(model, guide, off, { data });
    const plain = await found.draws(20_000);
    expect(Math.abs(z(plain.mu, 0.6))).toBeLessThan(5);
    expect(Math.abs(z(plain.mu, 1))).toBeGreaterThan(5);
    const corrected = await found.draws(20_000, { from: "importance" });
    // resampled draws are worth as many independent ones as the weighed ones
    const { effectiveSampleSize } = await found.summary({ draws: 20_000 });
    expect(Math.abs(z(corrected.mu, 1)) * Math.sqrt(effectiveSampleSize / 20_000)).toBeLessThan(5);
    expect(momentsOf(corrected.mu)[1]).toBeCloseTo(1 / 3, 1);
  });

  test("a guide that does not cover the model does not compile", () => {
    const partial = gen(function* (q: { loc: tf.Tensor }) {
      yield* sample("mu", normal(q.loc, 1));
    });
    // @ts-expect-error eta and inner are missing
    posterior(model, partial, { parameters: { loc: tf.scalar(0) } }, { data });
    // @ts-expect-error the model needs data
    posterior(model, guide, exact, {});
  });
});

describe("summary", () => {
  test("of the exact guide has no noise in its weights", async () => {
    const found = posterior(model, guide, exact, { data, truth: { mu: 1 } });
    const { rows, khat, band, logEvidence, effectiveSampleSize, from } = await found.summary();
    expect({ khat, band, from }).toEqual({ khat: 0, band: "good", from: "importance" });
    // log N((1, 2); 0, I + 11ᵀ)
    const exactEvidence = -0.5 * (5 - 9 / 3) - 0.5 * Math.log(3) - Math.log(2 * Math.PI);
    expect(logEvidence).toBeCloseTo(exactEvidence, 4);
    expect(effectiveSampleSize).toBeGreaterThan(3999);
    expect(rows.map(({ name }) => name)).toEqual(["mu", "eta[0]", "eta[1]", "eta[2]", "inner/b"]);
    expect(rows[0]!.truth).toBe(1);
    expect(Math.abs(rows[0]!.mean - 1)).toBeLessThan(5 * Math.sqrt(1 / 3 / 4000));
  });

  test("says what an inexact guide is worth, weighed or not", async () => {
    const found = posterior(model, guide, off, { data });
    const weighed = await found.summary();
    const plain = await found.summary({ from: "guide" });
    expect(Math.abs(weighed.rows[0]!.mean - 1)).toBeLessThan(0.1);
    expect(Math.abs(plain.rows[0]!.mean - 0.6)).toBeLessThan(0.1);
    expect(weighed.khat).toBe(plain.khat);
    expect(weighed.effectiveSampleSize).toBeLessThan(3900);
  });
});

test("predictions have the moments of the predictive distribution, those of the prior too", async () => {
  const found = posterior(model, guide, exact, { data });
  const { y } = await found.predict(20_000);
  expect(y.shape).toEqual([20_000, 2]);
  expect(momentsOf(y)[0]).toBeCloseTo(1, 1);
  expect(momentsOf(y)[1]).toBeCloseTo(1 + 1 / 3, 1);
  const prior = await found.prior(20_000);
  expect(momentsOf(prior.observed.y)[1]).toBeCloseTo(2, 0.8);
  expect(momentsOf(prior.choices.mu)[1]).toBeCloseTo(1, 1);
});

describe("for ArviZ", () => {
  const made = posterior(model, guide, exact, { data }).inferenceData({
    draws: 6,
    chains: 2,
    dims: { eta: ["school"] },
    coords: { school: ["north", "mid", "s\u00fcd"] },
  });

  test("every group has its variables, with a name for every axis", async () => {
    const { groups, coords, attrs } = await made;
    expect(Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, Object.keys(group)]))).toEqual({
      posterior: ["mu", "eta", "inner.b"],
      posterior_predictive: ["y"],
      log_likelihood: ["y"],
      sample_stats: ["lp", "log_weight"],
      prior: ["mu", "eta", "inner.b"],
      prior_predictive: ["y"],
      observed_data: ["y"],
    });
    expect(groups.posterior!.eta).toMatchObject({ dims: ["chain", "draw", "school"], shape: [2, 3, 3] });
    expect(groups.observed_data!.y).toMatchObject({ dims: ["y_dim_0"], shape: [2], values: Float32Array.of(1, 2) });
    expect(coords.school).toEqual(["north", "mid", "süd"]);
    expect(coords.draw).toEqual([0, 1, 2]);
    expect(attrs.inference_library).toBe("elbow");
  });

  test("log likelihoods and log joints are those of the draws", async () => {
    const { groups } = await made;
    const { mu, eta } = groups.posterior!;
    const logNormal = (x: number, loc: number) => -0.5 * (x - loc) ** 2 - 0.5 * Math.log(2 * Math.PI);
    mu!.values.forEach((each, i) => {
      const own = [1, 2].map((y) => logNormal(y, each));
      own.forEach((value, j) => {
        expect(groups.log_likelihood!.y!.values[2 * i + j]).toBeCloseTo(value, 4);
      });
      const etas = [0, 1, 2].reduce((sum, j) => sum + logNormal(eta!.values[3 * i + j]!, 0), 0);
      const lp = own[0]! + own[1]! + logNormal(each, 0) + etas - Math.log(2);
      expect(groups.sample_stats!.lp!.values[i]).toBeCloseTo(lp, 4);
    });
  });

  test("as JSON it is the arguments of from_dict", async () => {
    const of = await made;
    const file = JSON.parse(toArvizJson(of));
    expect(file.posterior.mu).toHaveLength(2);
    expect(file.posterior.eta[1][2]).toEqual([...of.groups.posterior!.eta!.values.slice(15)]);
    expect(file.observed_data.y).toEqual([1, 2]);
    expect(file.dims.eta).toEqual(["school"]);
    expect(file.coords).toMatchObject({ school: ["north", "mid", "süd"], y_dim_0: [0, 1] });
    const odd = { ...of.groups.observed_data!.y!, values: Float32Array.of(Number.NaN, -0) };
    expect(toArvizJson({ ...of, groups: { observed_data: { y: odd } } })).toContain('{"y":[NaN,-0.0]}');
  });

  test("as NetCDF every axis is a dimension with a coordinate", async () => {
    const of = await made;
    const bytes = await toNetcdf(of);
    const { FS } = await h5wasm.ready;
    FS.writeFile("/read.nc", bytes);
    const file = new h5wasm.File("/read.nc", "r");
    try {
      expect(file.keys().toSorted()).toEqual(Object.keys(of.groups).toSorted());
      const group = file.get("posterior") as Group;
      const eta = group.get("eta") as Dataset;
      expect(eta.shape).toEqual([2, 3, 3]);
      expect(eta.value).toEqual(of.groups.posterior!.eta!.values);
      expect([0, 1, 2].flatMap((axis) => eta.get_attached_scales(axis))).toEqual([
        "/posterior/chain",
        "/posterior/draw",
        "/posterior/school",
      ]);
      expect((group.get("school") as Dataset).value).toEqual(["north", "mid", "süd"]);
      expect((group.get("draw") as Dataset).value).toEqual(BigInt64Array.of(0n, 1n, 2n));
      expect(group.attrs.inference_library!.value).toBe("elbow");
      expect((file.get("observed_data/y") as Dataset).get_attached_scales(0)).toEqual(["/observed_data/y_dim_0"]);
    } finally {
      file.close();
      FS.unlink("/read.nc");
    }
  });

  test("chains must be of one length, dims must fit", async () => {
    const found = posterior(model, guide, exact, { data });
    await expect(found.inferenceData({ draws: 5, chains: 2 })).rejects.toThrow(/chains of equal length/);
    await expect(found.inferenceData({ draws: 2, dims: { eta: ["a", "b"] } })).rejects.toThrow(/"eta" must name each/);
  });

  test("resampled draws have no weights, and groups may be left out", async () => {
    const { groups } = await posterior(model, guide, off, { data }).inferenceData({
      draws: 200,
      from: "importance",
      groups: ["posterior", "sample_stats"],
    });
    expect(Object.keys(groups)).toEqual(["posterior", "sample_stats"]);
    expect(Object.keys(groups.sample_stats!)).toEqual(["lp"]);
    // draws of large weights stand there several times
    expect(new Set(groups.posterior!.mu!.values).size).toBeLessThan(200);
  });
});

test("nothing is left on the engine", async () => {
  const found = posterior(model, guide, exact, { data });
  const run = async () => {
    const { mu, eta, inner } = await found.draws(5, { from: "importance" });
    tf.dispose([mu, eta, inner.b]);
    const { y } = await found.predict(5);
    y.dispose();
    await found.summary({ draws: 30 });
    await found.inferenceData({ draws: 5 });
  };
  await run();
  const before = tf.memory().numTensors;
  await run();
  expect(tf.memory().numTensors).toBe(before);
});
