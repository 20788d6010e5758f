import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { gen, iid, normal, run, sample, simulate } from "elbow";
import { expect, test } from "vitest";
import { flatten } from "../bench/harness/handWrittenRunner.js";
import { multiplyTransposed, transposeInto } from "../bench/harness/matrices.js";
import { normals, randomSource } from "../bench/harness/random.js";
import type { Report } from "../bench/harness/report.js";
import type { HandWritten, Variant } from "../bench/harness/workload.js";
import { coin } from "../bench/workloads/coin.js";
import { eightSchools } from "../bench/workloads/eightSchools.js";
import { logisticVariant } from "../bench/workloads/logisticRegression.js";
import * as mixture from "../bench/workloads/mixture.js";
import { vaeVariant } from "../bench/workloads/vae.js";
import { mapLeaves } from "../src/util/tree.js";

const seed = 5;
const none = new Float64Array(0);

/** Parameters away from where derivatives vanish. */
const disturbed = (of: Variant): Variant => {
  let next = 70;
  const parameters = mapLeaves<Tensor, Tensor>(of.parameters, (leaf) =>
    tf.add(leaf, tf.tensor(normals(next++, leaf.size, 0.3), [...leaf.shape])),
  );
  return { ...of, parameters };
};

/** Loss and gradient of Elbow's own estimate, in double precision. */
async function elbowGradient(of: Variant): Promise<{ loss: number; gradient: Float64Array }> {
  const at = { seed, engine: "reference" };
  const { value, gradient } = await of.objective().valueAndGradEstimate(at, of.parameters as object, ...of.data);
  const parameters = mapLeaves<Tensor, Tensor>(gradient as Variant["parameters"], (each) => each.div(-of.scale));
  return { loss: -value.dataSync()[0]! / of.scale, gradient: flatten({ parameters }) };
}

/** The noise behind the choices of the first simulated program: an address's key does not depend on its distribution. */
const noiseOf = (shapes: Readonly<Record<string, readonly number[]>>): Float64Array => {
  const standard = gen(function* () {
    for (const [address, shape] of Object.entries(shapes)) yield* sample(address, iid(shape, normal(0, 1)));
  });
  const { choices } = run(seed, simulate(standard()));
  return Float64Array.from(Object.keys(shapes).flatMap((address) => [...(choices[address] as Tensor).dataSync()]));
};

/** The largest deviation must vanish beside the largest derivative: draws are rounded to float32. */
async function expectSameGradient(of: Variant, noise: Float64Array, handWritten: HandWritten = of.handWritten()) {
  const expected = await elbowGradient(of);
  const gradient = new Float64Array(expected.gradient.length).fill(Number.NaN);
  const loss = handWritten.gradient(flatten(of), noise, gradient, none);
  const size = Math.max(...expected.gradient.map(Math.abs));
  const deviation = Math.max(...gradient.map((each, i) => Math.abs(each - expected.gradient[i]!)));
  expect(noise.length).toBe(handWritten.noise);
  expect(loss).toBeCloseTo(expected.loss, 3);
  expect(size).toBeGreaterThan(0.1);
  expect(deviation / size).toBeLessThan(1e-5);
}

test("W1: hand-written gradient", () => expectSameGradient(disturbed(coin.variants[0]!), noiseOf({ p: [] })));

test("W2: hand-written gradient", () =>
  expectSameGradient(disturbed(eightSchools.variants[0]!), noiseOf({ mu: [], tau: [], eta: [8] })));

test("W3: hand-written gradient", () =>
  expectSameGradient(disturbed(logisticVariant(13, 5, 1)), noiseOf({ intercept: [], weights: [5] })));

test("W4: hand-written gradient", () =>
  expectSameGradient(
    disturbed(vaeVariant("B=5", 5, 1, 1, { pixels: 11, hidden: 7, latent: 3 })),
    noiseOf({ z: [5, 3] }),
  ));

test("W5: hand-written gradient, the same as that of enumerated assignments", () =>
  expectSameGradient(disturbed(mixture.enumeratedVariant(20)), noiseOf({ shares: [8], means: [8, 2] })));

test("W5s: hand-written gradient for the same assignments", () => {
  const of = disturbed(mixture.scoreVariant(20));
  const guide = mixture.scoreGuide(of.parameters as unknown as Parameters<typeof mixture.scoreGuide>[0]);
  const z = run(seed, simulate(guide)).choices.z.dataSync();
  expect(new Set(z).size).toBeGreaterThan(2);
  const handWritten = mixture.handWrittenScore(mixture.makeData(20), (row) => z[row]!);
  return expectSameGradient(of, noiseOf({ shares: [8], means: [8, 2] }), handWritten);
});

