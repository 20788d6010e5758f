// The evidence lower bound with divergences of single choices in closed form.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  call,
  elbo,
  gen,
  halfCauchy,
  iid,
  independent,
  logNormal,
  multivariateNormal,
  normal,
  type Objective,
  observe,
  type Real,
  reinforce,
  reparam,
  run,
  sample,
  scan,
} from "elbow";
import { describe, expect, it } from "vitest";
import type { Distribution } from "../../../src/distributions/distribution.js";
import { estimateMoments, estimateOnce, type Moments } from "../../support/estimates.js";

const distance = (a: Moments, b: Moments): number => Math.abs(a.mean - b.mean) / Math.hypot(a.error, b.error);

type Q = { loc: Tensor; rho: Tensor; w: Tensor };
const parameters: Q = { loc: tf.scalar(0.25), rho: tf.scalar(-0.25), w: tf.scalar(0.5) };
const data = [tf.scalar(1.5)] as [Tensor];
type Choose = (d: ReturnType<typeof normal>) => Distribution<Real, never>;
const noData: [] = [];

/** w ~ N(0, 1), z ~ N(w, 2), y ~ N(z, 5) */
const model = gen(function* (y: Tensor) {
  const w = yield* sample("w", normal(0, 1));
  const z = yield* sample("z", normal(w, 2));
  yield* observe("y", normal(z, 5), y);
});
const guideWith = (choose: Choose) =>
  gen(function* (q: Q, _y: Tensor) {
    const w = yield* sample("w", choose(normal(q.w, 0.7)));
    yield* sample("z", choose(normal(q.loc.add(w.mul(0.5)), tf.exp(q.rho))));
  });

const gradients = (L: Objective<Q, [Tensor]>, seed: number) =>
  estimateMoments(L, parameters, data, { draws: 5000, seed }).map(([first]) => first!);

describe.each<[string, Choose]>([
  ["reparam", (d) => reparam(d)],
  ["reinforce", (d) => reinforce(d)],
])("under %s", (_, choose) => {
  const guide = guideWith(choose);
  const plain = gradients(elbo(model, guide), 1);

  it.each([[true], [["z"]], [["w", "z"]]])(
    "has the mean of the estimated gradient, and less variance (%j)",
    (which) => {
      const analytic = gradients(elbo(model, guide, { analyticKl: which }), 2);
      for (const i of [0, 1, 2, 3]) expect(distance(plain[i]!, analytic[i]!)).toBeLessThan(5);
      // of the value, and of the derivatives in loc and rho
      for (const i of [0, 1, 2]) expect(analytic[i]!.variance).toBeLessThan(0.7 * plain[i]!.variance);
    },
  );

  it("and so has sticking the landing", () => {
    const L = elbo(model, guide, { analyticKl: ["z"], gradient: "stickingTheLanding" });
    const analytic = gradients(L, 3);
    for (const i of [0, 1, 2, 3]) expect(distance(plain[i]!, analytic[i]!)).toBeLessThan(5);
  });
});

it("negative control: without the divergence of w, the means differ", () => {
  const [plain, other] = [
    model,
    gen(function* (y: Tensor) {
      const w = yield* sample("w", normal(0, 1.2));
      const z = yield* sample("z", normal(w, 2));
      yield* observe("y", normal(z, 5), y);
    }),
  ].map((each) =>
    gradients(
      elbo(
        each,
        guideWith((d) => reparam(d)),
        { analyticKl: true },
      ),
      4,
    ),
  );
  expect(distance(plain![3]!, other![3]!)).toBeGreaterThan(5);
});

