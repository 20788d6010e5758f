// A linear Gaussian state space model: z_1 ~ N(0, 1), z_t ~ N(0.9 z_{t−1}, ½), y_t ~ N(z_t, 0.8), ten times. Three guides'
// bounds beside the likelihood that the Kalman filter gives: a Markov chain of normals reaches it, independent normals do not;
// particle filters come closer with every particle.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  elbo,
  fit,
  fivo,
  gen,
  linearGaussianStateSpace,
  logDensity,
  normal,
  observe,
  piecewise,
  sample,
  scan,
} from "elbow";
import { type Check, runAlone } from "./support/gallery.js";

export const data: [Tensor] = [tf.tensor1d([0.5, 0.9, 0.2, -0.4, -1.1, -0.6, 0.3, 1.4, 1, 0.1])];
const times = 10;

const step = gen(function* (before: Tensor, { y, scale }: { y: Tensor; scale: Tensor }) {
  const z = yield* sample("z", normal(tf.mul(before, 0.9), scale));
  yield* observe("y", normal(z, 0.8), y);
  return { carry: z };
});

export const model = gen(function* stateSpace(y: Tensor) {
  const scale = tf.concat([tf.ones([1]), tf.fill([times - 1], 0.5)]);
  yield* scan("states", step, tf.scalar(0), { y, scale });
});

export const parameters = { slope: tf.zeros([times]), loc: tf.zeros([times]), logScale: tf.fill([times], -0.5) };
type Chain = typeof parameters;
type MeanField = Omit<Chain, "slope">;

const guideStep = gen(function* (before: Tensor, { slope, loc, logScale }: Chain) {
  const z = yield* sample("z", normal(tf.add(tf.mul(slope, before), loc), tf.exp(logScale)));
  return { carry: z };
});

/** Every state given the one before it, N(a_t z_{t−1} + b_t, s_t): the form of the posterior. */
export const guide = gen(function* chain(q: Chain, _y: Tensor) {
  yield* scan("states", guideStep, tf.scalar(0), q);
});

/** Independent states. */
export const meanField = gen(function* independent(q: MeanField, _y: Tensor) {
  yield* scan("states", guideStep, tf.scalar(0), { ...q, slope: tf.zeros([times]) });
});

// without the score of the guide, which only adds noise: the gradient then has none where the guide is the posterior
export const objective = elbo(model, guide, { gradient: "stickingTheLanding" });

/** The same model in parts, and the bound of a particle filter that draws from them. */
export const filterBound = (particles: number) =>
  fivo(
    (_: object, observations: Tensor) => ({
      model: {
        initial: () => normal(0, 1),
        transition: (z: Tensor) => normal(tf.mul(z, 0.9), 0.5),
        observation: (z: Tensor) => normal(z, 0.8),
      },
      observations,
    }),
    { particles },
  );

export const truth = {
  logEvidence: -12.598676,
  meanField: -13.795603,
  /** By the Kalman filter, which at the last time is the smoother. */
  last: { mean: 0.403854, sd: Math.sqrt(0.270765) },
  smoothed: [0.353275, 0.352397, 0.117759, -0.151264, -0.314011, -0.139105, 0.234296, 0.581784, 0.580607, 0.403854],
  /** E log Ẑ of the bootstrap filter with multinomial resampling, known to ±.009 and ±.005. */
  filter: { 4: -13.634, 20: -12.753 },
};

await runAlone(import.meta.url, "linearGaussianStateSpace", async (isQuiet) => {
  const seed = 0;
  const options = {
    data,
    seed,
    draws: 16,
    progress: !isQuiet,
    optimizer: adam({ learningRate: piecewise({ boundaries: [1400], rates: [0.03, 0.003] }) }),
    steps: 2000,
  };
  const evaluation = { seed: 1, draws: 20_000 };
  const result = await fit(objective, { parameters, ...options });
  const value = async (at: { estimate: (typeof objective)["estimate"] }, parameters: Chain) =>
    (await at.estimate(evaluation, parameters, ...data)).dataSync()[0]!;
  const independent = elbo(model, meanField);
  const { slope: _, ...start } = parameters;
  const factorised = await fit(independent, { parameters: start, ...options });
  const factorisedBound = await independent.estimate(evaluation, factorised.parameters, ...data);

  const kalman = linearGaussianStateSpace({
    transition: [[0.9]],
    transitionScale: [[0.5]],
    observation: [[1]],
    observationScale: [[0.8]],
    initialLoc: [0],
    initialScale: [[1]],
    numSteps: times,
  });
  const likelihood = logDensity(kalman, data[0].reshape([times, 1]));

  // means and variances of the fitted chain
  const [a, b, s] = (["slope", "loc", "logScale"] as const).map((name) => result.parameters[name].dataSync());
  let [mean, variance] = [0, 0];
  const means: number[] = [];
  for (let t = 0; t < times; t++) {
    mean = a![t]! * mean + b![t]!;
    variance = a![t]! ** 2 * variance + Math.exp(2 * s![t]!);
    means.push(mean);
  }
  const worst = Math.max(...means.map((each, t) => Math.abs(each - truth.smoothed[t]!)));
  const filters: Check[] = [];
  for (const [particles, known] of Object.entries(truth.filter)) {
    const L = filterBound(Number(particles));
    const found = (await L.estimate({ seed: 3, draws: 40_000 }, {}, ...data)).dataSync()[0]!;
    filters.push({ name: `FIVO, ${particles} particles`, value: found, truth: known, tolerance: 0.05 });
  }
  return {
    checks: [
      {
        name: "log-likelihood by the Kalman filter",
        value: likelihood.dataSync()[0]!,
        truth: truth.logEvidence,
        tolerance: 1e-4,
      },
      {
        name: "ELBO, Markov chain",
        value: await value(objective, result.parameters),
        truth: truth.logEvidence,
        tolerance: 0.01,
      },
      {
        name: "ELBO, independent states",
        value: factorisedBound.dataSync()[0]!,
        truth: truth.meanField,
        tolerance: 0.01,
      },
      { name: "largest error of a smoothed mean", value: worst, truth: 0, tolerance: 0.02 },
      { name: "mean of the last state", value: mean, truth: truth.last.mean, tolerance: 0.02 },
      { name: "sd of the last state", value: Math.sqrt(variance), truth: truth.last.sd, tolerance: 0.02 },
      ...filters,
    ],
    text: `${result.stepsPerSecond.toFixed(0)} steps/s on ${result.engine}`,
    json: {
      objective: result.objective,
      standardError: result.standardError,
      steps: result.steps,
      stepsPerSecond: result.stepsPerSecond,
      engine: result.engine,
      seed,
    },
  };
});
