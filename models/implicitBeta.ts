// The coin again, with a guide that the library does not have: Beta(a, b), made by its user of a sampler and a distribution
// function. Draws then move with a and b as quantiles do (implicit reparameterization: dx/da = −(∂F/∂a)/p). Two objectives
// find the posterior, Beta(16, 14): the ELBO, and a symmetric divergence that its user writes down too.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  assess,
  betainc,
  betaln,
  elbo,
  fit,
  flip,
  fromSampler,
  gen,
  type Noise,
  type Objective,
  objective as objectiveOf,
  observe,
  piecewise,
  sample,
  simulate,
  where,
} from "elbow";
import { type Check, runAlone } from "./support/gallery.js";

/**
 * Draws from Gamma(shape ≥ 1): the first of eight proposals that is accepted, by Marsaglia & Tsang (2000); all are refused
 * with a probability below 1e-10. Such a sampler jumps, and has no useful derivative of its own.
 */
function gammaByRejection(shape: Tensor, noise: Noise): Tensor {
  const d = tf.sub(shape, 1 / 3);
  const c = tf.div(1 / 3, tf.sqrt(d));
  let accepted = tf.mul(d, tf.onesLike(noise.uniform()));
  for (let proposal = 0; proposal < 8; proposal++) {
    const x = noise.normal();
    const v = tf.pow(tf.relu(tf.add(1, tf.mul(c, x))), 3);
    const logBound = tf.add(tf.mul(0.5, tf.square(x)), tf.mul(d, tf.add(tf.sub(1, v), tf.log(tf.maximum(v, 1e-30)))));
    const isAccepted = tf.logicalAnd(tf.greater(v, 0), tf.less(tf.log(noise.uniform()), logBound));
    accepted = where(isAccepted, tf.mul(d, v), accepted);
  }
  return accepted;
}

/** Beta(a, b), from a rejection sampler and a distribution function. */
export const userBeta = (a: Tensor | number, b: Tensor | number) =>
  fromSampler({
    name: "userBeta",
    support: "unitInterval",
    parameters: { a, b },
    sampler: (of, noise) => {
      const [x, y] = [gammaByRejection(of.a, noise), gammaByRejection(of.b, noise)];
      return tf.div(x, tf.add(x, y));
    },
    cdf: (of, x) => betainc(of.a, of.b, x),
    logDensity: (of, x) =>
      tf.sub(
        tf.add(tf.mul(tf.sub(of.a, 1), tf.log(x)), tf.mul(tf.sub(of.b, 1), tf.log1p(tf.neg(x)))),
        betaln(of.a, of.b),
      ),
  });

export const data: [Tensor] = [tf.tensor1d([1, 1, 1, 1, 1, 1, 0, 0, 0, 0])];

export const model = gen(function* coin(flips: Tensor) {
  const f = yield* sample("f", userBeta(10, 10));
  yield* observe("flips", flip(tf.mul(f, tf.ones([10]))), flips);
});

/** Logarithms of a and b. */
export const parameters = { a: tf.scalar(Math.log(2)), b: tf.scalar(Math.log(2)) };
type Logs = typeof parameters;

export const guide = gen(function* betaGuide(q: Logs, _flips: Tensor) {
  yield* sample("f", userBeta(tf.exp(q.a), tf.exp(q.b)));
});

const posterior = gen(function* () {
  yield* sample("f", userBeta(16, 14));
});

export const objective: Objective<Logs, [Tensor]> = elbo(model, guide);

/** J(q) = KL(q‖p(·|x)) + KL(p(·|x)‖q). */
export const symmetric: Objective<Logs, [Tensor]> = objectiveOf(function* (q: Logs, flips: Tensor) {
  const own = yield* simulate(guide(q, flips));
  const there = tf.sub(own.logDensity, yield* assess(posterior(), own.choices));
  const other = yield* simulate(posterior());
  const back = tf.sub(other.logDensity, yield* assess(guide(q, flips), other.choices));
  return tf.add(there, back);
});

/** Derivatives are those in a and b. */
export const truth = {
  logEvidence: -7.069375,
  mean: 16 / 30,
  sd: 0.089603,
  elboAt22: { value: -9.722197, gradient: [1.64968, 0.359812] },
  symmetricAt1010: { value: 0.201085, gradient: [-0.193636, 0.154792] },
  symmetricAt22: 3.280479,
} as const;

await runAlone(import.meta.url, "implicitBeta", async (isQuiet) => {
  const seed = 0;
  const checks: Check[] = [];
  const logs = (a: number, b: number): Logs => ({ a: tf.scalar(Math.log(a)), b: tf.scalar(Math.log(b)) });
  const evaluation = { seed: 1, draws: 50_000 };
  const compare = async (name: string, L: typeof objective, at: number, value: number, gradient: readonly number[]) => {
    const found = await L.valueAndGradEstimate(evaluation, logs(at, at), ...data);
    checks.push({
      name: `${name} at Beta(${at}, ${at})`,
      value: found.value.dataSync()[0]!,
      truth: value,
      tolerance: 0.02,
    });
    for (const [i, each] of (["a", "b"] as const).entries()) {
      // ∂/∂a = (∂/∂ log a)/a
      const slope = found.gradient[each].dataSync()[0]! / at;
      checks.push({ name: `its derivative in ${each}`, value: slope, truth: gradient[i]!, tolerance: 0.1 });
    }
  };
  await compare("ELBO", objective, 2, truth.elboAt22.value, truth.elboAt22.gradient);
  await compare("J", symmetric, 10, truth.symmetricAt1010.value, truth.symmetricAt1010.gradient);
  const start = (await symmetric.estimate(evaluation, parameters, ...data)).dataSync()[0]!;
  checks.push({ name: "J at Beta(2, 2)", value: start, truth: truth.symmetricAt22, tolerance: 0.05 });

  const options = {
    parameters,
    data,
    seed,
    steps: 1500,
    draws: 16,
    progress: !isQuiet,
    optimizer: adam({ learningRate: piecewise({ boundaries: [1000], rates: [0.05, 0.003] }) }),
  };
  const byElbo = await fit(objective, options);
  // J does not read the data
  const bySymmetry = await fit(symmetric, { ...options, direction: "minimize", unused: "keep" });
  for (const [name, result] of [
    ["ELBO", byElbo],
    ["J", bySymmetry],
  ] as const) {
    const [a, b] = [Math.exp(result.parameters.a.dataSync()[0]!), Math.exp(result.parameters.b.dataSync()[0]!)];
    checks.push({ name: `mean of f, by ${name}`, value: a / (a + b), truth: truth.mean, tolerance: 0.01 });
    const sd = Math.sqrt((a * b) / (a + b + 1)) / (a + b);
    checks.push({ name: `sd of f, by ${name}`, value: sd, truth: truth.sd, tolerance: 0.006 });
  }
  const bound = (await objective.estimate(evaluation, byElbo.parameters, ...data)).dataSync()[0]!;
  checks.push({ name: "ELBO at its optimum", value: bound, truth: truth.logEvidence, tolerance: 0.01 });
  return {
    checks,
    text: `${byElbo.stepsPerSecond.toFixed(0)} steps/s on ${byElbo.engine}`,
    json: {
      objective: byElbo.objective,
      standardError: byElbo.standardError,
      steps: byElbo.steps,
      stepsPerSecond: byElbo.stepsPerSecond,
      engine: byElbo.engine,
      seed,
    },
  };
});
