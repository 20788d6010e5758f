// Bayesian logistic regression on the O-ring data (Dalal, Fowlkes & Hoadley 1989): did a ring show distress on a flight,
// given the temperature at launch? Two weights with N(0, 2.5) priors, so that everything is known by quadrature.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  bernoulli,
  elbo,
  fit,
  formatSummary,
  gen,
  iid,
  importanceDraws,
  logEvidence,
  multivariateNormal,
  normal,
  observe,
  piecewise,
  sample,
  summarize,
} from "elbow";
import { runAlone } from "./support/gallery.js";

const temperatures = [66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58];
const distress = [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1];
/** Temperature in units of ten degrees Fahrenheit from 70. */
const scaled = temperatures.map((t) => (t - 70) / 10);

export const data: [Tensor, Tensor] = [tf.tensor1d(scaled), tf.tensor1d(distress)];

export const model = gen(function* logisticRegression(x: Tensor, y: Tensor) {
  const weights = yield* sample("weights", iid(2, normal(0, 2.5)));
  const [intercept, slope] = tf.unstack(weights);
  yield* observe("y", bernoulli({ logits: intercept!.add(slope!.mul(x)) }), y);
});

export const parameters = { loc: tf.zeros([2]), logScale: tf.fill([2], -0.5), below: tf.scalar(0) };

/** A normal over both weights with a free correlation. */
export const guide = gen(function* fullRank({ loc, logScale, below }: typeof parameters) {
  const corner = tf.tensor2d([
    [0, 0],
    [1, 0],
  ]);
  const scaleTril = tf.eye(2).mul(tf.exp(logScale)).add(corner.mul(below));
  yield* sample("weights", multivariateNormal(loc, { scaleTril }));
});

/** Log evidence and posterior moments by quadrature on a grid. */
function quadrature() {
  const step = 0.02;
  let z = 0;
  const first = [0, 0];
  const second = [0, 0];
  const normalLog = (w: number) => -0.5 * (w / 2.5) ** 2 - Math.log(2.5) - 0.5 * Math.log(2 * Math.PI);
  for (let a = -6; a <= 4; a += step)
    for (let b = -10; b <= 4; b += step) {
      let log = normalLog(a) + normalLog(b);
      scaled.forEach((x, i) => {
        const logit = a + b * x;
        log += distress[i]! * logit - Math.log1p(Math.exp(logit));
      });
      const p = Math.exp(log) * step * step;
      z += p;
      [a, b].forEach((w, i) => {
        first[i]! += p * w;
        second[i]! += p * w * w;
      });
    }
  const mean = first.map((each) => each / z);
  return { logEvidence: Math.log(z), mean, sd: second.map((each, i) => Math.sqrt(each / z - mean[i]! ** 2)) };
}

const exact = quadrature();
export const truth = { ...exact, weights: { mean: exact.mean, sd: exact.sd } };
export const objective = elbo(model, guide);

await runAlone(import.meta.url, "logisticRegression", async (isQuiet) => {
  const seed = 0;
  const steps = 2000;
  const optimizer = adam({ learningRate: piecewise({ boundaries: [1200], rates: [0.02, 0.002] }) });
  const result = await fit(objective, { parameters, data, seed, steps, draws: 8, optimizer, progress: !isQuiet });
  const { choices, logWeights } = await importanceDraws(model, guide, result.parameters, data, {
    draws: 50_000,
    seed: 2,
  });
  const summary = await summarize(choices, { logWeights, truth });
  return {
    checks: [
      {
        name: "log evidence by importance sampling",
        value: logEvidence(logWeights),
        truth: truth.logEvidence,
        tolerance: 0.02,
      },
      ...["intercept", "slope"].flatMap((name, i) => [
        {
          name: `posterior mean of the ${name}`,
          value: summary[i]!.mean,
          truth: truth.mean[i]!,
          tolerance: 0.05 * truth.sd[i]!,
        },
        {
          name: `posterior sd of the ${name}`,
          value: summary[i]!.sd,
          truth: truth.sd[i]!,
          tolerance: 0.05 * truth.sd[i]!,
        },
      ]),
    ],
    text: `${formatSummary(summary)}\nELBO ${result.objective.toFixed(4)}; ${result.stepsPerSecond.toFixed(0)} steps/s on ${result.engine}`,
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
