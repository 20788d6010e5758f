// rebar and relax: unbiased whatever the control variate, with less variance where it is a good one; training; refusals.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  bernoulli,
  categorical,
  fit,
  flip,
  type Objective,
  objective,
  rebar,
  reinforce,
  relax,
  sample,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import type { Strategy } from "../../src/ir/site.js";
import { rebarStrategy } from "../../src/strategies/rebar.js";
import { relaxStrategy } from "../../src/strategies/relax.js";
import { withStrategy } from "../../src/strategies/strategy.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, overFlips, sigmoid } from "../support/numbers.js";
import { type Category, type Coin, categoryCases, coinCases, expectRight, type On, type P } from "./discreteCases.js";

const square = (on: On<Coin>): Objective<P, []> =>
  objective(function* ({ a }: P) {
    return (yield* sample("b", on(bernoulli({ logits: a })))).sub(0.45).square();
  });
const at = { a: tf.scalar(0.3) };
const mean = ([l]: readonly number[]) => overFlips([sigmoid(l!)], ([b]) => (b! - 0.45) ** 2);
const truth = [mean([0.3]), differences(mean, [0.3])];
const variance = (L: Objective<P, []>, point: P = at) =>
  estimateMoments(L, point, [], { draws: 10_000 })[1]!.reduce((sum, each) => sum + each.variance, 0);
/** The cost itself, of a relaxed coin. */
const good = (z: Tensor) => tf.sigmoid(z.div(0.5)).sub(0.45).square();

describe.each([
  ["rebar", (d) => rebar(d)],
  ["relax", (d) => relax(d, { surrogate: good })],
] as readonly (readonly [string, On<Coin>])[])("%s", (_, on) => {
  // all of them, with more draws, in discrete.slow.test.ts
  const some = coinCases(on).filter(([name]) => /rows|loop|branch/.test(name));
  it.each(some)("%s", (_name, L, point) => expectRight(L, point, 10_000));
});
describe.each([
  ["rebar", (d) => rebar(d, { temperature: 1 })],
  ["relax", (d) => relax(d, { surrogate: (z) => tf.softmax(z).mul([0, 1, 2, 3]).sum(-1) })],
] as readonly (readonly [string, On<Category>])[])("%s", (_, on) => {
  it.each(categoryCases(on))("%s", (_name, L, point) => expectRight(L, point, 10_000));
});

