// Eight schools (Rubin 1981): effects of coaching on test scores in eight schools, estimated with known standard errors.
// Non-centred: θ_j = μ + τ·η_j. Three guides and an importance-weighted bound, beside their known values.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  clipByNorm,
  describeEngine,
  effectiveSampleSize,
  elbo,
  fit,
  formatSummary,
  gen,
  halfCauchy,
  iid,
  importanceDraws,
  iwelbo,
  logEvidence,
  logNormal,
  multivariateNormal,
  normal,
  observe,
  piecewise,
  sample,
  summarize,
} from "elbow";
import { type Check, runAlone } from "./support/gallery.js";

/** Estimated effects and their standard errors, one per school. */
export const data: [Tensor, Tensor] = [
  tf.tensor1d([28, 8, -3, 7, -1, 1, 18, 12]),
  tf.tensor1d([15, 10, 16, 11, 9, 11, 10, 18]),
];

export const model = gen(function* eightSchools(y: Tensor, sigma: Tensor) {
  const mu = yield* sample("mu", normal(0, 5));
  const tau = yield* sample("tau", halfCauchy(5));
  const eta = yield* sample("eta", iid(8, normal(0, 1)));
  yield* observe("y", normal(mu.add(tau.mul(eta)), sigma), y);
});

/** The same model in terms of the effects themselves. */
export const centredModel = gen(function* centredEightSchools(y: Tensor, sigma: Tensor) {
  const mu = yield* sample("mu", normal(0, 5));
  const tau = yield* sample("tau", halfCauchy(5));
  const theta = yield* sample("theta", normal(mu.mul(tf.ones([8])), tau));
  yield* observe("y", normal(theta, sigma), y);
});

export const parameters = {
  mu: { loc: tf.scalar(0), logScale: tf.scalar(0) },
  tau: { loc: tf.scalar(0), logScale: tf.scalar(0) },
  eta: { loc: tf.zeros([8]), logScale: tf.zeros([8]) },
};
type MeanField = typeof parameters;

/** Independent normals for mu, log tau and every eta. */
export const guide = gen(function* meanField({ mu, tau, eta }: MeanField) {
  yield* sample("mu", normal(mu.loc, tf.exp(mu.logScale)));
  yield* sample("tau", logNormal(tau.loc, tf.exp(tau.logScale)));
  yield* sample("eta", normal(eta.loc, tf.exp(eta.logScale)));
});

/** The same for the centred model. */
export const centredGuide = gen(function* centredMeanField({ mu, tau, eta }: MeanField) {
  yield* sample("mu", normal(mu.loc, tf.exp(mu.logScale)));
  yield* sample("tau", logNormal(tau.loc, tf.exp(tau.logScale)));
  yield* sample("theta", normal(eta.loc, tf.exp(eta.logScale)));
});

export const fullRankParameters = {
  ...parameters,
  tauOnMu: tf.scalar(0),
  etaOnMu: tf.zeros([8]),
  etaOnTau: tf.zeros([8]),
  etaBelowDiagonal: tf.zeros([8, 8]),
};

/** One normal over (mu, log tau, eta), as a product of conditionals. */
export const fullRankGuide = gen(function* fullRank(q: typeof fullRankParameters) {
  const mu = yield* sample("mu", normal(q.mu.loc, tf.exp(q.mu.logScale)));
  const mu0 = mu.sub(q.mu.loc).div(tf.exp(q.mu.logScale));
  const tauLoc = q.tau.loc.add(q.tauOnMu.mul(mu0));
  const tau = yield* sample("tau", logNormal(tauLoc, tf.exp(q.tau.logScale)));
  const tau0 = tf.log(tau).sub(tauLoc).div(tf.exp(q.tau.logScale));
  const loc = q.eta.loc.add(q.etaOnMu.mul(mu0)).add(q.etaOnTau.mul(tau0));
  const below = tf.tensor2d(Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => (j < i ? 1 : 0))));
  const scaleTril = q.etaBelowDiagonal.mul(below).add(tf.eye(8).mul(tf.exp(q.eta.logScale)));
  yield* sample("eta", multivariateNormal(loc, { scaleTril }));
});

export const objective = elbo(model, guide);