it("leaves no noise where all is in closed form", () => {
  const prior = gen(function* () {
    yield* sample(
      "z",
      multivariateNormal([0, 0], {
        covariance: [
          [2, 0.5],
          [0.5, 1],
        ],
      }),
    );
    yield* sample("s", iid(3, normal(0, 1)));
  });
  // events and batches may be divided otherwise than in the model
  const guide = gen(function* (q: { z: Tensor; s: Tensor }) {
    yield* sample("z", independent(normal(q.z, 1)));
    yield* sample("s", independent(normal(q.s, 0.5)));
  });
  const L = elbo(prior, guide, { analyticKl: true });
  const at = { z: tf.tensor1d([1, -1]), s: tf.tensor1d([0, 1, 2]) };
  const [a, b] = [1, 2].map((seed) => estimateOnce(L, at, noData, { seed }));
  expect(a).toEqual(b);
  // covariance S = [2 ½; ½ 1], S⁻¹ = [1 −½; −½ 2]/1.75: ½(tr S⁻¹ + mᵀS⁻¹m − 2 + log det S) + 3·(log 2 + ⅛ − ½) + ½·5
  const first = 0.5 * (3 / 1.75 + (1 + 1 + 2) / 1.75 - 2 + Math.log(1.75));
  const second = 3 * (Math.LN2 + 0.125 - 0.5) + 2.5;
  expect(a![0]![0]).toBeCloseTo(-(first + second), 6);
});

it("is estimated where the model's distribution depends on the choice itself through the guide", () => {
  // the guide draws w from z, which the model draws from w
  const reversed = gen(function* (q: Q, _y: Tensor) {
    const z = yield* sample("z", normal(q.loc, tf.exp(q.rho)));
    yield* sample("w", normal(q.w.add(z.mul(0.5)), 0.7));
  });
  const [plain, analytic] = [
    gradients(elbo(model, reversed), 1),
    gradients(elbo(model, reversed, { analyticKl: true }), 2),
  ];
  for (const i of [0, 1, 2, 3]) expect(distance(plain[i]!, analytic[i]!)).toBeLessThan(5);
  const listed = elbo(model, reversed, { analyticKl: ["z"] });
  expect(() => estimateOnce(listed, parameters, data)).toThrow(
    /"z": the model's distribution depends on what the guide/,
  );
});

it("reaches nested programs, and leaves loops to the estimator", () => {
  const walk = () =>
    gen(function* (x: Tensor) {
      return { carry: yield* sample("x", normal(x, 1)) };
    });
  const inner = gen(function* (loc: Tensor | number) {
    yield* sample("z", normal(loc, 1));
  });
  const step = walk();
  const nested = gen(function* () {
    yield* call("part", inner(0));
    yield* scan("walk", (x) => step(x as Tensor), tf.scalar(0), 3);
  });
  const guide = gen(function* (q: { loc: Tensor }) {
    yield* call("part", inner(q.loc));
    yield* scan("walk", (x) => step(x as Tensor), q.loc, 3);
  });
  const at = { loc: tf.scalar(0.5) };
  const moments = (analyticKl: boolean | string[]) =>
    estimateMoments(elbo(nested, guide, { analyticKl }), at, noData, { draws: 5000 })[0]![0]!;
  expect(distance(moments(false), moments(true))).toBeLessThan(5);
  expect(moments(["part/z"]).variance).toBeLessThan(moments(false).variance);
  const refuse = (analyticKl: string[]) => () => estimateOnce(elbo(nested, guide, { analyticKl }), at, noData);
  expect(refuse(["walk/x"])).toThrow(/"walk\/x": it stands in a loop or a branch/);
  expect(refuse(["part/y"])).toThrow(/Did you mean "part\/z"/);
});

it("estimates pairs without a closed form, and refuses them where they are listed", () => {
  const prior = gen(function* () {
    yield* sample("s", halfCauchy(1));
  });
  const guide = gen(function* (q: { loc: Tensor }) {
    yield* sample("s", logNormal(q.loc, 1));
  });
  const at = { loc: tf.scalar(0) };
  expect(estimateOnce(elbo(prior, guide, { analyticKl: true }), at, noData)).toEqual(
    estimateOnce(elbo(prior, guide), at, noData),
  );
  expect(() => estimateOnce(elbo(prior, guide, { analyticKl: ["s"] }), at, noData)).toThrow(
    /no closed form\n {2}q: logNormal\n {2}p: halfCauchy[\s\S]*address "s".*analyticKl.test.ts/,
  );
});

it("gives the same value when it is run at once", async () => {
  const L = elbo(
    model,
    guideWith((d) => reparam(d)),
    { analyticKl: true },
  );
  const estimate = await L.estimate(7, parameters, ...data);
  expect(run(7, L.body(parameters, ...data)).dataSync()[0]).toBeCloseTo(estimate.dataSync()[0]!, 5);
});