describe("rebar", () => {
  it.each([0.05, 0.3, 1, 10])("is unbiased at temperature %d", (temperature) =>
    expectUnbiased(
      square((d) => rebar(d, { temperature })),
      at,
      truth,
      10_000,
    ),
  );
  it.each([-1, 0, 0.5, 3])("is unbiased with η = %d", (eta) =>
    expectUnbiased(
      square((d) => rebar(d, { eta })),
      at,
      truth,
      10_000,
    ),
  );
  it("has second derivatives", () => {
    const [hvp] = estimateMoments(
      square((d) => rebar(d)),
      at,
      [],
      { draws: 5000, derived: "hvp" },
      [tf.scalar(1)],
    );
    const second = differences((l) => differences(mean, l, 1e-2)[0]!, [0.3], 1e-2)[0]!;
    expect(Math.abs(zScore(hvp![0]!, second, 1e-6))).toBeLessThan(5);
  });
  it("has less variance than the score function, which it is for η = 0", () => {
    const score = variance(square((d) => reinforce(d)));
    expect(variance(square((d) => rebar(d, { eta: 0 }))) / score).toBeCloseTo(1, 1);
    const rising = (on: On<Coin>) =>
      objective(function* ({ a }: P) {
        return (yield* sample("b", on(bernoulli({ logits: a })))).add(1).square();
      });
    expect(variance(rising((d) => rebar(d)))).toBeLessThan(0.5 * variance(rising((d) => reinforce(d))));
  });
  it.each([
    [0.5, 1],
    [1.5, 0.4],
  ])("has the variance of the formula: λ = %d, η = %d", (lambda, eta) => {
    // (f(b) − η f(y))(b − θ) + η f'(y)·∂y/∂z·(1 − ∂z̃/∂l) with z̃ = z = l + log(u/(1 − u)), f and f' at y = σ(z/λ)
    const l = 0.3;
    const n = 50_000;
    const estimates = Array.from({ length: n }, (_, i) => {
      const u = (i + 0.5) / n;
      const z = l + Math.log(u / (1 - u));
      const b = z > 0 ? 1 : 0;
      const y = sigmoid(z / lambda);
      // z̃ = log(v e^l + 1) − log(1 − v) given b = 1, with v = (u − (1 − θ))/θ; mirrored given b = 0
      const v = b === 1 ? (u - sigmoid(-l)) / sigmoid(l) : 1 - u / sigmoid(-l);
      const signed = b === 1 ? l : -l;
      const slope = sigmoid(signed + Math.log(v));
      const relaxed = (2 * (y - 0.45) * y * (1 - y)) / lambda;
      return ((b - 0.45) ** 2 - eta * (y - 0.45) ** 2) * (b - sigmoid(l)) + eta * relaxed * (1 - slope);
    });
    const average = estimates.reduce((sum, each) => sum + each, 0) / n;
    expect(average).toBeCloseTo(differences(mean, [l])[0]!, 4);
    const exact = estimates.reduce((sum, each) => sum + (each - average) ** 2, 0) / n;
    const found = estimateMoments(
      square((d) => rebar(d, { temperature: lambda, eta })),
      at,
      [],
      { draws: 40_000 },
    )[1]!;
    expect(Math.abs(found[0]!.variance / exact - 1)).toBeLessThan(0.05);
  });
  it("takes temperature and η as tensors, and has no derivative in them", () => {
    type Q = { a: Tensor; lambda: Tensor; eta: Tensor };
    const L = objective(function* ({ a, lambda, eta }: Q) {
      return (yield* sample("b", rebar(flip(tf.sigmoid(a)), { temperature: lambda, eta })))
        .sub([0.45, 1])
        .square()
        .sum();
    });
    const point = { a: tf.tensor1d([0.3, 1]), lambda: tf.tensor1d([0.5, 2]), eta: tf.scalar(0.5) };
    const f = (l: readonly number[]) => mean([l[0]!]) + overFlips([sigmoid(l[1]!)], ([b]) => (b! - 1) ** 2);
    expectUnbiased(L, point, [f([0.3, 1]), differences(f, [0.3, 1]), [0, 0], 0], 10_000);
  });
  it("stays finite for coins and categories that are certain", () => {
    const coin = estimateMoments(
      square((d) => rebar(d)),
      { a: tf.scalar(60) },
      [],
      { draws: 1000 },
    );
    expect(coin.flat().every((each) => Number.isFinite(each.mean))).toBe(true);
    const L = objective(function* ({ a }: P) {
      const probs = tf.concat([a, tf.zeros([1]), tf.sub(1, a)]);
      return (yield* sample("k", rebar(categorical({ probs })))).square();
    });
    expectUnbiased(L, { a: tf.tensor1d([0.25]) }, [3, [-4]], 10_000);
  });
  it("refuses costs that jump between the values, with a remedy", () => {
    const jumping = objective(function* ({ a }: P) {
      const b = yield* sample("b", rebar(bernoulli({ logits: a })));
      return tf.where(b.equal(1), 2, 3);
    });
    expect(() => prepare(jumping, at, [])).toThrow(expect.objectContaining({ code: "discontinuous" }));
    const scored = objective(function* ({ a }: P) {
      const b = yield* sample("b", rebar(bernoulli({ logits: a })));
      return flip(0.3).family.logDensity([tf.scalar(0.3)], b);
    });
    expect(() => prepare(scored, at, [])).toThrow(expect.objectContaining({ code: "discontinuous" }));
  });
  it("refuses an η per element and a temperature that does not fit", () => {
    expect(() => rebar(flip([0.1, 0.2]), { eta: [1, 2] })).toThrow(expect.objectContaining({ code: "option" }));
    expect(() =>
      prepare(
        square((d) => rebar(d, { temperature: [1, 2] })),
        at,
        [],
      ),
    ).toThrow(/temperature of "b" does not broadcast/);
  });
});

