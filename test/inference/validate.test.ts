// Checked mode: parameters that are known only when the compiled program runs.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  average,
  categorical,
  cond,
  drawMany,
  elbo,
  enumerate,
  fit,
  flip,
  gen,
  importanceDraws,
  multivariateNormal,
  normal,
  objective,
  observe,
  reinforce,
  reparam,
  sample,
  scan,
  sgd,
  simulate,
  uniform,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";

const line = expect.stringMatching(/validate\.test\.ts:\d+/);
const at = (s: number) => ({ s: tf.scalar(s) });
type Q = { s: Tensor };

/** A choice whose scale is a parameter, and a cost that stays finite whatever that is. */
const direct = objective(function* ({ s }: Q) {
  return (yield* sample("x", reparam(normal(0, s)))).square();
});

describe.each(["wasm", "reference", "tfjs:cpu"])("estimates on %s", (engine) => {
  it("tell distribution, parameter, value and address", async () => {
    await expect(direct.estimate({ seed: 0, engine, validate: true }, at(-2))).rejects.toMatchObject({
      code: "parameter",
      message: expect.stringMatching(/normal: scale must be > 0\n {2}received: -2\n/),
      at: { address: "x", source: line },
    });
    expect((await direct.estimate({ seed: 0, engine }, at(-2))).dataSync()[0]).toBeGreaterThan(0);
    const [plain, validated] = [
      await direct.valueAndGradEstimate({ seed: 3, engine, draws: 5 }, at(2)),
      await direct.valueAndGradEstimate({ seed: 3, engine, draws: 5, validate: true }, at(2)),
    ];
    expect(validated.value.dataSync()[0]).toBeCloseTo(plain.value.dataSync()[0]!, 5);
    expect(validated.gradient.s.dataSync()[0]).toBeCloseTo(plain.gradient.s.dataSync()[0]!, 5);
  });
});

describe("what is checked", () => {
  const validated = { seed: 0, validate: true };
  const rejects = (L: { estimate: typeof direct.estimate }, address: string, message: RegExp, s = -1) =>
    expect(L.estimate(validated, at(s))).rejects.toMatchObject({
      code: "parameter",
      message: expect.stringMatching(message),
      at: { address, source: line },
    });

  it("every derivative's call", async () => {
    for (const call of [
      direct.gradEstimate(validated, at(-1)),
      direct.jvpEstimate(validated, at(-1), at(1)),
      direct.hvpEstimate(validated, at(-1), at(1)),
    ])
      await expect(call).rejects.toMatchObject({ code: "parameter", at: { address: "x" } });
  });

  it("probabilities, simplexes, matrices, relations", async () => {
    const one = (make: (s: Tensor) => Parameters<typeof sample>[1]) =>
      objective(function* ({ s }: Q) {
        return (yield* sample("x", make(s))).sum();
      });
    await rejects(
      one((s) => reinforce(flip(s))),
      "x",
      /bernoulli: probs must be in \[0, 1\]\n {2}received: 1\.25/,
      1.25,
    );
    await rejects(
      one((s) => enumerate(categorical({ probs: tf.stack([s, s]) }))),
      "x",
      /categorical: probs must .*\n {2}received: \[0\.75, 0\.75\]/,
      0.75,
    );
    await rejects(
      one((s) =>
        reparam(multivariateNormal([0, 0], { covariance: tf.stack([tf.stack([1, s]), tf.stack([s, 1])]) as Tensor })),
      ),
      "x",
      /covariance must be .*\n {2}received: \[1, 2, 2, 1\]/,
      2,
    );
    await rejects(
      one((s) => reparam(uniform(1, s))),
      "x",
      /uniform: low and high must satisfy .*\n {2}received: low = 1, high = -1/,
    );
  });

  it("what random choices make of parameters, in loops, branches, replications and nested programs", async () => {
    const inLoop = gen(function* (s: Tensor) {
      yield* scan("walk", (x) => step(x as Tensor), s, 3);
    });
    const step = gen(function* (x: Tensor) {
      yield* sample("y", reparam(normal(0, x)));
      return { carry: x.sub(1) };
    });
    const looped = objective(function* ({ s }: Q) {
      yield* simulate(inLoop(s));
      return s;
    });
    await rejects(looped, "walk/y", /scale must be > 0\n {2}received: -0\.5/, 1.5);
    await looped.estimate(validated, at(2.5));

    const bad = gen(function* (s: Tensor) {
      return yield* sample("z", reparam(normal(0, s)));
    });
    const good = gen(function* () {
      return yield* sample("z", reparam(normal(0, 1)));
    });
    const branched = (isBad: boolean) =>
      objective(function* ({ s }: Q) {
        const either = gen(function* () {
          return yield* cond("either", isBad ? s.less(0) : s.greater(0), bad(s), good());
        });
        return (yield* simulate(either())).returnValue;
      });
    await rejects(branched(true), "either/z", /scale must be > 0/);
    await branched(false).estimate(validated, at(-1));

    const replicated = objective(function* ({ s }: Q) {
      return yield* average(4, function* () {
        const x = yield* sample("x", reinforce(normal(0, 1)));
        return (yield* sample("y", reparam(normal(0, s.add(x.mul(0)))))).square();
      });
    });
    await rejects(replicated, "y", /scale must be > 0\n {2}received: -1 at \[0\]/);
    await replicated.estimate(validated, at(1));
  });

  it("observations, and choices that are enumerated or scored", async () => {
    const model = gen(function* () {
      const b = yield* sample("b", flip(0.5));
      yield* observe("y", normal(0, b.sub(0.5)), 1);
    });
    const guide = gen(function* (q: Q) {
      yield* sample("b", enumerate(flip(tf.sigmoid(q.s))));
    });
    await expect(elbo(model, guide).estimate(validated, at(0))).rejects.toMatchObject({
      code: "parameter",
      message: expect.stringMatching(/scale must be > 0[\s\S]*-0\.5/),
      at: { address: "y" },
    });
  });

  it("draws", async () => {
    const program = gen(function* (s: Tensor) {
      const x = yield* sample("x", normal(s, 0.01));
      return yield* sample("y", normal(0, x));
    });
    const draw = (s: number, validate: boolean) =>
      drawMany(
        function* (s: Tensor) {
          return { y: (yield* simulate(program(s))).returnValue };
        },
        [tf.scalar(s)] as [Tensor],
        { draws: 3, validate },
      );
    await expect(draw(-1, true)).rejects.toMatchObject({ code: "parameter", at: { address: "y" } });
    expect((await draw(-1, false)).y.shape).toEqual([3]);
    expect((await draw(1, true)).y.dataSync()).toEqual((await draw(1, false)).y.dataSync());
    const model = gen(function* () {
      yield* sample("z", normal(0, 1));
    });
    const guide = gen(function* (q: Q) {
      yield* sample("z", normal(0, q.s));
    });
    const weigh = importanceDraws(model, guide, at(-1), [], { draws: 2, validate: true });
    await expect(weigh).rejects.toMatchObject({ code: "parameter", at: { address: "z" } });
  });
});

