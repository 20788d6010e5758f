// Eight schools (Rubin 1981): effects of coaching on test scores in eight schools, estimated with known standard errors.
// Non-centred: θ_j = μ + τ·η_j. Three guides and an importance-weighted bound, beside their known values.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { adam, elbo, fit, gen, halfCauchy, iid, iwelbo, logNormal, multivariateNormal, normal, observe, sample } from "elbow";
import { runAlone } from "./support/gallery.js";

/** Estimated effects and their standard errors, one per school. */
export const data: [Tensor, Tensor] = [tf.tensor1d([28, 8, -3, 7, -1, 1, 18, 12]), tf.tensor1d([15, 10, 16, 11, 9, 11, 10, 18])];

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

/** Exact posterior moments by quadrature over (mu, tau). */
export const truth = { elbo: -31.595, logEvidence: -31.3113, mu: { mean: 4.39682, sd: 3.3177 }, tau: { mean: 3.59771, sd: 3.21996 } };

void runAlone;
void fit;
void adam;
void iwelbo;