describe("relax", () => {
  it("takes one lane, and costs may jump", () => {
    const L = objective(function* ({ a }: P) {
      const b = yield* sample("b", relax(bernoulli({ logits: a }), { surrogate: (z) => tf.sigmoid(z) }));
      return tf.where(b.equal(1), 2, -3);
    });
    expect(prepare(L, at, []).sites[0]).toMatchObject({ lanes: 1 });
    const f = ([l]: readonly number[]) => 5 * sigmoid(l!) - 3;
    expectUnbiased(L, at, [f([0.3]), differences(f, [0.3])], 10_000);
  });
  it("has second derivatives, and as little variance as rebar with the same surrogate", () => {
    const L = square((d) => relax(d, { surrogate: good }));
    const [hvp] = estimateMoments(L, at, [], { draws: 5000, derived: "hvp" }, [tf.scalar(1)]);
    const second = differences((l) => differences(mean, l, 1e-2)[0]!, [0.3], 1e-2)[0]!;
    expect(Math.abs(zScore(hvp![0]!, second, 1e-6))).toBeLessThan(5);
    expect(variance(L) / variance(square((d) => rebar(d)))).toBeCloseTo(1, 1);
  });

  const sumOf = (surrogate: (z: Tensor) => Tensor): Objective<P, []> =>
    objective(function* ({ a }: P) {
      const b = yield* sample("b", relax(bernoulli({ logits: a }), { surrogate }));
      return b.mul([1, 2]).sum().add(1).square();
    });
  const both = { a: tf.tensor1d([0.3, -0.5]) };
  const joint = (z: Tensor) => tf.sigmoid(z.div(0.5)).mul([1, 2]).sum().add(1).square();
  it("one surrogate for all elements that a cost mixes: unbiased, better than a sum of separate ones", () => {
    const f = (l: readonly number[]) => overFlips(l.map(sigmoid), (b) => (b[0]! + 2 * b[1]! + 1) ** 2);
    expectUnbiased(sumOf(joint), both, [f([0.3, -0.5]), differences(f, [0.3, -0.5])], 10_000);
    expect(variance(sumOf(joint), both)).toBeLessThan(
      0.5 *
        variance(
          sumOf((z) => z.mul(0)),
          both,
        ),
    );
  });
  it("refuses surrogates that do not fit", () => {
    const separate = objective(function* ({ a }: P) {
      const b = yield* sample("b", relax(bernoulli({ logits: a }), { surrogate: joint }));
      return b.sub([1, 2]).square().sum();
    });
    expect(() => prepare(separate, both, [])).toThrow(expect.objectContaining({ code: "surrogate-joint" }));
    expect(() =>
      prepare(
        sumOf((z) => z.sub(z.mean())),
        both,
        [],
      ),
    ).toThrow(expect.objectContaining({ code: "surrogate-mixes" }));
    expect(() =>
      prepare(
        sumOf((z) => tf.stack([z, z])),
        both,
        [],
      ),
    ).toThrow(expect.objectContaining({ code: "surrogate-shape" }));
    const capturing = objective(function* ({ a }: P) {
      const b = yield* sample("b", relax(bernoulli({ logits: a }), { surrogate: (z) => z.mul(a) }));
      return b.sum();
    });
    expect(() => prepare(capturing, both, [])).toThrow(expect.objectContaining({ code: "surrogate-captures" }));
  });

  it("fit trains the surrogate, and with it a temperature, to less variance", async () => {
    type Q = { a: Tensor; w: Tensor };
    const L = objective(function* ({ w }: Q) {
      const surrogate = (z: Tensor, slope: Tensor) => {
        const [scale, temperature] = tf.unstack(slope);
        return tf.sigmoid(z.div(tf.softplus(temperature!))).mul(scale!);
      };
      const b = yield* sample("b", relax(bernoulli({ logits: 0.3 }), { surrogate, parameters: [w] }));
      return b.sub(0.1).square();
    });
    const gradient = (w: readonly number[]) =>
      objective(function* ({ a }: P) {
        const surrogate = (z: Tensor) => tf.sigmoid(z.div(Math.log1p(Math.exp(w[1]!)))).mul(w[0]!);
        return (yield* sample("b", relax(bernoulli({ logits: a }), { surrogate }))).sub(0.1).square();
      });
    const start = { a: tf.scalar(0), w: tf.tensor1d([0, 1]) };
    const settings = { steps: 3000, optimizer: adam({ learningRate: 0.01 }), unused: "keep" } as const;
    const { parameters } = await fit(L, { parameters: start, ...settings });
    const found = [...parameters.w.dataSync()];
    const [before, after] = [[0, 1], found].map((w) => variance(gradient(w)));
    expect(after).toBeLessThan(0.2 * before!);
    // f(1) − f(0) = 0.8: near a scale of which the surrogate is the cost up to a constant
    expect(found[0]).toBeGreaterThan(0.5);
  });
});

describe("negative controls", () => {
  const score = (strategy: Strategy) =>
    worstScore(
      square((d) => withStrategy(d as never, strategy)),
      at,
      truth,
      20_000,
      1e-6,
    );
  it("rebar with the same relaxation twice, and relax without the conditional one, are seen", () => {
    const of = rebarStrategy();
    expect(score(of)).toBeLessThan(5);
    const twice: Strategy = {
      ...of,
      draw: (site) => {
        const drawn = of.draw(site);
        const [hard, free] = tf.unstack(drawn.value);
        return { ...drawn, value: tf.stack([hard!, free!, free!]) };
      },
    };
    expect(score(twice)).toBeGreaterThan(5);
    const relaxed = relaxStrategy({ surrogate: good });
    expect(score(relaxed)).toBeLessThan(5);
    const unconditional: Strategy = {
      ...relaxed,
      draw: (site) => {
        const { keep, ...rest } = relaxed.draw(site);
        return { ...rest, keep: { ...keep, conditional: keep.free! } };
      },
    };
    expect(score(unconditional)).toBeGreaterThan(5);
  });
});
