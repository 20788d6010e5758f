// The registry of divergences: wrappers, supports, pairs of different families, and errors.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { bernoulli } from "../../../src/distributions/bernoulli.js";
import { binomial } from "../../../src/distributions/binomial.js";
import { categorical } from "../../../src/distributions/categorical.js";
import type { Distribution } from "../../../src/distributions/distribution.js";
import { distribution, family } from "../../../src/distributions/distribution.js";
import { exponential } from "../../../src/distributions/exponential.js";
import { gamma } from "../../../src/distributions/gamma.js";
import { iid } from "../../../src/distributions/iid.js";
import { independent } from "../../../src/distributions/independent.js";
import { hasKl, kl, klPairs, registerKl } from "../../../src/distributions/kl/kl.js";
import { laplace } from "../../../src/distributions/laplace.js";
import { multivariateNormal } from "../../../src/distributions/multivariateNormal.js";
import { normal } from "../../../src/distributions/normal.js";
import { poisson } from "../../../src/distributions/poisson.js";
import { uniform } from "../../../src/distributions/uniform.js";
import { gradientInDoubles, inDoubles, toArray } from "../arrays.js";

type Any = Distribution<tf.Tensor, never>;

beforeAll(() => tf.setBackend("cpu"));

/** The divergence in double precision. */
const divergence = (build: () => readonly [Any, Any]): number[] => [...inDoubles(() => kl(...build()), []).elements];

const close = (received: readonly number[], expected: readonly number[]): void => {
  expect(received.length).toBe(expected.length);
  for (const [i, x] of expected.entries()) expect(received[i]).toBeCloseTo(x, 10);
};

describe("wrappers", () => {
  const [n01, n12] = [0, Math.LN2 - 0.25];

  it("iid and independent have the sum of the inner divergences", () => {
    close(
      divergence(() => [iid(3, normal(0, 1)), normal([0, 0, 0], 1)]),
      [n01, n01, n01],
    );
    close(
      divergence(() => [iid(2, normal(0, 1)), iid(2, normal(1, 2))]),
      [n12, n12],
    );
    close(
      divergence(() => [independent(iid(3, normal(0, 1))), independent(iid(3, normal(1, 2)))]),
      [3 * n12],
    );
    close(
      divergence(() => [independent(iid([2, 3], normal(0, 1))), independent(normal(tf.ones([2, 3]), 2))]),
      [3, 3].map((k) => k * n12),
    );
    close(
      divergence(() => [independent(iid([2, 3], normal(0, 1)), 2), independent(iid([2, 3], normal(1, 2)), 2)]),
      [6 * n12],
    );
  });

  it("independent normal variables are a multivariate normal vector", () => {
    const vector = () => multivariateNormal([1, 1], { scaleDiag: [2, 2] });
    close(
      divergence(() => [independent(iid(2, normal(0, 1))), vector()]),
      [2 * n12],
    );
    close(
      divergence(() => [
        multivariateNormal([0, 0], {
          scaleTril: [
            [1, 0],
            [0, 1],
          ],
        }),
        independent(normal([1, 1], 2)),
      ]),
      [2 * n12],
    );
  });

  it("scales of multivariate normal vectors mix, and batches broadcast", () => {
    const [loc, q] = [
      [0, 1],
      {
        covariance: [
          [2, 0.5],
          [0.5, 1],
        ],
      },
    ];
    const forms = [
      { scaleDiag: [1, 0.5] },
      {
        scaleTril: [
          [1, 0],
          [0, 0.5],
        ],
      },
      {
        covariance: [
          [1, 0],
          [0, 0.25],
        ],
      },
    ];
    const lowRank = { covFactor: [[0.5], [0]], covDiag: [0.75, 0.25] };
    close(
      divergence(() => [multivariateNormal(loc, lowRank), multivariateNormal([0, 0], q)]),
      divergence(() => [multivariateNormal(loc, forms[0]!), multivariateNormal([0, 0], q)]),
    );
    const values = forms.map((p) => divergence(() => [multivariateNormal(loc, p), multivariateNormal([0, 0], q)])[0]!);
    for (const value of values) expect(value).toBeCloseTo(values[0]!, 12);
    const back = forms.map((p) => divergence(() => [multivariateNormal([0, 0], q), multivariateNormal(loc, p)])[0]!);
    for (const value of back) expect(value).toBeCloseTo(back[0]!, 12);
    const batched = divergence(() => [multivariateNormal([loc, loc, loc], forms[0]!), multivariateNormal([0, 0], q)]);
    close(batched, [values[0]!, values[0]!, values[0]!]);
    const many = divergence(() => [
      multivariateNormal([0, 0], q),
      multivariateNormal([loc, loc], {
        scaleTril: tf.tensor([
          [
            [1, 0],
            [0, 0.5],
          ],
          [
            [1, 0],
            [0, 0.5],
          ],
        ]),
      }),
    ]);
    close(many, [back[0]!, back[0]!]);
  });
});

it("an exponential variable is a gamma variable", () => {
  close(
    divergence(() => [exponential(2), gamma(1, 3)]),
    divergence(() => [exponential(2), exponential(3)]),
  );
  close(
    divergence(() => [gamma(1, 2), exponential(3)]),
    divergence(() => [exponential(2), exponential(3)]),
  );
});

