// W3: Bayesian logistic regression, N data, D features and an intercept, full batch, mean-field normal guide, P draws.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { bernoulli, elbo, gen, iid, matVec, normal, observe, sample } from "elbow";
import { eagerNormal } from "../harness/eagerNoise.js";
import { multiplyTransposed, transposeInto } from "../harness/matrices.js";
import { normals, randomSource } from "../harness/random.js";
import { type HandWritten, type Variant, variant, type Workload } from "../harness/workload.js";

/** Features of standard deviation 1 and labels from known weights of standard deviation 1/2. */
export function makeData(rows: number, features: number): { x: Float32Array; y: Float32Array } {
  const x = normals(31, rows * features);
  const weights = normals(32, features, 0.5);
  const { uniform } = randomSource(33);
  const y = Float32Array.from({ length: rows }, (_, n) => {
    let logit = 0.5;
    for (let d = 0; d < features; d++) logit += weights[d]! * x[n * features + d]!;
    return uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
  });
  return { x, y };
}

const model = (features: number) =>
  gen(function* (x: Tensor, y: Tensor) {
    const intercept = yield* sample("intercept", normal(0, 5));
    const weights = yield* sample("weights", iid(features, normal(0, 1)));
    yield* observe("y", bernoulli({ logits: matVec(x, weights).add(intercept) }), y);
  });

interface Normal {
  readonly loc: Tensor;
  readonly logScale: Tensor;
}

const guide = gen(function* (q: { readonly intercept: Normal; readonly weights: Normal }) {
  yield* sample("intercept", normal(q.intercept.loc, tf.exp(q.intercept.logScale)));
  yield* sample("weights", normal(q.weights.loc, tf.exp(q.weights.logScale)));
});

/** Parameters: m₀, r₀, m[D], r[D]; noise: per particle the intercept's, then the weights'. */
export function handWritten(x: Float32Array, y: Float32Array, features: number, particles: number): HandWritten {
  const rows = y.length;
  const width = features + 1;
  // a column of ones for the intercept; rows contiguous for the logits, columns contiguous for the gradient
  const design = new Float64Array(rows * width);
  for (let n = 0; n < rows; n++) {
    design[n * width] = 1;
    for (let d = 0; d < features; d++) design[n * width + 1 + d] = x[n * features + d]!;
  }
  const columns = new Float64Array(rows * width);
  transposeInto(columns, design, rows, width);
  const labels = Float64Array.from(y);
  const weights = new Float64Array(particles * width);
  const logits = new Float64Array(rows * particles);
  const residuals = new Float64Array(particles * rows);
  const slopes = new Float64Array(width * particles);
  const locAt = (d: number): number => (d === 0 ? 0 : 1 + d);
  const logScaleAt = (d: number): number => (d === 0 ? 1 : 1 + features + d);
  const constant = -Math.log(5);
  return {
    noise: particles * width,
    gradient: (parameters, noise, gradient) => {
      let value = 0;
      for (let p = 0; p < particles; p++)
        for (let d = 0; d < width; d++) {
          const epsilon = noise[p * width + d]!;
          const weight = parameters[locAt(d)]! + Math.exp(parameters[logScaleAt(d)]!) * epsilon;
          weights[p * width + d] = weight;
          value += 0.5 * epsilon * epsilon - 0.5 * weight * weight * (d === 0 ? 0.04 : 1);
        }
      multiplyTransposed(logits, design, weights, rows, particles, width);
      for (let n = 0, at = 0; n < rows; n++) {
        const label = labels[n]!;
        for (let p = 0; p < particles; p++, at++) {
          const logit = logits[at]!;
          const e = Math.exp(-Math.abs(logit));
          value += label * logit - Math.max(logit, 0) - Math.log(1 + e);
          residuals[p * rows + n] = label - (logit >= 0 ? 1 : e) / (1 + e);
        }
      }
      multiplyTransposed(slopes, columns, residuals, width, particles, rows);
      let entropy = 0;
      for (let d = 0; d < width; d++) {
        const logScale = parameters[logScaleAt(d)]!;
        const scale = Math.exp(logScale);
        let locSlope = 0;
        let scaleSlope = 0;
        for (let p = 0; p < particles; p++) {
          const at = p * width + d;
          const slope = slopes[d * particles + p]! - weights[at]! * (d === 0 ? 0.04 : 1);
          locSlope += slope;
          scaleSlope += slope * scale * noise[at]!;
        }
        gradient[locAt(d)] = -locSlope / particles;
        gradient[logScaleAt(d)] = -scaleSlope / particles - 1;
        entropy += logScale;
      }
      return -(value / particles + entropy + constant);
    },
  };
}

/** A regression of some size. */
export function logisticVariant(rows: number, features: number, particles: number): Variant {
  const { x, y } = makeData(rows, features);
  const zeros = (): Normal => ({ loc: tf.scalar(0), logScale: tf.scalar(-3) });
  const own = model(features);
  return variant({
    name: `P=${particles}`,
    parameters: {
      intercept: zeros(),
      weights: { loc: tf.zeros([features]), logScale: tf.fill([features], -3) },
    },
    data: [tf.tensor2d(x, [rows, features]), tf.tensor1d(y)] as [Tensor, Tensor],
    draws: particles,
    learningRate: 0.1,
    comparison: { steps: 40, tolerance: 0.001 * rows },
    quickComparison: { steps: 5, tolerance: 0.01 * rows },
    gigaflops: rows * (features + 1) * particles * 4e-9,
    objective: () => elbo(own, guide),
    handWritten: () => handWritten(x, y, features, particles),
    eager: (q, inputs, labels) => {
      const interceptNoise = eagerNormal([1, particles]);
      const noise = eagerNormal([features, particles]);
      const intercept = q.intercept.loc.add(tf.exp(q.intercept.logScale).mul(interceptNoise));
      const scale = tf.exp(q.weights.logScale).reshape([features, 1]);
      const weights = q.weights.loc.reshape([features, 1]).add(scale.mul(noise));
      const logits = tf.matMul(inputs, weights).add(intercept);
      const logLikelihood = tf.sum(labels.reshape([rows, 1]).mul(logits).sub(tf.softplus(logits)));
      const logPrior = tf.sum(weights.square()).mul(-0.5).sub(tf.sum(intercept.square()).mul(0.02));
      const logGuide = tf.sum(noise.square()).add(tf.sum(interceptNoise.square())).mul(-0.5);
      const perParticle = logLikelihood.add(logPrior).sub(logGuide).div(particles);
      const entropy = q.intercept.logScale.add(tf.sum(q.weights.logScale)).sub(Math.log(5));
      return tf.neg(perParticle.add(entropy));
    },
  });
}

export const logisticRegression = (): Workload => ({
  name: "W3",
  title: "Bayesian logistic regression, N=10000, D=50 and an intercept, full batch, P draws",
  variants: [logisticVariant(10_000, 50, 10)],
});
