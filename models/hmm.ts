// A hidden Markov model of three states and eight normal observations. Its states are summed out in four ways: by enumeration of
// all paths, by the forward algorithm (the distribution `hmm`), by a guide that is itself a Markov chain, and by particles.
// Enumerated, a chain costs T·K² and not Kᵀ: its ELBO has no noise, and reaches the likelihood.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  categorical,
  elbo,
  enumerate,
  exactEnumeration,
  fit,
  gen,
  hmm,
  logDensity,
  marginal,
  normal,
  objective as objectiveOf,
  observe,
  particleFilter,
  piecewise,
  reinforce,
  run,
  sample,
  scan,
  simulate,
} from "elbow";
import { runAlone } from "./support/gallery.js";

const initial = [0.5, 0.3, 0.2];
const transition = [
  [0.8, 0.15, 0.05],
  [0.2, 0.6, 0.2],
  [0.1, 0.3, 0.6],
];
const locs = [-1, 0, 1.5];
const scale = 0.7;
const values = [-0.9, -1.2, 0.1, 0.4, 1.7, 1.1, 0.2, -1.1];
const times = values.length;

export const data: [Tensor] = [tf.tensor1d(values)];

/** Row z of a table. */
const row = (table: Tensor, z: Tensor): Tensor => tf.gather(table, tf.cast(z, "int32"));
/** The first step comes from a state of its own, the last row of this table. */
const rows = (): Tensor => tf.tensor2d([...transition, initial]);
const beginning = (): Tensor => tf.scalar(locs.length);

const step = gen(function* (before: Tensor, y: Tensor) {
  const z = yield* sample("z", categorical({ probs: row(rows(), before) }));
  yield* observe("y", normal(row(tf.tensor1d(locs), z), scale), y);
  return { carry: z as Tensor };
});

export const model = gen(function* hiddenMarkov(y: Tensor) {
  yield* scan("states", step, beginning(), y);
});

/** A table of logits for every time, and one for states that do not look at each other. */
export const parameters = { chain: tf.zeros([times, locs.length + 1, locs.length]) };
const meanFieldParameters = { chain: tf.zeros([times, 1, locs.length]) };

const guideStep = gen(function* (before: Tensor, logits: Tensor) {
  const z = yield* sample("z", enumerate(categorical({ logits: row(logits, before) })));
  return { carry: z as Tensor };
});

/** q(z_t | z_{t−1}), the form of the posterior. */
export const guide = gen(function* chain(q: typeof parameters, _y: Tensor) {
  yield* scan("states", guideStep, beginning(), q.chain);
});

const independentStep = gen(function* (carry: Tensor, logits: Tensor) {
  yield* sample("z", enumerate(categorical({ logits: tf.squeeze(logits, [0]) })));
  return { carry };
});
const meanField = gen(function* independent(q: typeof meanFieldParameters, _y: Tensor) {
  yield* scan("states", independentStep, tf.scalar(0), q.chain);
});

export const objective = elbo(model, guide);

/** An estimate of p(y)/p, whose mean over particle filters is 1 where p is the likelihood. */
const filtered = (logEvidence: number) =>
  objectiveOf(function* (_: object, observations: Tensor) {
    const filter = yield* particleFilter(
      {
        model: {
          initial: () => reinforce(categorical({ probs: initial })),
          transition: (z: Tensor) => reinforce(categorical({ probs: row(rows(), z) })),
          observation: (z: Tensor) => normal(row(tf.tensor1d(locs), z), scale),
        },
        observations,
      },
      { particles: 30, resampling: { scheme: "systematic" } },
    );
    return tf.exp(tf.sub(filter.logEvidence, logEvidence));
  });

const logNormal = (x: number, m: number, s: number): number =>
  -0.5 * ((x - m) / s) ** 2 - Math.log(s * Math.sqrt(2 * Math.PI));

