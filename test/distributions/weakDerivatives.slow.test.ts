// Measure-valued derivatives: E Σ c·(f(plus) − f(minus))·∂φ/∂θ is the derivative of E f, in closed form or by summation.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { bernoulli, flip } from "../../src/distributions/bernoulli.js";
import { binomial } from "../../src/distributions/binomial.js";
import { categorical } from "../../src/distributions/categorical.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { gamma } from "../../src/distributions/gamma.js";
import { geometric } from "../../src/distributions/geometric.js";
import { halfNormal } from "../../src/distributions/halfNormal.js";
import { laplace } from "../../src/distributions/laplace.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { namedKey, seedKey } from "../../src/ops/random.js";
import { gammainc } from "../../src/util/special/gammainc.js";
import { lgamma } from "../../src/util/special/lgamma.js";
import { meanScore } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

const count = 100_000;

type Anything = Distribution<tf.Tensor, never>;

/** For every weak term, one draw each of its derivative of E f(x). */
function derivatives({ family, parameters, batch }: Anything, f: (x: tf.Tensor) => tf.Tensor): Float64Array[] {
  // pairs of gamma variables take some time
  const shape = [family.name === "gamma" ? count / 5 : count, ...batch];
  const value = family.draw(parameters, seedKey(2), shape);
  const { lanes, terms } = family.weakDerivative!(parameters, value, namedKey(seedKey(2), "weak"), shape);
  const costs = [value, ...lanes].map(f);
  return terms.map(({ constant, plus, minus, parameter }) => {
    expect(parameter.shape).toEqual(shape);
    const difference = minus === undefined ? costs[plus]! : tf.sub(costs[plus]!, costs[minus]!);
    return Float64Array.from(tf.mul(constant, difference).dataSync());
  });
}

const square = (x: tf.Tensor) => tf.square(x);
/** A cost with a jump, which no pathwise derivative sees. */
const isAboveOne = (x: tf.Tensor) => tf.cast(tf.greater(x, 1), "float32");

const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** Of P(X > 1) for a gamma variable of shape a and rate λ: −∂P(a, λ)/∂a and −λᵃ⁻¹e^{−λ}/Γ(a). */
const ofGammaTail = (a: number, rate: number): number[] => [
  -gammainc(1, a, rate),
  -Math.exp((a - 1) * Math.log(rate) - rate - lgamma(a)),
];

describe.each<[string, Anything, (x: tf.Tensor) => tf.Tensor, number[]]>([
  // E x² = m² + s²
  ["normal, x²", normal(0.5, 2), square, [1, 4]],
  // P(x > 1) = Φ((m − 1)/s)
  ["normal, x > 1", normal(0.5, 2), isAboveOne, [density(0.25) / 2, (density(0.25) * 0.25) / 2]],
  ["halfNormal, x²", halfNormal(1.5), square, [3]],
  // P(x > 1) = 2Φ(−1/s)
  ["halfNormal, x > 1", halfNormal(1.5), isAboveOne, [(2 * density(1 / 1.5)) / 1.5 ** 2]],
  // E x² = 2/λ²
  ["exponential, x²", exponential(1.5), square, [-4 / 1.5 ** 3]],
  ["exponential, x > 1", exponential(1.5), isAboveOne, [-Math.exp(-1.5)]],
  ["flip, x²", flip(0.3), square, [1]],
  ["bernoulli, x²", bernoulli({ logits: -1 }), square, [1]],
  // E x² = λ + λ²
  ["poisson, x²", poisson(2.5), square, [6]],
  // P(x ≤ 1) = e^{−λ}(1 + λ)
  ["poisson, x > 1", poisson(2.5), isAboveOne, [Math.exp(-2.5) * 2.5]],
  // P(x > 1) = (1 − p)²
  ["geometric, x > 1", geometric({ probs: 0.3 }), isAboveOne, [-2 * 0.7]],
  // E x² = (1 − p)(2 − p)/p²
  ["geometric, x²", geometric({ probs: 0.3 }), square, [(3 * 0.3 - 4) / 0.3 ** 3]],
  // E x² = m² + 2b²; P(x > 1) = ½e^{−(1 − m)/b}
  ["laplace, x²", laplace(0.5, 2), square, [1, 8]],
  ["laplace, x > 1", laplace(0.5, 2), isAboveOne, [Math.exp(-0.25) / 4, (Math.exp(-0.25) * 0.25) / 4]],
  // E x² = np(1 − p) + n²p²
  ["binomial, x²", binomial(10, { probs: 0.3 }), square, [10 * 0.4 + 60]],
  ["binomial of one trial, x²", binomial(1, { logits: -1 }), square, [1]],
  ["categorical, x²", categorical({ probs: [0.2, 0.3, 0.5] }), square, [0, 1, 4]],
  // E x² = a(a + 1)/λ²
  ["gamma, x²", gamma(2.5, 2), square, [6 / 4, (-2 * 8.75) / 8]],
  ["gamma, x > 1", gamma(2.5, 2), isAboveOne, ofGammaTail(2.5, 2)],
  ["gamma of small shape, x > 1", gamma(0.125, 0.5), isAboveOne, ofGammaTail(0.125, 0.5)],
  ["gamma of large shape, x > 1", gamma(50, 48), isAboveOne, ofGammaTail(50, 48)],
])("%s", (_, distribution, f, truths) => {
  it("is unbiased", () => {
    const received = derivatives(distribution, f);
    expect(received.length).toBe(truths.length);
    for (const [i, draws] of received.entries()) expect(Math.abs(meanScore(draws, truths[i]!))).toBeLessThan(5);
  });
});

it("negative control: the score of a wrong truth is large", () => {
  const [draws] = derivatives(exponential(1.5), square);
  expect(Math.abs(meanScore(draws!, -1))).toBeGreaterThan(5);
});
