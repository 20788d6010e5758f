// Quantiles, and both tails: against the distribution functions that the tables vouch for.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { logCdfOf, logSurvivalOf, upperQuantileOf } from "../../src/distributions/tails.js";
import { toTensor } from "../../src/ir/lifted.js";
import type { Family } from "../../src/ir/site.js";
import { gradientInDoubles, inDoubles, toArray } from "./arrays.js";
import { continuousFamilies } from "./continuous.js";

beforeAll(() => tf.setBackend("cpu"));

type Rule = (family: Family, parameters: readonly tf.Tensor[], x: tf.Tensor) => tf.Tensor;

const probabilities = [1e-9, 1e-3, 0.1, 0.375, 0.5, 0.75, 0.99, 1 - 1e-6];

describe.each(continuousFamilies)("%s", (_, build, settings) => {
  const applied =
    (rule: Rule) =>
    (x: tf.Tensor, ...parameters: tf.Tensor[]) => {
      const built = build(...parameters);
      return rule(built.family, built.parameters, x);
    };
  const cdf = applied((family, parameters, x) => family.cdf!(parameters, x));
  const quantile = applied((family, parameters, p) => family.quantile!(parameters, p));
  const upperQuantile = applied(upperQuantileOf);
  const logSurvival = applied(logSurvivalOf);
  const logDensity = applied((family, parameters, x) => family.logDensity(parameters, x));

  it.each(settings)("%d, %d, %d, %d", (...given) => {
    const parameters = given.filter((each) => each !== undefined).map(toArray);
    const at = (f: typeof cdf, x: number) => inDoubles(f, [toArray(x), ...parameters]).elements[0]!;
    for (const p of probabilities) {
      const x = at(quantile, p);
      const density = Math.exp(at(logDensity, x));
      /** What the rounding of x itself makes of a probability. */
      const rounding = 1e-15 * Math.abs(x) * density + 2e-16;
      expect(Math.abs(at(cdf, x) - p)).toBeLessThan(1e-9 * p + rounding);
      expect(Math.abs(Math.exp(at(applied(logCdfOf), x)) - p)).toBeLessThan(1e-9 * p + rounding);
      // from above: the same point, and the same probability beyond it
      const above = at(upperQuantile, 1 - p);
      expect(Math.abs(above - x) * density).toBeLessThan(1e-9 * p + rounding + 1e-15 * density);
      expect(Math.abs(Math.exp(at(logSurvival, above)) - (1 - p))).toBeLessThan(1e-9 * (1 - p) + rounding);

      // dx = (dp − ∂F/∂θ·dθ)/density
      const moved = gradientInDoubles(quantile, [toArray(p), ...parameters]).gradient;
      const below = gradientInDoubles(cdf, [toArray(x), ...parameters]).gradient;
      const [[score]] = gradientInDoubles(logDensity, [toArray(x), ...parameters]).gradient as [[number]];
      const bound = 1e-6 + 1e-15 * Math.abs(x * score);
      expect(Math.abs(moved[0]![0]! * density - 1)).toBeLessThan(bound);
      expect(Math.abs(below[0]![0]! / density - 1)).toBeLessThan(bound);
      below.slice(1).forEach(([slope], i) => {
        const truth = -slope! / density;
        expect(Math.abs(moved[i + 1]![0]! - truth)).toBeLessThan(bound * Math.max(Math.abs(truth), Math.abs(x)) + 1e-9);
      });
      // single precision, where the probability itself can be told from 1
      if (p > 0.99) continue;
      const single = quantile(tf.scalar(p), ...parameters.map(toTensor)).dataSync()[0]!;
      const sensitivity =
        Math.abs(p * moved[0]![0]!) +
        parameters.reduce(
          (sum, { elements }, i) =>
            sum + (Number.isFinite(elements[0]) ? Math.abs(elements[0]! * moved[i + 1]![0]!) : 0),
          0,
        );
      expect(Math.abs(single - x)).toBeLessThan(1e-5 * Math.abs(x) + 2e-7 * sensitivity + 1e-30);
    }
  });

  it.each(settings)("%d, %d, %d, %d: a survival of 10⁻³⁰", (...given) => {
    const parameters = given.filter((each) => each !== undefined).map(toArray);
    const at = (f: typeof cdf, x: number) => inDoubles(f, [toArray(x), ...parameters]).elements[0]!;
    const x = at(upperQuantile, 1e-30);
    // where numbers are too coarse to tell x from the end of the support, there is nothing to compare
    const rounding = 1e-15 * Math.abs(x) * Math.exp(at(logDensity, x) + 30 * Math.LN10);
    if (rounding < 0.1) expect(Math.abs(at(logSurvival, x) + 30 * Math.LN10)).toBeLessThan(1e-9 + 2 * rounding);
  });
});
