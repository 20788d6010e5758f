// Every objective against what it states, by quadrature over two particles: value and gradient are unbiased.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  annealed,
  betaElbo,
  cubo,
  elbo,
  flip,
  forwardChi2,
  gaussHermite,
  gen,
  importanceSampling,
  iwelbo,
  kl,
  linearWarmup,
  logVariance,
  mapEstimate,
  mle,
  normal,
  type Objective,
  observe,
  pWake,
  qWake,
  reinforce,
  renyi,
  rws,
  sample,
  sleep,
  symmetricKl,
  trajectoryBalance,
  tvo,
} from "elbow";
import { describe, expect, it } from "vitest";
import { range } from "../../../src/util/shapes.js";
import { estimateMoments, zScore } from "../../support/estimates.js";
import { differences } from "../../support/numbers.js";

const logNormal = (x: number, m: number, s: number) =>
  -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);

// z ~ N(0, 1), y ~ N(z, 1): the posterior is N(y/2, 1/2)
type Q = { loc: Tensor; rho: Tensor };
const y = 1.5;
const data = [tf.scalar(y)] as [Tensor];
const model = gen(function* (observed: Tensor) {
  const z = yield* sample("z", normal(0, 1));
  yield* observe("y", normal(z, 1), observed);
});
const guide = gen(function* (q: Q, _y: Tensor) {
  yield* sample("z", normal(q.loc, tf.exp(q.rho)));
});
const scored = gen(function* (q: Q, _y: Tensor) {
  yield* sample("z", reinforce(normal(q.loc, tf.exp(q.rho)), { copies: 4 }));
});
const exactPosterior = (observed: Tensor) => guide({ loc: observed.mul(0.5), rho: tf.scalar(-Math.LN2 / 2) }, observed);
const point = [0.25, -0.25] as const;
const at: Q = { loc: tf.scalar(point[0]), rho: tf.scalar(point[1]) };

type Point = readonly number[];
const logJoint = (z: number) => logNormal(z, 0, 1) + logNormal(y, z, 1);
const logGuide = (z: number, [m, r]: Point) => logNormal(z, m!, Math.exp(r!));
const logEvidence = logNormal(y, 0, Math.SQRT2);

/** Standard normal nodes and their weights: spectrally exact for smooth integrands. */
const nodes = range(61).map((i) => -9 + (18 * i) / 60);
const weights = nodes.map((t) => Math.exp(logNormal(t, 0, 1)) * 0.3);
/** E f(z) and E f(z₁, z₂) for independent draws of N(m, e^r). */
const mean1 = ([m, r]: Point, f: (z: number) => number) =>
  nodes.reduce((sum, t, i) => sum + weights[i]! * f(m! + Math.exp(r!) * t), 0);
const mean2 = (q: Point, f: (z: readonly [number, number]) => number) => mean1(q, (a) => mean1(q, (b) => f([a, b])));

const logMeanExp = (xs: readonly number[]) => {
  const top = Math.max(...xs);
  return top + Math.log(xs.reduce((sum, x) => sum + Math.exp(x - top), 0) / xs.length);
};
const softmax = (xs: readonly number[]) =>
  xs.map((x) => Math.exp(x - Math.max(...xs))).map((e, _, all) => e / all.reduce((a, b) => a + b));
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);

/** What an objective states, as a function of the parameters and of where particles come from. */
type Statement = (parameters: Point, drawnFrom: Point) => number;

/** Deviations of value and gradient from the truth, in standard errors. */
function deviations<P extends object, D extends readonly unknown[]>(
  L: Objective<P, D>,
  parameters: P,
  args: D,
  truth: { readonly value: number; readonly gradient: Point },
  draws = 20_000,
): number[] {
  const [value, ...gradient] = estimateMoments(L, parameters, args, { draws }).flat();
  return [zScore(value!, truth.value, 1e-7), ...gradient.map((each, i) => zScore(each, truth.gradient[i]!, 1e-6))].map(
    Math.abs,
  );
}
const truthOf = (statement: Statement, isMoving: boolean) => ({
  value: statement(point, point),
  gradient: differences((x) => statement(x, isMoving ? x : point), point),
});
const worst = (L: Objective<Q, [Tensor]>, statement: Statement, isMoving: boolean) =>
  Math.max(...deviations(L, at, data, truthOf(statement, isMoving)));

