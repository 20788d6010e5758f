// Guides with a structure: what is found in a program, what a user may ask for, and that a normal posterior is reached.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  assess,
  bijectors,
  ElbowError,
  elbo,
  fit,
  flowGuide,
  fullRank,
  gamma,
  gen,
  halfCauchy,
  hierarchicalGuide,
  iid,
  importanceDraws,
  meanField,
  multivariateNormal,
  normal,
  observe,
  piecewise,
  plate,
  run,
  sample,
  scan,
  structuredGuide,
} from "elbow";
import { describe, expect, it } from "vitest";

const schools = gen(function* schools(y: Tensor) {
  const mu = yield* sample("mu", normal(0, 5));
  const tau = yield* sample("tau", halfCauchy(5));
  const eta = yield* sample("eta", iid(8, normal(0, 1)));
  yield* observe("y", normal(mu.add(tau.mul(eta)), 10), y);
});
const y8 = tf.tensor1d([28, 8, -3, 7, -1, 1, 18, 12]);

const thrown = (body: () => unknown): ElbowError => {
  try {
    body();
  } catch (error) {
    if (error instanceof ElbowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};
const shapes = (tree: object): unknown =>
  Object.fromEntries(
    Object.entries(tree).map(([name, each]) => [name, each instanceof tf.Tensor ? each.shape : shapes(each)]),
  );

describe("hierarchicalGuide finds", () => {
  it("that observations link what the model draws independently, and that plates stay apart", () => {
    const { parameters } = hierarchicalGuide(schools, [y8]);
    expect(shapes(parameters.weights)).toEqual({ tau: { mu: [1, 1] }, eta: { mu: [8, 1], tau: [8, 1] } });
    expect(parameters.factor).toEqual({});
  });
  it("that what is independent is independent", () => {
    const model = gen(function* (y: Tensor) {
      const a = yield* sample("a", normal(0, 1));
      yield* sample("b", gamma(2, 1));
      const c = yield* sample("c", normal(a, 1));
      yield* sample("d", normal(c, 1));
      yield* observe("y", normal(a, 1), y);
    });
    const { parameters } = hierarchicalGuide(model, [tf.scalar(1)]);
    // d is a child of c alone, c of a
    expect(shapes(parameters.weights)).toEqual({ c: { a: [1, 1] }, d: { c: [1, 1] } });
  });
  it("two plates of one size, element by element, and vectors that observations mix", () => {
    const model = gen(function* (x: Tensor, y: Tensor) {
      const row = () =>
        gen(function* () {
          const w = yield* sample("w", normal(0, 1));
          yield* sample("v", normal(w, 1));
        })();
      yield* plate("rows", row as never, tf.zeros([5]));
      const beta = yield* sample("beta", iid(3, normal(0, 1)));
      yield* observe("y", normal(tf.sum(tf.mul(x, beta), 1), 1), y);
    });
    const { parameters } = hierarchicalGuide(model as never, [tf.randomNormal([4, 3], 0, 1, "float32", 1), tf.zeros([4])] as never); // biome-ignore format: short
    expect(shapes(parameters.weights)).toEqual({ "rows/v": { "rows/w": [5, 1, 1] } });
    expect(shapes(parameters.factor)).toEqual({ beta: [3, 3] });
  });
  it("that the steps of a chain depend on one another", () => {
    const model = gen(function* () {
      const step = (before: Tensor) =>
        gen(function* () {
          const x = yield* sample("x", normal(before, 1));
          return { carry: x };
        })();
      yield* scan("steps", step as never, tf.scalar(0), 4);
    });
    expect(shapes(hierarchicalGuide(model, []).parameters.factor)).toEqual({ "steps/x": [4, 4] });
  });
});

// mu ~ N(0, 2), theta_i ~ N(mu, 1), y_i ~ N(theta_i, ½): normal, and correlated throughout
const hierarchy = gen(function* (y: Tensor) {
  const mu = yield* sample("mu", normal(0, 2));
  const theta = yield* sample("theta", iid(6, normal(mu, 1)));
  yield* observe("y", normal(theta, 0.5), y);
});
const y6 = [1, 2, 0.5, -1, 3, 1.5];
/** y ~ N(0, 1.25·I + 4·11ᵀ) */
const logEvidence = (() => {
  const sum = y6.reduce((a, b) => a + b, 0);
  const squares = y6.reduce((a, b) => a + b * b, 0);
  const [s, t, n] = [1.25, 4, 6];
  const quadratic = squares / s - (t * sum * sum) / (s * (s + n * t));
  return -0.5 * (n * Math.log(2 * Math.PI) + (n - 1) * Math.log(s) + Math.log(s + n * t) + quadratic);
})();
const optimizer = adam({ learningRate: piecewise({ boundaries: [1500, 2100], rates: [0.05, 0.01, 0.002] }) });
const options = { data: [tf.tensor1d(y6)] as [Tensor], steps: 2500, draws: 16, optimizer, seed: 0 };
const logWeights = async (of: ReturnType<typeof meanField<[Tensor], { mu: Tensor; theta: Tensor }, void>>) => {
  const { parameters } = await fit(elbo(hierarchy, of.guide as never), {
    ...options,
    parameters: of.parameters as never,
  });
  const drawn = await importanceDraws(hierarchy, of.guide as never, parameters, options.data, { draws: 1000 });
  const weights = Array.from(drawn.logWeights.dataSync());
  const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
  return { mean, sd: Math.sqrt(weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / weights.length) };
};

describe("a hierarchy of normals", () => {
  it("hierarchicalGuide is the posterior: all weights are the evidence", async () => {
    const of = hierarchicalGuide(hierarchy, options.data);
    const { mean, sd } = await logWeights(of as never);
    expect(Math.abs(mean - logEvidence)).toBeLessThan(0.02);
    expect(sd).toBeLessThan(0.15);
  });
  it("so is structuredGuide with the right structure, and with a wrong one it is not", async () => {
    const right = await logWeights(structuredGuide(hierarchy, options.data, { given: { theta: ["mu"] } }) as never);
    expect(Math.abs(right.mean - logEvidence)).toBeLessThan(0.02);
    expect(right.sd).toBeLessThan(0.15);
    // negative control: without the link the best bound is lower by −½ log(Var(mu | theta, y)/Var(mu | y))
    const missed = -0.5 * Math.log((1 / 4 + 6 / 1.25) / (1 / 4 + 6));
    const wrong = await logWeights(structuredGuide(hierarchy, options.data, { joint: [["theta"]] }) as never);
    expect(Math.abs(logEvidence - wrong.mean - missed)).toBeLessThan(0.04);
    expect(missed).toBeGreaterThan(0.1);
  });
});

describe("structuredGuide", () => {
  it("has blocks and conditionals as asked", () => {
    const { parameters } = structuredGuide(schools, [y8], { joint: [["tau", "mu"]], given: { eta: ["mu"] } });
    expect(shapes(parameters.factor)).toEqual({ "tau+mu": [2, 2] });
    expect(shapes(parameters.weights)).toEqual({ eta: { mu: [8, 1] } });
    // a parent may come later in the model
    const other = structuredGuide(schools, [y8], { given: { mu: ["eta"] } });
    expect(shapes(other.parameters.weights)).toEqual({ mu: { eta: [1, 8] } });
  });
  it("with everything in one block has the density of fullRank", () => {
    const order = { joint: [["mu", "tau", "eta"]] } as const;
    const { guide, parameters } = structuredGuide(schools, [y8], order);
    const factor = tf.randomNormal([10, 10], 0, 0.3, "float32", 3);
    const own = { ...parameters, factor: { "mu+tau+eta": factor } };
    const full = fullRank(schools, [y8]);
    const values = { mu: tf.scalar(1), tau: tf.scalar(2), eta: tf.linspace(-0.3, 0.4, 8) };
    const density = (program: Parameters<typeof assess>[0]) => run(0, assess(program, values as never)).dataSync()[0]!;
    const known = density(full.guide({ ...full.parameters, factor }, y8));
    expect(Math.abs(density(guide(own as never, y8)) - known)).toBeLessThan(1e-3 * Math.abs(known));
  });
  it("refuses circles, choices in two blocks and unknown names", () => {
    const circle = thrown(() => structuredGuide(schools, [y8], { given: { mu: ["tau"], tau: ["mu"] } }));
    expect(circle.message).toContain("circle: mu, tau");
    const twice = thrown(() => structuredGuide(schools, [y8], { joint: [["mu", "tau"], ["mu"]] }));
    expect(twice.message).toContain('"mu" is in two blocks');
    const within = thrown(() => structuredGuide(schools, [y8], { joint: [["mu", "tau"]], given: { mu: ["tau"] } }));
    expect(within.message).toContain("same block");
    // @ts-expect-error no such choice
    expect(thrown(() => structuredGuide(schools, [y8], { joint: [["nu"]] })).code).toBe("unknown-address");
  });
});

describe("flowGuide", () => {
  it("refuses couplings of one coordinate and odd numbers of layers", () => {
    const one = gen(function* () {
      yield* sample("x", normal(0, 1));
    });
    expect(thrown(() => flowGuide(one, [])).hint).toContain("inverseAutoregressive");
    expect(flowGuide(one, [], { flow: "inverseAutoregressive" }).parameters.layers.length).toBe(2);
    expect(thrown(() => flowGuide(schools, [y8], { layers: 0 })).code).toBe("option");
    expect(thrown(() => flowGuide(schools, [y8], { bins: 1 })).code).toBe("option");
  });
});

describe("coordinates of one's own", () => {
  const pair = gen(function* () {
    const x = yield* sample("x", multivariateNormal([100, -20], { scaleTril: [[30, 0], [-0.2, 0.01]] })); // biome-ignore format: short
    yield* sample("s", gamma(2, 1 / 1000));
    return x;
  });
  const x = bijectors.trilAffine(tf.tensor1d([100, -20]), tf.tensor2d([[30, 0], [-0.2, 0.01]])); // biome-ignore format: short
  const s = bijectors.pipe(bijectors.affine(Math.log(1000), 1), bijectors.exp);
  it("meanField of whitened coordinates is the correlated target", () => {
    const { guide, parameters } = meanField(pair, [], { coordinates: { x, s }, scale: 1 });
    expect(Array.from(parameters.loc.x.dataSync()).every((each) => Math.abs(each) < 0.5)).toBe(true);
    const at = { ...parameters, loc: { x: tf.zeros([2]), s: tf.scalar(0) } };
    const [mean, off] = [tf.tensor1d([100, -20]), tf.tensor1d([130, -20.195])];
    const density = (value: Tensor) => run(0, assess(guide(at), { x: value, s: tf.scalar(1000) })).dataSync()[0]!;
    // one and a half squared standard deviations of whitened coordinates: (1, 0.5)
    expect(Math.abs(density(mean) - density(off) - 0.625)).toBeLessThan(1e-2);
  });
  it("must lead to the support", () => {
    const wrong = thrown(() => meanField(pair, [], { coordinates: { s: bijectors.identity("real") } }));
    expect(wrong.code).toBe("support-mismatch");
    expect(wrong.message).toContain("from real to positive");
  });
});
