// Distribution functions, tails, quantiles and entropies are continuous in parameters: a pathwise value may be one.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  cdf,
  censored,
  type Distribution,
  exponential,
  fromSampler,
  logCdf,
  logDensity,
  logSurvival,
  masked,
  normal,
  objective,
  quantile,
  reparam,
  sample,
  scaled,
  truncated,
} from "elbow";
import { describe, expect, it } from "vitest";
import { continuousFamilies } from "./continuous.js";

type Anything = Distribution<Tensor, never>;

/** The derivative of a cost of a distribution whose parameters move with a pathwise value. */
async function slope(
  parameters: readonly number[],
  build: (...p: Tensor[]) => Anything,
  cost: (d: Anything) => Tensor,
) {
  const L = objective(function* ({ t }: { t: Tensor }) {
    const x = yield* sample("x", reparam(normal(t, 0.125)));
    return cost(build(...parameters.map((each) => tf.add(each, tf.mul(2 ** -10, x)))));
  });
  const { t } = await L.gradEstimate({ seed: 1, draws: 2, engine: "reference" }, { t: tf.scalar(0) });
  return t.dataSync()[0]!;
}

describe.each(continuousFamilies)("%s", (_, build, [parameters]) => {
  const at = parameters!.length > 3 ? 1 : 0.375;
  it.each<[string, (d: Anything) => Tensor]>([
    ["cdf", (d) => cdf(d, at)],
    ["logCdf", (d) => tf.maximum(logCdf(d, at), -1e3)],
    ["logSurvival", (d) => tf.maximum(logSurvival(d, at), -1e3)],
    ["quantile", (d) => quantile(d, 0.375)],
  ])("%s", async (_, cost) => {
    expect(Number.isFinite(await slope(parameters!, build, cost))).toBe(true);
  });
});

it("log densities of wrappers move with the parameters of what they wrap", async () => {
  const waiting = (rate: Tensor) =>
    fromSampler({
      name: "waiting",
      support: "positive",
      parameters: { rate },
      sampler: (own, noise) => tf.div(tf.neg(tf.log(noise.uniform())), own.rate),
      logDensity: (own, x) => tf.sub(tf.log(own.rate), tf.mul(own.rate, x)),
      isSmooth: true,
    });
  const builds: readonly ((rate: Tensor) => Anything)[] = [
    (rate) => scaled(exponential(rate), 3),
    (rate) => masked(exponential(rate), true),
    (rate) => censored(exponential(rate), { low: 1, high: 2 }),
    (rate) => truncated(exponential(rate), { low: 1, high: 2 }),
    waiting,
  ];
  for (const build of builds)
    expect(
      await slope(
        [1.5],
        (rate) => build(rate!),
        (d) => logDensity(d, tf.scalar(1.25)),
      ),
    ).not.toBe(0);
});
