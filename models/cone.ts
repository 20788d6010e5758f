// The noisy cone of genjax.vi (PLDI 2024, table 4): x, y ~ N(0, 10), r = x² + y², z ~ N(r, 0.1 + r/100), z = 5 observed.
// The posterior is a ring; a factorised guide sits on one side of it, one with an auxiliary angle goes around.
// With `--svg FILE` it draws what the guides of figure 2 found.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Algorithm,
  adam,
  diwhvi,
  drawMany,
  elbo,
  fit,
  gen,
  hvi,
  importanceSampling,
  interpret,
  iwelbo,
  iwhvi,
  logMeanExp,
  marginal,
  normal,
  type Objective,
  observe,
  type Problem,
  piecewise,
  replicate,
  sample,
  simulate,
  splice,
  uniform,
} from "elbow";
import { runAlone } from "./support/gallery.js";
import { scatterSvg } from "./support/scatter.js";

export const model = gen(function* cone() {
  const x = yield* sample("x", normal(0, 10));
  const y = yield* sample("y", normal(0, 10));
  const r = x.square().add(y.square());
  yield* observe("z", normal(r, r.div(100).add(0.1)), 5);
});

/** Where a coordinate is, and how far it spreads. */
interface Coordinate {
  readonly loc: Tensor;
  readonly logScale: Tensor;
}

export const parameters = {
  x: { loc: tf.scalar(3), logScale: tf.scalar(0) },
  y: { loc: tf.scalar(0), logScale: tf.scalar(1) },
};

export const guide = gen(function* naive({ x, y }: { x: Coordinate; y: Coordinate }) {
  yield* sample("x", normal(x.loc, tf.exp(x.logScale)));
  yield* sample("y", normal(y.loc, tf.exp(y.logScale)));
});

/** How far the expressive guide is from its circle, along x and y. */
export interface Spread {
  readonly x: Tensor;
  readonly y: Tensor;
}

export const spread: Spread = { x: tf.scalar(0), y: tf.scalar(0) };

/** A point on the circle of radius √5, by an angle u that the model knows nothing of, and noise. */
export const expressive = gen(function* expressive({ x, y }: Spread) {
  const u = yield* sample("u", uniform(0, 1));
  const angle = u.mul(2 * Math.PI);
  yield* sample("x", normal(tf.cos(angle).mul(Math.sqrt(5)), tf.exp(x)));
  yield* sample("y", normal(tf.sin(angle).mul(Math.sqrt(5)), tf.exp(y)));
});

/** The integral over the angle by the mean over 1000 of them, evenly spaced: for a smooth periodic function as good as exact. */
export const aroundTheCircle: Algorithm = (() => {
  const angles = 1000;
  function* density({ program, kept }: Problem) {
    const each = yield* replicate(angles, function* (n) {
      const choose = () => ({ value: tf.div(tf.add(n, 0.5), angles), logDensity: tf.scalar(0) });
      const { logDrawn, logGiven } = yield* interpret(program, { given: kept, choose });
      return tf.add(logDrawn, logGiven);
    });
    return logMeanExp(each);
  }
  return { name: "aroundTheCircle", density, reciprocal: density };
})();

const keep = ["x", "y"] as const;
const marginalGuide = (algorithm: Algorithm) =>
  gen(function* (parameters: Spread) {
    yield* splice(marginal(expressive(parameters), { keep, algorithm }));
  });

/** Both are of the naive guide. */
export const objective = elbo(model, guide);
export const weighted = iwelbo(model, guide, 5);

/** Those of the expressive one: with its density estimated by one angle, by five, by a thousand, and integrated. */
export const hierarchical = {
  HVI: hvi(model, expressive, { keep }),
  "IWHVI(5)": iwhvi(model, expressive, { keep, inner: 5 }),
  "DIWHVI(5, 5)": diwhvi(model, expressive, { keep, inner: 5, particles: 5 }),
  "marginal, 1000 angles": elbo(model, marginalGuide(importanceSampling({ particles: 1000 }))),
  "marginal, exact": elbo(model, marginalGuide(aroundTheCircle)),
};

