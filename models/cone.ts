// The noisy cone of genjax.vi (PLDI 2024, table 4): x, y ~ N(0, 10), r = x² + y², z ~ N(r, 0.1 + r/100), z = 5 observed.
// The posterior is a ring; a factorised guide sits on one side of it.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { adam, elbo, fit, gen, iwelbo, normal, observe, piecewise, sample } from "elbow";
import { runAlone } from "./support/gallery.js";

export const model = gen(function* cone() {
  const x = yield* sample("x", normal(0, 10));
  const y = yield* sample("y", normal(0, 10));
  const r = x.square().add(y.square());
  yield* observe("z", normal(r, r.div(100).add(0.1)), 5);
});

export const parameters = {
  x: { loc: tf.scalar(3), logScale: tf.scalar(0) },
  y: { loc: tf.scalar(0), logScale: tf.scalar(1) },
};

export const guide = gen(function* naive({
  x,
  y,
}: {
  x: { loc: Tensor; logScale: Tensor };
  y: { loc: Tensor; logScale: Tensor };
}) {
  yield* sample("x", normal(x.loc, tf.exp(x.logScale)));
  yield* sample("y", normal(y.loc, tf.exp(y.logScale)));
});

export const objective = elbo(model, guide);

/** The optima; the importance-weighted one for five particles. Both are below the log evidence. */
export const truth = { elbo: -8.07454, iwelbo5: -7.5342, logEvidence: -5.323232 };

const steps = 1500;
const options = {
  steps,
  draws: 64,
  optimizer: adam({ learningRate: piecewise({ boundaries: [900], rates: [0.05, 0.005] }), beta2: 0.99 }),
};

await runAlone(import.meta.url, "cone", async (isQuiet) => {
  const seed = 0;
  const evaluation = { seed: 1, draws: 50_000 };
  const result = await fit(objective, { parameters, seed, progress: !isQuiet, ...options });
  const bound = (await objective.estimate(evaluation, result.parameters)).dataSync()[0]!;
  const weighted = iwelbo(model, guide, 5);
  const tighter = await fit(weighted, { parameters, seed, progress: !isQuiet, ...options });
  const weightedBound = (await weighted.estimate(evaluation, tighter.parameters)).dataSync()[0]!;
  return {
    checks: [
      { name: "ELBO", value: bound, truth: truth.elbo, tolerance: 0.03 },
      { name: "IWELBO(5), between −7.67 and −7.50", value: weightedBound, truth: -7.585, tolerance: 0.085 },
    ],
    text: `log evidence ${truth.logEvidence}; ${result.stepsPerSecond.toFixed(0)} steps/s on ${result.engine}`,
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