test("W6: hand-written gradient", () => {
  const [particles, batch, latent] = [4, 3, 2];
  const of = disturbed(vaeVariant("K=4", batch, particles, 1, { pixels: 9, hidden: 6, latent }));
  const noise = run(seed, sample("z", iid([particles, batch, latent], normal(0, 1))));
  return expectSameGradient(of, Float64Array.from(tf.transpose(noise, [1, 0, 2]).dataSync()));
});

test("particles of a hand-written gradient are averaged", () => {
  const [one, many] = eightSchools.variants.map((each) => each.handWritten());
  const parameters = flatten(disturbed(eightSchools.variants[0]!));
  const noise = Float64Array.from(normals(9, many!.noise));
  const gradient = new Float64Array(parameters.length);
  const loss = many!.gradient(parameters, noise, gradient, none);
  const mean = new Float64Array(parameters.length);
  let meanLoss = 0;
  for (let particle = 0; particle < 64; particle++) {
    const each = new Float64Array(parameters.length);
    const own = noise.subarray(particle * one!.noise, (particle + 1) * one!.noise);
    meanLoss += one!.gradient(parameters, own, each, none) / 64;
    for (const [i, slope] of each.entries()) mean[i]! += slope / 64;
  }
  expect(loss).toBeCloseTo(meanLoss, 9);
  for (const [i, slope] of gradient.entries()) expect(slope).toBeCloseTo(mean[i]!, 9);
});

test("products of sizes that fill no tile", () => {
  for (const [m, n, k] of [
    [1, 1, 3],
    [4, 2, 5],
    [7, 5, 1],
    [9, 3, 20],
  ] as const) {
    const [a, b] = [normals(1, m * k), normals(2, k * n)];
    const expected = tf.matMul(tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n])).dataSync();
    const bT = new Float64Array(k * n);
    transposeInto(bT, Float64Array.from(b), k, n);
    const c = new Float64Array(m * n).fill(Number.NaN);
    multiplyTransposed(c, Float64Array.from(a), bT, m, n, k);
    for (const [i, each] of c.entries()) expect(each).toBeCloseTo(expected[i]!, 4);
  }
});

test("noise of the hand-written loops: moments of 100000 draws, |z| < 5", () => {
  const count = 100_000;
  const draws = new Float64Array(count);
  randomSource(3).fillNormals(draws);
  const moment = (power: number) => draws.reduce((sum, x) => sum + x ** power, 0) / count;
  // standard errors √(Var xᵖ / n), Var x = 1, Var x² = 2, Var x³ = 15, Var x⁴ = 96
  for (const [power, mean, variance] of [
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ] as const)
    expect(Math.abs(moment(power) - mean) / Math.sqrt(variance / count)).toBeLessThan(5);
});

test("a quick run prints one JSON object", { timeout: 120_000 }, () => {
  const root = join(import.meta.dirname, "..");
  const args = ["--import", "tsx", join(root, "bench", "main.ts"), "--json", "--quick", "--only", "W1"];
  const stdout = execFileSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { machine, results, peers, skipped, agreement } = JSON.parse(stdout) as Report;
  expect(machine.cores).toBeGreaterThan(0);
  expect(machine.ceilings.matMul).toBeGreaterThan(0);
  expect(results.map(({ engine }) => engine)).toEqual(expect.arrayContaining(["reference", "tfjs:cpu", "tfjs:wasm"]));
  for (const { workload, variant, ms, min, max, against, loss } of results) {
    expect([workload, variant]).toEqual(["W1", "P=1"]);
    expect(min).toBeGreaterThan(0);
    expect(ms >= min && ms <= max).toBe(true);
    expect(Object.keys(against)).toEqual(expect.arrayContaining(["hand-written", "eager tfjs:wasm", "eager tfjs:cpu"]));
    const { ms: ofPeer } = peers.find(({ peer }) => peer === "hand-written")!;
    expect(against["hand-written"]).toBeCloseTo(ms / ofPeer, 6);
    expect(loss).toBeGreaterThan(6.8);
    expect(loss).toBeLessThan(7.5);
  }
  expect(agreement).toMatchObject([{ workload: "W1", steps: 200, agrees: true }]);
  for (const { reason } of skipped) expect(reason).toMatch(/python3/);
});