const logWeight = (z: number, q: Point) => logJoint(z) - logGuide(z, q);
const renyiOf =
  (alpha: number): Statement =>
  (p, from) =>
    mean2(from, (zs) => logMeanExp(zs.map((z) => (1 - alpha) * logWeight(z, p))) / (1 - alpha));
const partition = [0, 0.3, 1];
const tvoOf =
  (betas: readonly number[]): Statement =>
  (p, from) =>
    mean2(from, (zs) => {
      const logWeights = zs.map((z) => logWeight(z, p));
      const terms = betas.map((beta, t) => {
        const ratios = zs.map((z, i) => beta * logWeights[i]! + logGuide(z, p) - logGuide(z, from));
        return (partition[t + 1]! - partition[t]!) * sum(softmax(ratios).map((w, i) => w * logWeights[i]!));
      });
      return sum(terms);
    });
/** For particles that move with the guide, whose density cancels. */
const movingTvo = (p: Point) => tvoOf([0, 0.3])(p, p);
const qWakeOf: Statement = (p, from) =>
  mean2(from, (zs) => -sum(softmax(zs.map((z) => logWeight(z, from))).map((w, i) => w * logGuide(zs[i]!, p))));
const posterior = [y / 2, -Math.LN2 / 2];

describe("objectives of model and guide, two particles", () => {
  it.each([
    ["renyi ½", renyi(model, guide, { alpha: 0.5, particles: 2 }), renyiOf(0.5), true],
    ["renyi ½, score", renyi(model, scored, { alpha: 0.5, particles: 2 }), renyiOf(0.5), true],
    ["renyi −1", renyi(model, guide, { alpha: -1, particles: 2 }), renyiOf(-1), true],
    ["renyi 2", renyi(model, guide, { alpha: 2, particles: 2 }), renyiOf(2), true],
    ["renyi 1", renyi(model, guide, { alpha: 1, particles: 2 }), (p: Point) => mean1(p, (z) => logWeight(z, p)), true],
    [
      "cubo 2",
      cubo(model, guide, { particles: 2 }),
      (p: Point) => mean2(p, (zs) => logMeanExp(zs.map((z) => 2 * logWeight(z, p))) / 2),
      true,
    ],
    [
      "forwardChi2",
      forwardChi2(model, guide, { logEvidence: -3 }),
      (p: Point) => mean1(p, (z) => Math.exp(2 * (logWeight(z, p) + 3)) - 1),
      true,
    ],
    ["tvo", tvo(model, guide, { partition, particles: 2 }), tvoOf([0, 0.3]), false],
    ["tvo, right", tvo(model, guide, { partition, particles: 2, sum: "right" }), tvoOf([0.3, 1]), false],
    ["tvo, standard", tvo(model, guide, { partition, particles: 2, gradient: "standard" }), movingTvo, true],
    ["qWake", qWake(model, guide, { particles: 2 }), qWakeOf, false],
    [
      "qWake, exact",
      qWake(model, guide, { posterior: exactPosterior }),
      (p: Point) => mean1(posterior, (z) => -logGuide(z, p)),
      true,
    ],
    [
      "symmetricKl",
      symmetricKl(model, guide, { particles: 2 }),
      // the first part moves; the second one does not, which is why it has a case of its own in terms of the others
      undefined,
      true,
    ],
    [
      "symmetricKl, exact",
      symmetricKl(model, guide, { posterior: exactPosterior }),
      (p: Point) => mean1(p, (z) => -logWeight(z, p)) + mean1(posterior, (z) => logWeight(z, p)),
      true,
    ],
    [
      "logVariance",
      logVariance(model, guide, { particles: 2 }),
      (p: Point, from: Point) => mean2(from, ([a, b]) => (logWeight(a, p) - logWeight(b, p)) ** 2 / 4),
      false,
    ],
    [
      "logVariance of another reference",
      logVariance(model, guide, { particles: 3, reference: exactPosterior }),
      (p: Point) => mean2(posterior, ([a, b]) => (logWeight(a, p) - logWeight(b, p)) ** 2 / 4),
      true,
    ],
  ] as const)("%s is unbiased", (_, L, statement, isMoving) => {
    if (statement) expect(worst(L, statement, isMoving)).toBeLessThan(5);
    else {
      const joint = (from: Point) =>
        mean2(from, (zs) => sum(softmax(zs.map((z) => logWeight(z, from))).map((w, i) => w * logJoint(zs[i]!))));
      const reverse: Statement = (p) => mean1(p, (z) => -logWeight(z, p));
      const whole: Statement = (p, from) => reverse(p, p) + joint(from) + qWakeOf(p, from);
      expect(worst(L, whole, false)).toBeLessThan(5);
    }
  });

  it("negative controls: particles that move, and the posterior in the place of two particles", () => {
    const L = qWake(model, guide, { particles: 2 });
    expect(worst(L, qWakeOf, true)).toBeGreaterThan(5);
    expect(worst(L, (p) => mean1(posterior, (z) => -logGuide(z, p)), true)).toBeGreaterThan(5);
    expect(worst(tvo(model, guide, { partition, particles: 2 }), movingTvo, true)).toBeGreaterThan(5);
  });

  it("renyi 0 is the importance-weighted bound, the log-variance gradient at its own reference that of the ELBO", () => {
    const [a, b] = [renyi(model, guide, { alpha: 0, particles: 3 }), iwelbo(model, guide, 3)].map((L) =>
      estimateMoments(L, at, data, { draws: 5000 }).flat(),
    );
    for (const [i, each] of a!.entries()) expect(each.mean).toBeCloseTo(b![i]!.mean, 9);
    const elboSlopes = differences((p) => mean1(p, (z) => logWeight(z, p)), point);
    const found = estimateMoments(logVariance(model, guide), at, data, { draws: 20_000 }).flat();
    for (const [i, slope] of elboSlopes.entries()) expect(Math.abs(zScore(found[i + 1]!, -slope))).toBeLessThan(5);
  });

  it("trajectoryBalance, on and off policy", () => {
    const parameters = { logZ: tf.scalar(-1.5), guide: at };
    const balance = ([logZ, ...q]: Point, from: Point) =>
      mean1(from, (z) => (logZ! + logGuide(z, q) - logJoint(z)) ** 2);
    const all = [-1.5, ...point];
    for (const [options, from] of [
      [{}, point],
      [{ behavior: exactPosterior }, posterior],
    ] as const) {
      const truth = { value: balance(all, from), gradient: differences((x) => balance(x, from), all) };
      expect(Math.max(...deviations(trajectoryBalance(model, guide, options), parameters, data, truth))).toBeLessThan(
        5,
      );
    }
    expect(logEvidence).toBeLessThan(0);
  });
});