/** By quadrature over (mu, tau). */
export const truth = {
  logEvidence: -31.311347,
  elbo: { meanField: -31.595, fullRank: -31.533, centred: -33.404 },
  iwelbo10: -31.398,
  mu: { mean: 4.39682, sd: 3.3177 },
  tau: { mean: 3.59771, sd: 3.21996 },
};

/**
 * Sixteen draws per step, and a rate that is lowered twice. In the centred model a small tau makes a gradient of thousands,
 * which Adam would remember for thousands of steps: the norm is bounded.
 */
const options = (steps: number) => ({
  steps,
  draws: 16,
  clip: clipByNorm(100),
  optimizer: adam({ learningRate: piecewise({ boundaries: [steps * 0.5, steps * 0.8], rates: [0.05, 0.01, 0.002] }) }),
});

await runAlone(import.meta.url, "eightSchools", async (isQuiet) => {
  const seed = 0;
  const result = await fit(objective, { parameters, data, seed, progress: !isQuiet, ...options(3000) });
  const value = async (of: typeof objective) =>
    (await of.estimate({ seed: 1, draws: 50_000 }, result.parameters, ...data)).dataSync()[0]!;
  const elboAtEnd = await value(objective);
  const iwelbo10 = await value(iwelbo(model, guide, 10));
  // draws from the guide, weighted towards the posterior
  const { choices, logWeights } = await importanceDraws(model, guide, result.parameters, data, {
    draws: 100_000,
    seed: 2,
  });
  const posterior = await summarize({ mu: choices.mu, tau: choices.tau }, { logWeights, truth });
  const summary = await summarize(choices, { logWeights, truth });
  const [mu, tau] = posterior;
  const evidence = logEvidence(logWeights);

  const others = process.argv.includes("--all")
    ? [
        {
          name: "ELBO, full-rank",
          of: elbo(model, fullRankGuide),
          start: fullRankParameters,
          truth: truth.elbo.fullRank,
          tolerance: 0.03,
        },
        {
          name: "ELBO, centred mean-field",
          of: elbo(centredModel, centredGuide),
          start: parameters,
          truth: truth.elbo.centred,
          tolerance: 0.05,
        },
      ]
    : [];
  const more: Check[] = [];
  for (const { name, of, start, ...known } of others) {
    const any = of as typeof objective;
    const fitted = await fit(any, {
      parameters: start as typeof parameters,
      data,
      seed,
      progress: !isQuiet,
      ...options(4000),
    });
    const estimate = await any.estimate({ seed: 1, draws: 50_000 }, fitted.parameters, ...data);
    more.push({ name, value: estimate.dataSync()[0]!, ...known });
  }
  return {
    checks: [
      { name: "ELBO, mean-field", value: elboAtEnd, truth: truth.elbo.meanField, tolerance: 0.03 },
      { name: "IWELBO(10) at its optimum", value: iwelbo10, truth: truth.iwelbo10, tolerance: 0.03 },
      { name: "log evidence by importance sampling", value: evidence, truth: truth.logEvidence, tolerance: 0.05 },
      { name: "posterior mean of mu", value: mu!.mean, truth: truth.mu.mean, tolerance: 0.15 * truth.mu.sd },
      { name: "posterior sd of mu", value: mu!.sd, truth: truth.mu.sd, tolerance: 0.15 * truth.mu.sd },
      { name: "posterior mean of tau", value: tau!.mean, truth: truth.tau.mean, tolerance: 0.15 * truth.tau.sd },
      { name: "posterior sd of tau", value: tau!.sd, truth: truth.tau.sd, tolerance: 0.15 * truth.tau.sd },
      ...more,
    ],
    text: `${formatSummary(summary)}\nELBO ${elboAtEnd.toFixed(4)}; ${result.steps} steps, ${result.stepsPerSecond.toFixed(0)} steps/s on ${describeEngine(result.engine, result.engineDetails)}, compiled in ${Math.round(result.compileMs)} ms; effective sample size ${effectiveSampleSize(logWeights).toFixed(0)} of 100000`,
    json: {
      objective: result.objective,
      standardError: result.standardError,
      steps: result.steps,
      stepsPerSecond: result.stepsPerSecond,
      compileMs: result.compileMs,
      engine: result.engine,
      ...result.engineDetails,
      seed,
      summary,
    },
  };
});