describe("fit", () => {
  const descent = (validate: boolean, engine: string) =>
    fit(
      objective(function* ({ s }: Q) {
        const x = yield* sample("x", reparam(normal(0, s)));
        return x.mul(0).add(s);
      }),
      {
        parameters: at(1.05),
        steps: 1000,
        direction: "minimize",
        optimizer: sgd({ learningRate: 0.01 }),
        validate,
        engine,
      },
    );

  it.each(["wasm", "tfjs:cpu"])("stops at the step with the address and the value (%s)", async (engine) => {
    await expect(descent(true, engine)).rejects.toMatchObject({
      code: "parameter",
      message: expect.stringMatching(/normal: scale must be > 0 \(step 10[56]\)\n {2}received: -0\.00\d+\n/),
      at: { address: "x", source: line },
    });
  });

  it("goes on without it, and costs nothing then", async () => {
    expect((await descent(false, "wasm")).parameters.s.dataSync()[0]).toBeLessThan(-8);
    const names = (validate: boolean) =>
      prepare(direct, at(1), [], 1, validate).program.equations.map(({ primitive }) => primitive.name);
    expect(names(true)).toContain("checked");
    expect(names(false)).not.toContain("checked");
  });

  it("takes the same steps where all is well", async () => {
    const model = gen(function* (y: Tensor) {
      const mu = yield* sample("mu", normal(0, 1));
      yield* observe("y", normal(mu, 1), y);
    });
    const guide = gen(function* (q: { loc: Tensor; rho: Tensor }, _y: Tensor) {
      yield* sample("mu", normal(q.loc, tf.exp(q.rho)));
    });
    const run = (validate: boolean) =>
      fit(elbo(model, guide), {
        parameters: { loc: tf.scalar(0), rho: tf.scalar(0) },
        data: [tf.scalar(2)],
        steps: 200,
        validate,
      });
    const [plain, validated] = [await run(false), await run(true)];
    expect(validated.parameters.loc.dataSync()[0]).toBeCloseTo(plain.parameters.loc.dataSync()[0]!, 4);
  });
});
