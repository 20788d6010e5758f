// W1: p ~ Beta(10, 10), six heads and four tails, a logit-normal guide: the model of models/coin.ts.
import * as tf from "@tensorflow/tfjs-core";
import { elbo } from "elbow";
import { data, guide, model, parameters } from "../../models/coin.js";
import { eagerNormal } from "../harness/eagerNoise.js";
import type { HandWritten } from "../harness/workload.js";
import { variant, type Workload } from "../harness/workload.js";

/** log B(10, 10) */
const logBeta = 2 * Math.log(362_880) - Array.from({ length: 19 }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b);
const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** With x = m + eʳε and p = σ(x): ELBO = 16 log p + 14 log(1 − p) + ½ε² + r + ½ log 2π − log B, whose x-derivative is 16 − 30p. */
const handWritten = (): HandWritten => ({
  noise: 1,
  gradient: (parameters, noise, gradient) => {
    const [loc, logScale] = [parameters[0]!, parameters[1]!];
    const epsilon = noise[0]!;
    const shift = Math.exp(logScale) * epsilon;
    const x = loc + shift;
    const e = Math.exp(-Math.abs(x));
    const p = x >= 0 ? 1 / (1 + e) : e / (1 + e);
    const softplus = Math.max(x, 0) + Math.log1p(e);
    const slope = 16 - 30 * p;
    gradient[0] = -slope;
    gradient[1] = -slope * shift - 1;
    // log p = x − softplus x, log(1 − p) = −softplus x
    return 30 * softplus - 16 * x - 0.5 * epsilon * epsilon - logScale - halfLogTwoPi + logBeta;
  },
});

export const coin: Workload = {
  name: "W1",
  title: "coin, logit-normal guide",
  variants: [
    variant({
      name: "P=1",
      parameters,
      data,
      learningRate: 0.02,
      comparison: { steps: 1000, tolerance: 0.08 },
      quickComparison: { steps: 200, tolerance: 0.1 },
      gigaflops: 1e-7,
      objective: () => elbo(model, guide),
      handWritten,
      eager: ({ loc, logScale }, flips) => {
        const epsilon = eagerNormal([]);
        const p = tf.sigmoid(loc.add(tf.exp(logScale).mul(epsilon)));
        const [logP, logNotP] = [tf.log(p), tf.log1p(p.neg())];
        const heads = tf.sum(flips);
        const prior = logP.add(logNotP).mul(9).sub(logBeta);
        const likelihood = logP.mul(heads).add(logNotP.mul(tf.sub(10, heads)));
        const logGuide = epsilon.square().mul(-0.5).sub(logScale).sub(halfLogTwoPi).sub(logP).sub(logNotP);
        return logGuide.sub(prior).sub(likelihood);
      },
    }),
  ],
};