/** log p(y) = log Σ_z α_T(z), in plain numbers. */
function forward(): number {
  let alpha = initial.map((p, k) => p * Math.exp(logNormal(values[0]!, locs[k]!, scale)));
  for (const y of values.slice(1))
    alpha = locs.map(
      (m, k) => alpha.reduce((sum, a, j) => sum + a * transition[j]![k]!, 0) * Math.exp(logNormal(y, m, scale)),
    );
  return Math.log(alpha.reduce((sum, each) => sum + each, 0));
}

/** The best bound of independent states, by coordinate ascent in plain numbers. */
function independentOptimum(): number {
  const K = locs.length;
  const q = values.map(() => initial.map(() => 1 / K));
  const dot = (p: number[], f: (k: number) => number) => p.reduce((sum, each, k) => sum + each * f(k), 0);
  const log = (j: number, k: number) => Math.log(transition[j]![k]!);
  for (let sweep = 0; sweep < 2000; sweep++)
    for (let t = 0; t < times; t++) {
      const logits = locs.map((m, k) => {
        const before = t === 0 ? Math.log(initial[k]!) : dot(q[t - 1]!, (j) => log(j, k));
        const after = t === times - 1 ? 0 : dot(q[t + 1]!, (j) => log(k, j));
        return before + after + logNormal(values[t]!, m, scale);
      });
      const total = logits.reduce((sum, each) => sum + Math.exp(each), 0);
      q[t] = logits.map((each) => Math.exp(each) / total);
    }
  return values.reduce((sum, y, t) => {
    const before =
      t === 0 ? dot(q[0]!, (k) => Math.log(initial[k]!)) : dot(q[t]!, (k) => dot(q[t - 1]!, (j) => log(j, k)));
    return sum + before + dot(q[t]!, (k) => logNormal(y, locs[k]!, scale) - Math.log(q[t]![k]!));
  }, 0);
}

export const truth = { logEvidence: forward(), meanField: independentOptimum() };

await runAlone(import.meta.url, "hmm", async (isQuiet) => {
  const seed = 0;
  const options = {
    data,
    seed,
    steps: 600,
    progress: !isQuiet,
    optimizer: adam({ learningRate: piecewise({ boundaries: [400], rates: [0.2, 0.02] }) }),
  };
  const result = await fit(objective, { parameters, ...options });
  const bound = async (seed: number) => (await objective.estimate(seed, result.parameters, ...data)).dataSync()[0]!;
  const [first, second] = [await bound(1), await bound(2)];
  const independent = elbo(model, meanField);
  const factorised = await fit(independent, { parameters: meanFieldParameters, ...options });
  const factorisedBound = (await independent.estimate(1, factorised.parameters, ...data)).dataSync()[0]!;

  const asDistribution = hmm({
    initial: { probs: initial },
    transition: { probs: transition },
    emission: normal(locs, scale),
    numSteps: times,
  });
  const byForward = logDensity(asDistribution, data[0]).dataSync()[0]!;
  const enumerated = run(0, simulate(marginal(model(data[0]), { keep: [], algorithm: exactEnumeration() }))).logDensity;
  const filters = await filtered(truth.logEvidence).estimate({ seed: 3, draws: 2000 }, {}, ...data);
  return {
    checks: [
      { name: "log-likelihood by the forward algorithm", value: byForward, truth: truth.logEvidence, tolerance: 1e-4 },
      {
        name: `by enumeration of ${locs.length ** times} paths`,
        value: enumerated.dataSync()[0]!,
        truth: truth.logEvidence,
        tolerance: 1e-3,
      },
      { name: "ELBO, enumerated Markov chain", value: first, truth: truth.logEvidence, tolerance: 0.005 },
      { name: "its difference between two seeds", value: second - first, truth: 0, tolerance: 1e-5 },
      { name: "ELBO, independent states", value: factorisedBound, truth: truth.meanField, tolerance: 0.005 },
      { name: "mean of p̂(y)/p(y) by 30 particles", value: filters.dataSync()[0]!, truth: 1, tolerance: 0.05 },
    ],
    text: `${result.stepsPerSecond.toFixed(0)} steps/s on ${result.engine}`,
    json: {
      objective: result.objective,
      steps: result.steps,
      stepsPerSecond: result.stepsPerSecond,
      engine: result.engine,
      seed,
    },
  };
});