describe("models with parameters: z ~ N(θ, 1), x ~ N(z, ½), x = 1.2", () => {
  type Theta = { loc: Tensor };
  const x = [tf.scalar(1.2)] as [Tensor];
  const withMean = gen(function* (theta: Theta, observed: Tensor) {
    const z = yield* sample("z", normal(theta.loc, 1));
    yield* observe("x", normal(z, 0.5), observed);
  });
  const joint = gen(function* (theta: Theta) {
    const z = yield* sample("z", normal(theta.loc, 1));
    yield* sample("x", normal(z, 0.5));
  });
  const ofData = gen(function* (observed: Tensor) {
    yield* sample("z", normal(observed.mul(0.8), Math.sqrt(0.2)));
  });
  const log = (z: number, theta: number) => logNormal(z, theta, 1) + logNormal(1.2, z, 0.5);
  const likelihood = (theta: number) => logNormal(1.2, theta, Math.sqrt(1.25));

  it("pWake has the gradient of the evidence where the guide is the posterior, and of the bound elsewhere", () => {
    for (const particles of [1, 5]) {
      const found = estimateMoments(pWake(withMean, ofData, { particles }), { loc: tf.scalar(0) }, x, {
        draws: 20_000,
      });
      expect(Math.abs(zScore(found[1]![0]!, -0.96))).toBeLessThan(5);
    }
    const theta = 0.5;
    const q = [0.96, Math.log(Math.sqrt(0.2))];
    const resampled = (t: number) =>
      mean2(q, (zs) => -sum(softmax(zs.map((z) => log(z, theta) - logGuide(z, q))).map((w, i) => w * log(zs[i]!, t))));
    const truth = { value: resampled(theta), gradient: differences(([t]) => resampled(t!), [theta]) };
    const L = pWake(withMean, ofData, { particles: 2 });
    expect(Math.max(...deviations(L, { loc: tf.scalar(theta) }, x, truth))).toBeLessThan(5);
  });

  it("rws: wake–wake and wake–sleep", () => {
    const theta = 0.5;
    const parameters = { model: { loc: tf.scalar(theta) }, guide: at };
    const bound = (t: number) => mean2(point, (zs) => logMeanExp(zs.map((z) => log(z, t) - logGuide(z, point))));
    const wake = (p: Point) =>
      mean2(
        point,
        (zs) => -sum(softmax(zs.map((z) => log(z, theta) - logGuide(z, point))).map((w, i) => w * logGuide(zs[i]!, p))),
      );
    // dreams: z ~ N(θ, 1), whatever x
    const asleep = (p: Point) => mean1([theta, 0], (z) => -logGuide(z, p));
    // leaves of parameters in the order of the names as given: the model's, then the guide's
    const truth = (second: (p: Point) => number) => ({
      value: -bound(theta) + second(point),
      gradient: [...differences(([t]) => -bound(t!), [theta]), ...differences(second, point)],
    });
    const wakeWake = rws(withMean, guide, { particles: 2 });
    const wakeSleep = rws(withMean, guide, { particles: 2, sleep: sleep(joint, guide, { observed: "x" }) });
    expect(Math.max(...deviations(wakeWake, parameters, x, truth(wake)))).toBeLessThan(5);
    expect(Math.max(...deviations(wakeSleep, parameters, x, truth(asleep)))).toBeLessThan(5);
    expect(Math.max(...deviations(wakeWake, parameters, x, truth(asleep)))).toBeGreaterThan(5);
  });

  it("sleep of a guide that looks at the data", () => {
    const looking = gen(function* (q: { slope: Tensor }, observed: Tensor) {
      yield* sample("z", normal(observed.mul(q.slope), 1));
    });
    // E ½(z − a·x)² + ½ log 2π with E z² = 1, E zx = 1, E x² = 1.25
    const exact = (a: number) => 0.5 * (1 - 2 * a + 1.25 * a * a) + 0.5 * Math.log(2 * Math.PI);
    const truth = { value: exact(0.3), gradient: [-1 + 1.25 * 0.3] };
    const L = sleep(joint, looking, { observed: ["x"] });
    const slope = tf.scalar(0.3);
    expect(Math.max(...deviations(L, { slope }, [{ loc: tf.scalar(0) }], truth))).toBeLessThan(5);
  });

  it("mle: exact by quadrature, and a bound by importance sampling", () => {
    const theta = 0.3;
    const L = mle(withMean, { algorithm: gaussHermite({ nodes: 60 }) });
    const truth = { value: likelihood(theta), gradient: [(1.2 - theta) / 1.25] };
    const [value, slope] = estimateMoments(L, { loc: tf.scalar(theta) }, x, { draws: 2, chunk: 1 }).flat();
    expect(value!.mean).toBeCloseTo(truth.value, 4);
    expect(slope!.mean).toBeCloseTo(truth.gradient[0]!, 4);
    const bound = mle(withMean, { algorithm: importanceSampling({ particles: 2 }) });
    const exact = (t: number) => mean2([t, 0], (zs) => logMeanExp(zs.map((z) => logNormal(1.2, z, 0.5))));
    const stated = { value: exact(theta), gradient: differences(([t]) => exact(t!), [theta]) };
    expect(Math.max(...deviations(bound, { loc: tf.scalar(theta) }, x, stated))).toBeLessThan(5);
  });

  it("mle of coins, mapEstimate with and without values", () => {
    const coins = gen(function* (p: { logit: Tensor }, heads: Tensor) {
      yield* observe("heads", flip(tf.sigmoid(p.logit.mul(tf.onesLike(heads)))), heads);
    });
    const heads = [tf.tensor1d([1, 1, 0])] as [Tensor];
    const [value, slope] = estimateMoments(mle(coins), { logit: tf.scalar(0) }, heads, { draws: 2, chunk: 1 }).flat();
    expect(value!.mean).toBeCloseTo(-3 * Math.LN2, 6);
    expect(slope!.mean).toBeCloseTo(0.5, 6);
    const mode = estimateMoments(mapEstimate(model), { z: tf.scalar(0.5) }, data, { draws: 2, chunk: 1 }).flat();
    expect(mode[0]!.mean).toBeCloseTo(logJoint(0.5), 6);
    expect(mode[1]!.mean).toBeCloseTo(-0.5 + (y - 0.5), 6);
    const transformed = mapEstimate(model, { values: ({ logZ }: { logZ: Tensor }) => ({ z: tf.exp(logZ) }) });
    const slopes = estimateMoments(transformed, { logZ: tf.scalar(0) }, data, { draws: 2, chunk: 1 }).flat();
    expect(slopes[1]!.mean).toBeCloseTo(-1 + (y - 1), 6);
  });
});