/** The optima, all of them below the log evidence. */
export const truth = {
  elbo: -8.07454,
  iwelbo5: -7.5342,
  hierarchical: {
    HVI: -9.74814,
    "IWHVI(5)": -8.1796,
    "DIWHVI(5, 5)": -7.307,
    "marginal, 1000 angles": -5.38,
    "marginal, exact": -5.3233,
  },
  logEvidence: -5.323232,
};

const steps = 1500;
export const options = {
  steps,
  draws: 64,
  optimizer: adam({ learningRate: piecewise({ boundaries: [900], rates: [0.05, 0.005] }), beta2: 0.99 }),
};

/** The expressive guide's training. Its steps with a thousand angles take longer, and so it starts nearer to the ring there. */
export const trainingOf = (name: keyof typeof hierarchical) => {
  const isMarginal = name.startsWith("marginal");
  return {
    parameters: isMarginal ? { x: tf.scalar(-3), y: tf.scalar(-3) } : spread,
    steps: isMarginal ? 300 : steps,
    draws: isMarginal ? 16 : 64,
    optimizer: adam({
      learningRate: piecewise({ boundaries: [isMarginal ? 180 : 900], rates: [isMarginal ? 0.02 : 0.05, 0.005] }),
      beta2: 0.99,
    }),
  };
};

/** What a trained objective is worth: enough draws for an error of 0.005 and less. */
export async function boundOf<P extends object>(trained: Objective<P, []>, at: P, draws = 50_000): Promise<number> {
  const value = await trained.estimate({ seed: 1, draws }, at);
  return value.dataSync()[0]!;
}

/** Draws of a guide's point, for the figure. */
async function cloudOf<P extends object>(title: string, program: (at: P) => ReturnType<typeof guide>, at: P) {
  const drawn = await drawMany(
    function* (q: P) {
      const { choices } = yield* simulate(program(q));
      return { x: choices.x, y: choices.y };
    },
    [at] as const,
    { draws: 1000, seed: 2 },
  );
  return { title, x: drawn.x.dataSync(), y: drawn.y.dataSync() };
}

await runAlone(import.meta.url, "cone", async (isQuiet) => {
  const seed = 0;
  const shown = { seed, progress: !isQuiet };
  const result = await fit(objective, { parameters, ...shown, ...options });
  const tighter = await fit(weighted, { parameters, ...shown, ...options });
  const clouds = [
    await cloudOf("naive, ELBO", guide, result.parameters),
    await cloudOf("naive, IWELBO(5)", guide, tighter.parameters),
  ];
  const checks = [
    { name: "ELBO", value: await boundOf(objective, result.parameters), truth: truth.elbo, tolerance: 0.03 },
    {
      name: "IWELBO(5), between −7.67 and −7.50",
      value: await boundOf(weighted, tighter.parameters),
      truth: -7.585,
      tolerance: 0.085,
    },
  ];
  for (const [name, bound] of Object.entries(hierarchical) as [keyof typeof hierarchical, Objective<Spread, []>][]) {
    const trained = await fit(bound, { ...shown, ...trainingOf(name) });
    const value = await boundOf(bound, trained.parameters, name.startsWith("marginal") ? 5000 : 50_000);
    const tolerance = name === "marginal, exact" ? 0.001 : 0.03;
    checks.push({ name, value, truth: truth.hierarchical[name], tolerance });
    clouds.push(await cloudOf(name, expressive as never, trained.parameters));
  }
  const [file] = process.argv.slice(2).flatMap((each, i, all) => (each === "--svg" ? [all[i + 1]] : []));
  if (file) (await import("node:fs")).writeFileSync(file, scatterSvg(clouds, 4));
  return {
    checks,
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
