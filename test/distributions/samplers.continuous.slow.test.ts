// 100 000 draws of every continuous family and setting against its distribution function, which the tables vouch for, and its
// moments; seeds fixed.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { seedKey } from "../../src/ops/random.js";
import { inDoubles, toArray } from "./arrays.js";
import { continuousFamilies } from "./continuous.js";
import { kolmogorovSmirnov, meanScore, varianceScore } from "./statistics.js";

beforeAll(() => tf.setBackend("cpu"));

/** Those of wrappers are evaluated several times over. */
const countOf = (name: string): number => (name.startsWith("truncated(") ? 20_000 : 100_000);
type Build = (typeof continuousFamilies)[number][1];

function drawn(build: Build, parameters: readonly number[], seed: number, count: number): Float64Array {
  const { family, parameters: converted } = build(...parameters);
  return Float64Array.from(tf.tidy(() => family.draw(converted, seedKey(seed), [count])).dataSync());
}

/** The Kolmogorov–Smirnov statistic against the distribution function in double precision. */
function statistic(draws: Float64Array, build: Build, parameters: readonly number[]): number {
  const sorted = draws.toSorted();
  const cdf = (x: tf.Tensor, ...own: tf.Tensor[]) => {
    const { family, parameters: converted } = build(...own);
    return family.cdf!(converted, x);
  };
  const points = { shape: [sorted.length], dtype: "float32" as const, elements: sorted };
  const { elements } = inDoubles(cdf, [points, ...parameters.map(toArray)]);
  const below = new Map<number, number>();
  sorted.forEach((x, i) => {
    below.set(x, elements[i]!);
  });
  return kolmogorovSmirnov(sorted, (x) => below.get(x)!);
}

/** Whether the draws have a fourth moment, which the standard error of their variance needs. */
const hasFourthMoment = (name: string, [first, second]: readonly number[]): boolean =>
  !["cauchy", "halfCauchy", "truncated(cauchy)"].includes(name) &&
  !(["studentT", "inverseGamma"].includes(name) && first! <= 4) &&
  !(name === "pareto" && second! <= 4);

describe.each(continuousFamilies)("%s", (name, build, settings) => {
  it.each(settings.map((parameters, seed) => ({ parameters, seed })))("$parameters", ({ parameters, seed }) => {
    const draws = drawn(build, parameters, seed, countOf(name));
    expect(statistic(draws, build, parameters)).toBeLessThan(2.5);
    const { family, parameters: converted } = build(...parameters);
    if (!family.mean || !family.variance || !hasFourthMoment(name, parameters)) return;
    const [mean, variance] = [family.mean(converted), family.variance(converted)].map((each) => each.dataSync()[0]!);
    expect(Math.abs(meanScore(draws, mean!))).toBeLessThan(5);
    expect(Math.abs(varianceScore(draws, mean!, variance!))).toBeLessThan(5);
  });
});

it("negative control: another setting is told apart", () => {
  for (const [name, build, [first]] of continuousFamilies) {
    if (!["normal", "cauchy", "gumbel", "kumaraswamy", "pareto", "weibull"].includes(name)) continue;
    const nearly = first!.map((each) => each + 0.03125);
    expect(statistic(drawn(build, nearly, 1, 100_000), build, first!)).toBeGreaterThan(2.5);
  }
});