describe("betaElbo", () => {
  const exactKl = ([m, r]: Point) => 0.5 * (m! ** 2 + Math.exp(2 * r!) - 1) - r!;
  const likelihood = ([m, r]: Point) => -0.5 * ((y - m!) ** 2 + Math.exp(2 * r!)) - 0.5 * Math.log(2 * Math.PI);
  const divergence = (q: Q) => kl(normal(q.loc, tf.exp(q.rho)), normal(0, 1));
  const args = (weights: { beta: number; capacity?: number }) => [weights, ...data] as const;

  it.each([0, 1, 4])("β = %d", (beta) => {
    const exact = (p: Point) => likelihood(p) - beta * exactKl(p);
    const truth = { value: exact(point), gradient: differences(exact, point) };
    for (const options of [{}, { particles: 3 }, { divergence }])
      expect(Math.max(...deviations(betaElbo(model, guide, options), at, [...args({ beta })], truth))).toBeLessThan(5);
  });

  it("takes scalars that are tensors, which may change without another program", () => {
    const [a, b] = [
      estimateMoments(betaElbo(model, guide), at, [{ beta: tf.scalar(1) }, ...data], { draws: 5000 }),
      estimateMoments(betaElbo(model, guide), at, [{ beta: 1 }, ...data], { draws: 5000 }),
    ];
    for (const [i, each] of a.flat().entries()) expect(each.mean).toBeCloseTo(b.flat()[i]!.mean, 6);
  });

  it("capacity: exact with a closed form, a bound from draws", () => {
    const weights = { beta: 4, capacity: 0.5 };
    const exact = (p: Point) => likelihood(p) - 4 * Math.abs(exactKl(p) - 0.5);
    const truth = { value: exact(point), gradient: differences(exact, point) };
    const closed = betaElbo(model, guide, { divergence });
    expect(Math.max(...deviations(closed, at, [...args(weights)], truth))).toBeLessThan(5);
    const drawn = estimateMoments(betaElbo(model, guide, { particles: 2 }), at, [...args(weights)], { draws: 20_000 });
    const bound = mean2(
      point,
      (zs) => likelihood(point) - 4 * Math.abs(sum(zs.map((z) => logGuide(z, point) - logNormal(z, 0, 1))) / 2 - 0.5),
    );
    expect(drawn[0]![0]!.mean).toBeCloseTo(bound, 1);
    expect(bound).toBeLessThan(exact(point));
  });

  it("annealed yields the values of schedules, and lets go of them", () => {
    const before = tf.memory().numTensors;
    const seen: number[] = [];
    for (const [{ beta }] of annealed({ beta: linearWarmup({ steps: 4, to: 2 }) }, 7)) {
      seen.push(beta.dataSync()[0]!);
      if (seen.length === 5) break;
    }
    expect(seen).toEqual([0.5, 1, 1.5, 2, 2]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("options and directions", () => {
  it("refuses what does not make sense", () => {
    const option = expect.objectContaining({ code: "option" });
    expect(() => tvo(model, guide, { partition: [0, 0.5] })).toThrow(option);
    expect(() => tvo(model, guide, { partition: [0, 0.5, 0.5, 1] })).toThrow(option);
    expect(() => logVariance(model, guide, { particles: 1 })).toThrow(option);
  });
  it("bounds are maximised, divergences minimised", () => {
    expect(
      [elbo(model, guide), renyi(model, guide, { alpha: 2 }), betaElbo(model, guide), mapEstimate(model)].map(
        (L) => L.direction,
      ),
    ).toEqual(Array(4).fill("maximize"));
    expect(
      [qWake(model, guide), cubo(model, guide), forwardChi2(model, guide), logVariance(model, guide)].map(
        (L) => L.direction,
      ),
    ).toEqual(Array(4).fill("minimize"));
  });
});
