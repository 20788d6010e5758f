// A coin of unknown bias: p ~ Beta(10, 10), six heads and four tails, and a logit-normal guide. Both distributions are
// defined here, as a user would define his own.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  type Distribution,
  distribution,
  effectiveSampleSize,
  elbo,
  family,
  fit,
  flip,
  formatSummary,
  gen,
  importanceDraws,
  lgamma,
  logEvidence,
  observe,
  piecewise,
  sample,
  standardNormal,
  standardUniform,
  summarize,
  type UnitInterval,
} from "elbow";
import { runAlone } from "./support/gallery.js";

/** Beta(a, b) for fixed whole a and b: the a-th smallest of a + b − 1 uniforms. */
const wholeBeta = (a: number, b: number): Distribution<UnitInterval, "reinforce"> => {
  const logNormalizer = lgamma(a)
    .add(lgamma(b))
    .sub(lgamma(a + b));
  return distribution(
    family({
      name: "wholeBeta",
      support: "unitInterval",
      parameters: [],
      isPathwise: false,
      logDensity: (_, x) =>
        tf
          .log(x)
          .mul(a - 1)
          .add(tf.log1p(tf.neg(x)).mul(b - 1))
          .sub(logNormalizer),
      draw: (_, key, batch) => {
        const { values } = tf.topk(standardUniform(key, [...batch, a + b - 1]), b);
        return tf.squeeze(tf.slice(values, [...batch.map(() => 0), b - 1], [...batch, 1]), [batch.length]);
      },
    }),
    [],
  );
};

const logitNormalFamily = family({
  name: "logitNormal",
  support: "unitInterval",
  parameters: ["loc", "scale"],
  // log N(logit x; loc, scale) − log x(1 − x)
  logDensity: ({ loc, scale }, x) => {
    const standardized = tf
      .log(x)
      .sub(tf.log1p(tf.neg(x)))
      .sub(loc)
      .div(scale);
    return standardized
      .square()
      .mul(-0.5)
      .sub(tf.log(scale))
      .sub(0.5 * Math.log(2 * Math.PI))
      .sub(tf.log(x))
      .sub(tf.log1p(tf.neg(x)));
  },
  draw: ({ loc, scale }, key, batch) => tf.sigmoid(loc.add(scale.mul(standardNormal(key, batch)))),
});

export const logitNormal = (loc: Tensor, scale: Tensor): Distribution<UnitInterval, "reparam" | "reinforce"> =>
  distribution(logitNormalFamily, [loc, scale]);

export const data: [Tensor] = [tf.tensor1d([1, 1, 1, 1, 1, 1, 0, 0, 0, 0])];

export const model = gen(function* coin(flips: Tensor) {
  const p = yield* sample("p", wholeBeta(10, 10));
  yield* observe("flips", flip(p.mul(tf.ones([10]))), flips);
});

export const parameters = { loc: tf.scalar(0), logScale: tf.scalar(-1) };

export const guide = gen(function* logitNormalGuide({ loc, logScale }: typeof parameters) {
  yield* sample("p", logitNormal(loc, tf.exp(logScale)));
});

export const objective = elbo(model, guide);

/** The posterior is Beta(16, 14). */
export const truth = { logEvidence: -7.069375, p: { mean: 16 / 30, sd: 0.089603 } };

await runAlone(import.meta.url, "coin", async (isQuiet) => {
  const seed = 0;
  const steps = 1500;
  const optimizer = adam({ learningRate: piecewise({ boundaries: [1000], rates: [0.02, 0.002] }) });
  const result = await fit(objective, { parameters, data, seed, steps, draws: 8, optimizer, progress: !isQuiet });
  const bound = (await objective.estimate({ seed: 1, draws: 20_000 }, result.parameters, ...data)).dataSync()[0]!;
  const { choices, logWeights } = await importanceDraws(model, guide, result.parameters, data, {
    draws: 20_000,
    seed: 2,
  });
  const summary = await summarize(choices, { logWeights, truth });
  return {
    checks: [
      { name: "ELBO", value: bound, truth: truth.logEvidence, tolerance: 0.01 },
      {
        name: "log evidence by importance sampling",
        value: logEvidence(logWeights),
        truth: truth.logEvidence,
        tolerance: 0.01,
      },
      { name: "posterior mean of p", value: summary[0]!.mean, truth: truth.p.mean, tolerance: 0.005 },
      { name: "posterior sd of p", value: summary[0]!.sd, truth: truth.p.sd, tolerance: 0.005 },
    ],
    text: `${formatSummary(summary)}\neffective sample size ${effectiveSampleSize(logWeights).toFixed(0)} of 20000; ${result.stepsPerSecond.toFixed(0)} steps/s on ${result.engine}`,
    json: {
      objective: result.objective,
      standardError: result.standardError,
      steps: result.steps,
      stepsPerSecond: result.stepsPerSecond,
      engine: result.engine,
      seed,
      summary,
    },
  };
});