it("probabilities and log odds mix", () => {
  const [p, q] = [0.25, 0.75];
  const odds = (x: number) => Math.log(x / (1 - x));
  const truth = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  close(
    divergence(() => [bernoulli({ probs: p }), bernoulli({ logits: odds(q) })]),
    [truth],
  );
  close(
    divergence(() => [bernoulli({ logits: odds(p) }), bernoulli({ probs: q })]),
    [truth],
  );
  // arrays are rounded to single precision when they are recorded
  const [value] = divergence(() => [categorical({ probs: [p, 1 - p] }), categorical({ logits: [odds(q), 0] })]);
  expect(value).toBeCloseTo(truth, 7);
});

describe("supports that do not nest", () => {
  it.each<[string, () => readonly [Any, Any]]>([
    ["uniform", () => [uniform(0, 2), uniform(0, 1)]],
    ["bernoulli", () => [bernoulli({ probs: 0.5 }), bernoulli({ probs: 0 })]],
    ["bernoulli at its end", () => [bernoulli({ probs: 0 }), bernoulli({ probs: 1 })]],
    ["categorical", () => [categorical({ probs: [0.5, 0.5, 0] }), categorical({ probs: [0, 0.5, 0.5] })]],
    [
      "categorical by logits",
      () => [categorical({ logits: [0, 0] }), categorical({ logits: [0, Number.NEGATIVE_INFINITY] })],
    ],
    ["binomial", () => [binomial(3, { probs: 0.5 }), binomial(2, { probs: 0.5 })]],
    ["poisson", () => [poisson(1), poisson(0)]],
  ])("%s", (_, build) => {
    expect(divergence(build)).toEqual([Number.POSITIVE_INFINITY]);
    expect(kl(...build()).dataSync()[0]).toBe(Number.POSITIVE_INFINITY);
  });

  it("an impossible outcome costs nothing where both exclude it", () => {
    close(
      divergence(() => [categorical({ probs: [0.5, 0.5, 0] }), categorical({ probs: [0.5, 0.5, 0] })]),
      [0],
    );
    close(
      divergence(() => [bernoulli({ probs: 1 }), bernoulli({ probs: 1 })]),
      [0],
    );
    close(
      divergence(() => [poisson(0), poisson(2)]),
      [2],
    );
    const { gradient } = gradientInDoubles(
      (p, q) => kl(bernoulli({ probs: p! }), bernoulli({ probs: q! })),
      [toArray(0), toArray(0)],
    );
    expect(gradient.flat().some(Number.isNaN)).toBe(false);
  });

  it("logarithms do not underflow", () => {
    const value = kl(bernoulli({ logits: 5 }), bernoulli({ logits: -500 })).dataSync()[0]!;
    const p = 1 / (1 + Math.exp(-5));
    const truth = p * (Math.log(p) + 500) + (1 - p) * Math.log(1 - p);
    expect(Math.abs(value / truth - 1)).toBeLessThan(1e-6);
  });
});

it("is never negative near equality, and exact there in single precision", () => {
  for (const shift of [1e-4, 1e-3, 1e-2]) {
    const value = kl(gamma(50, 10), gamma(50 * (1 + shift), 10)).dataSync()[0]!;
    const truth = divergence(() => [gamma(50, 10), gamma(Math.fround(50 * (1 + shift)), 10)])[0]!;
    expect(value).toBeGreaterThanOrEqual(-1e-8);
    expect(Math.abs(value - truth)).toBeLessThan(2e-5 * truth + 1e-7);
  }
});

describe("registry", () => {
  it("names both families and the remedy where there is no closed form", () => {
    expect(hasKl(normal(0, 1), laplace(0, 1))).toBe(false);
    expect(() => kl(normal(0, 1), laplace(0, 1))).toThrow(
      /no closed form[\s\S]*p: normal\n {2}q: laplace[\s\S]*estimate it/,
    );
    expect(hasKl(independent(normal([0, 1], 1)), normal([0, 1], 1))).toBe(false);
  });

  it("says so where totals differ in a way that has none", () => {
    const counts = (n: number) => binomial(n, { probs: 0.5 });
    expect([hasKl(counts(2), counts(3)), hasKl(counts(3), counts(3)), hasKl(counts(3), counts(2))]).toEqual([
      false,
      true,
      true,
    ]);
    expect(() => kl(counts(2), counts(3))).toThrow(/p: binomial\n {2}q: binomial/);
  });

  it("refuses shapes that do not fit", () => {
    expect(() => kl(normal([0, 1], 1), normal([0, 1, 2], 1))).toThrow(/batch shape \[2\][\s\S]*batch shape \[3\]/);
    const vector = (n: number) => multivariateNormal(new Array(n).fill(0), { scaleDiag: new Array(n).fill(1) });
    expect(() => kl(vector(2), vector(3))).toThrow(/event shape \[2\]/);
  });

  it("takes a user's pair, which wrappers see too", () => {
    const rules = {
      support: "real",
      parameters: ["center"],
      logDensity: ({ center }: { center: tf.Tensor }, x: tf.Tensor) => tf.neg(tf.abs(tf.sub(x, center))),
      draw: ({ center }: { center: tf.Tensor }) => center,
    } as const;
    const own = (center: number[]): Any => distribution(family({ name: "mine", ...rules }), [center]);
    expect(hasKl(own([0]), own([1]))).toBe(false);
    registerKl("mine", "mine", (p: { center: tf.Tensor }, q) => tf.abs(tf.sub(p.center, q.center!)));
    expect(kl(independent(own([0, 1])), independent(own([2, 4]))).arraySync()).toBe(5);
    expect(klPairs()).toContainEqual(["mine", "mine"]);
  });
});
