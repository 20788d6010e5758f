// W2: eight schools, non-centred, mean-field normal guide, P draws per step: the model of models/eightSchools.ts.
import * as tf from "@tensorflow/tfjs-core";
import { elbo } from "elbow";
import { data, guide, model, parameters } from "../../models/eightSchools.js";
import { eagerNormal } from "../harness/eagerNoise.js";
import { type HandWritten, type Variant, variant, type Workload } from "../harness/workload.js";

const schools = 8;
const effects = Float64Array.of(28, 8, -3, 7, -1, 1, 18, 12);
const errors = Float64Array.of(15, 10, 16, 11, 9, 11, 10, 18);
const precisions = errors.map((error) => 1 / error ** 2);
const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** What does not depend on the parameters in log p(μ, τ, η, y) − log q: the 2π of the guide cancels that of μ and η, but for τ's. */
const constant =
  errors.reduce((sum, error) => sum - Math.log(error) - halfLogTwoPi, 0) +
  -Math.log(5) +
  Math.log(2 / Math.PI) -
  Math.log(5) +
  halfLogTwoPi;

const [etaLoc, etaLogScale] = [4, 4 + schools];

/** Parameters: m_μ, r_μ, m_log τ, r_log τ, m_η[8], r_η[8]; value = m + eʳε. */
export function handWritten(particles: number): HandWritten {
  const etaScale = new Float64Array(schools);
  const gradientAt = (parameters: Float64Array, noise: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    for (let i = 0; i < schools; i++) etaScale[i] = Math.exp(parameters[etaLogScale + i]!);
    const muScale = Math.exp(parameters[1]!);
    const tauScale = Math.exp(parameters[3]!);
    let total = 0;
    for (let particle = 0, at = 0; particle < particles; particle++, at += 2 + schools) {
      const muNoise = noise[at]!;
      const tauNoise = noise[at + 1]!;
      const mu = parameters[0]! + muScale * muNoise;
      const logTau = parameters[2]! + tauScale * tauNoise;
      const tau = Math.exp(logTau);
      let value = -0.02 * mu * mu - Math.log1p(0.04 * tau * tau) + logTau;
      value += 0.5 * (muNoise * muNoise + tauNoise * tauNoise);
      let muSlope = -0.04 * mu;
      let tauSlope = (-2 * tau) / (25 + tau * tau);
      for (let i = 0; i < schools; i++) {
        const epsilon = noise[at + 2 + i]!;
        const shift = etaScale[i]! * epsilon;
        const eta = parameters[etaLoc + i]! + shift;
        const residual = effects[i]! - mu - tau * eta;
        const weighted = residual * precisions[i]!;
        value += 0.5 * (epsilon * epsilon - eta * eta - weighted * residual);
        muSlope += weighted;
        tauSlope += weighted * eta;
        const etaSlope = weighted * tau - eta;
        gradient[etaLoc + i]! -= etaSlope;
        gradient[etaLogScale + i]! -= etaSlope * shift;
      }
      const logTauSlope = tauSlope * tau + 1;
      gradient[0]! -= muSlope;
      gradient[1]! -= muSlope * muScale * muNoise;
      gradient[2]! -= logTauSlope;
      gradient[3]! -= logTauSlope * tauScale * tauNoise;
      total += value;
    }
    const share = 1 / particles;
    for (let i = 0; i < gradient.length; i++) gradient[i]! *= share;
    // the entropy Σ r
    let entropy = parameters[1]! + parameters[3]!;
    gradient[1]! -= 1;
    gradient[3]! -= 1;
    for (let i = etaLogScale; i < etaLogScale + schools; i++) {
      entropy += parameters[i]!;
      gradient[i]! -= 1;
    }
    return -(total * share + entropy + constant);
  };
  return { noise: particles * (2 + schools), gradient: gradientAt };
}

const withParticles = (particles: number): Variant =>
  variant({
    name: `P=${particles}`,
    parameters,
    data,
    draws: particles,
    learningRate: 0.02,
    comparison: particles === 1 ? { steps: 1000, tolerance: 0.9 } : { steps: 600, tolerance: 0.2 },
    quickComparison: { steps: 100, tolerance: particles === 1 ? 3 : 0.5 },
    gigaflops: particles * 1e-6,
    objective: () => elbo(model, guide),
    handWritten: () => handWritten(particles),
    eager: (q, y, sigma) => {
      const muNoise = eagerNormal([particles, 1]);
      const tauNoise = eagerNormal([particles, 1]);
      const etaNoise = eagerNormal([particles, schools]);
      const mu = q.mu.loc.add(tf.exp(q.mu.logScale).mul(muNoise));
      const logTau = q.tau.loc.add(tf.exp(q.tau.logScale).mul(tauNoise));
      const tau = tf.exp(logTau);
      const eta = q.eta.loc.add(tf.exp(q.eta.logScale).mul(etaNoise));
      const residual = y.sub(mu.add(tau.mul(eta))).div(sigma);
      const perSchool = tf.sum(etaNoise.square().sub(eta.square()).sub(residual.square()), 1, true).mul(0.5);
      const shared = muNoise.square().add(tauNoise.square()).mul(0.5).sub(mu.square().mul(0.02));
      const value = perSchool
        .add(shared)
        .sub(tf.log1p(tau.square().mul(0.04)))
        .add(logTau);
      const entropy = q.mu.logScale.add(q.tau.logScale).add(tf.sum(q.eta.logScale));
      return tf.neg(tf.mean(value).add(entropy).add(constant));
    },
  });

export const eightSchools: Workload = {
  name: "W2",
  title: "eight schools, non-centred, mean-field guide, P draws",
  variants: [withParticles(1), withParticles(64)],
};
