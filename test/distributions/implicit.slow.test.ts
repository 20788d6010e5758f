// Draws by rejection: their laws by distribution functions in double precision, and their implicit pathwise derivatives
// against the derivatives of expectations in closed form.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { beta } from "../../src/distributions/beta.js";
import { binomial } from "../../src/distributions/binomial.js";
import { dirichlet } from "../../src/distributions/dirichlet.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { gamma } from "../../src/distributions/gamma.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { typeOf } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import { betainc } from "../../src/util/special/betainc.js";
import { gammainc } from "../../src/util/special/gammainc.js";
import { lgamma } from "../../src/util/special/lgamma.js";
import { chiSquareScore, kolmogorovSmirnov, meanScore } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

type Anything = Distribution<tf.Tensor, never>;
const count = 40_000;

const drawsOf = ({ family, parameters }: Anything, seed: number): Float64Array =>
  Float64Array.from(tf.tidy(() => family.draw(parameters, seedKey(seed), [count])).dataSync());

describe("laws", () => {
  it.each([0.3, 1, 2.5, 40, 1000])("gamma of shape %d", (a) => {
    expect(kolmogorovSmirnov(drawsOf(gamma(a, 2), 1), (x) => gammainc(0, a, 2 * x))).toBeLessThan(2.5);
  });
  it.each([
    [0.5, 0.5],
    [2, 5],
    [30, 0.4],
  ])("beta(%d, %d)", (a, b) => {
    expect(kolmogorovSmirnov(drawsOf(beta(a, b), 2), (x) => betainc([0, 0], a, b, Math.min(1, x)))).toBeLessThan(2.5);
  });
  it.each([
    [10, 0.3],
    [1, 0.5],
    [200, 0.9],
    [1000, 0.02],
  ])("binomial(%d, %d)", (n, p) => {
    const choose = (k: number) => lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
    const mass = (k: number) => (k > n ? 0 : Math.exp(choose(k) + k * Math.log(p) + (n - k) * Math.log1p(-p)));
    expect(chiSquareScore(drawsOf(binomial(n, { probs: p }), 3), mass)).toBeLessThan(5);
  });
  it("negative control: another shape is told apart", () => {
    expect(kolmogorovSmirnov(drawsOf(gamma(2.6, 2), 1), (x) => gammainc(0, 2.5, 2 * x))).toBeGreaterThan(2.5);
  });
});

/** One pathwise derivative of f(x) per draw and parameter, x drawn from parameters repeated along the draws. */
function derivatives(
  build: (...parameters: tf.Tensor[]) => Anything,
  parameters: readonly number[],
  f: (x: tf.Tensor) => tf.Tensor,
): Float64Array[] {
  const types = parameters.map(() => typeOf({ shape: [count], dtype: "float32" }));
  const program = trace(types, (...each) => {
    const { family, parameters: converted } = build(...each);
    return [tf.sum(f(family.draw(converted, seedKey(4), [count])))];
  });
  const inputs = parameters.map((each) => ({
    shape: [count],
    dtype: "float32" as const,
    elements: new Float64Array(count).fill(each),
  }));
  return evaluate(valueAndGrad(program, { wrt: parameters.map((_, i) => i) }), inputs)
    .slice(1)
    .map(({ elements }) => elements);
}

const square = (x: tf.Tensor) => tf.square(x);

describe("implicit derivatives", () => {
  it.each<[string, (...p: tf.Tensor[]) => Anything, number[], number[]]>([
    // E x² = a(a + 1)/λ²
    ["gamma", (a, rate) => gamma(a!, rate!), [2.5, 2], [6 / 4, (-2 * 2.5 * 3.5) / 8]],
    ["gamma of small shape", (a, rate) => gamma(a!, rate!), [0.125, 1], [1.25, -2 * 0.125 * 1.125]],
    ["gamma of large shape", (a, rate) => gamma(a!, rate!), [64, 8], [129 / 64, (-2 * 64 * 65) / 512]],
    // E x² = α(α + 1)/((α + β)(α + β + 1))
    ["beta", (a, b) => beta(a!, b!), [2, 3], [84 / 900, -66 / 900]],
  ])("%s: E x²", (_, build, parameters, truths) => {
    const received = derivatives(build, parameters, square);
    for (const [i, draws] of received.entries()) expect(Math.abs(meanScore(draws, truths[i]!))).toBeLessThan(5);
  });

  it("dirichlet: E x₀²", () => {
    const alphas = [0.5, 2, 1.5];
    const build = (...each: tf.Tensor[]) => dirichlet(tf.stack(each, -1));
    const first = (x: tf.Tensor) => tf.square(tf.slice(x, [0, 0], [count, 1]));
    const received = derivatives(build, alphas, first);
    const value = (a: readonly number[]) => {
      const total = a.reduce((sum, each) => sum + each);
      return (a[0]! * (a[0]! + 1)) / (total * (total + 1));
    };
    for (const [i, draws] of received.entries()) {
      const moved = (step: number) => value(alphas.map((a, k) => (k === i ? a + step : a)));
      expect(Math.abs(meanScore(draws, (moved(1e-5) - moved(-1e-5)) / 2e-5))).toBeLessThan(5);
    }
  });

  it("negative control: a wrong truth is told apart", () => {
    const [draws] = derivatives((a, rate) => gamma(a!, rate!), [2.5, 2], square);
    expect(Math.abs(meanScore(draws!, 1.4))).toBeGreaterThan(5);
  });
});
