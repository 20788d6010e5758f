// Attend, infer, repeat, so small that everything can be summed: up to two objects among eight pixels. Every gradient
// estimator trains the same guide, by name: neither model nor guide is written anew. Variances are those of single draws.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  assess,
  baseline,
  categorical,
  compareEstimators,
  elbo,
  enumerate,
  fit,
  flip,
  gen,
  iwelbo,
  leaveOneOut,
  measureValued,
  normal,
  type Objective,
  objective as objectiveOf,
  observe,
  piecewise,
  reinforce,
  type StrategyMap,
  sample,
  simulate,
  stopGradient,
  where,
  withStrategies,
} from "elbow";
import { type Check, runAlone } from "./support/gallery.js";

const pixels = 8;

/** log p(y) of three images. */
export const images = [
  { y: [0.1, 0.9, -0.2, 0.1, 0.3, 0.75, -0.1, 0.05], logEvidence: -3.574813 },
  { y: [0.1, 0.2, -0.2, 0.1, 0.3, 0.15, -0.1, 0.05], logEvidence: 0.34952 },
  { y: [0.1, 0.2, 0.55, 0.1, -0.3, 0.45, -0.1, 0.05], logEvidence: -1.966699 },
];
export const data: [Tensor] = [tf.tensor1d(images[0]!.y)];

/** An object at a position, if it is there. */
const at = (position: Tensor, isThere: Tensor): Tensor =>
  tf.mul(isThere, tf.cast(tf.equal(tf.range(0, pixels), position), "float32"));

/** What is not there has the same law in model and guide, so that it adds nothing: fair coins, uniform positions. */
export const model = gen(function* miniAir(y: Tensor) {
  const nowhere = tf.zeros([pixels]);
  const z1 = yield* sample("z1", flip(0.5));
  const pos1 = yield* sample("pos1", categorical({ logits: nowhere }));
  const z2 = yield* sample("z2", flip(0.5));
  const pos2 = yield* sample("pos2", categorical({ logits: nowhere }));
  const image = tf.add(at(pos1, z1), at(pos2, tf.mul(z1, z2)));
  yield* observe("y", normal(image, 0.3), y);
});

/** A table of 81 logits. */
export const parameters = {
  z1: tf.scalar(0),
  pos1: tf.zeros([pixels]),
  z2: tf.zeros([pixels]),
  pos2: tf.zeros([pixels, pixels]),
};

export const guide = gen(function* tabular(q: typeof parameters, _y: Tensor) {
  const z1 = yield* sample("z1", flip(tf.sigmoid(q.z1)));
  const isFirst = tf.equal(z1, 1);
  const pos1 = yield* sample("pos1", categorical({ logits: where(isFirst, q.pos1, 0) }));
  const place = tf.cast(pos1, "int32");
  const z2 = yield* sample("z2", flip(tf.sigmoid(where(isFirst, tf.gather(q.z2, place), 0))));
  const isSecond = tf.logicalAnd(isFirst, tf.equal(z2, 1));
  yield* sample("pos2", categorical({ logits: where(isSecond, tf.gather(q.pos2, place), 0) }));
});

type Air = Objective<typeof parameters, [Tensor]>;
export const objective: Air = elbo(model, guide);

const flips = (way: unknown, positions: unknown): StrategyMap =>
  ({ z1: way, z2: way, pos1: positions, pos2: positions }) as StrategyMap;

/** REINFORCE with the mean of the other runs as baseline. */
const withOthers = (runs: number): Air =>
  objectiveOf(function* (q: typeof parameters, y: Tensor) {
    return yield* leaveOneOut(runs, function* () {
      const { choices, logDensity } = yield* simulate(guide(q, y));
      return tf.sub(yield* assess(model(y), choices), logDensity);
    });
  });

/** The ELBO as one cost, log q held constant: its score would only add noise. */
const plain: Air = objectiveOf(function* (q: typeof parameters, y: Tensor) {
  const { choices, logDensity } = yield* simulate(guide(q, y));
  return baseline(tf.sub(yield* assess(model(y), choices), stopGradient(logDensity)), 0);
});

const batch = 64;
/** Ways to estimate the gradient, with the number of draws per step. */
export const estimators: Record<string, { objective: Air; draws: number; isIwelbo?: boolean }> = {
  enumeration: { objective: withStrategies(objective, flips(enumerate, enumerate)), draws: 1 },
  MVD: { objective: withStrategies(objective, flips(measureValued, measureValued)), draws: batch },
  REINFORCE: { objective: withStrategies(objective, flips(reinforce, reinforce)), draws: batch },
  "REINFORCE, leave-one-out": {
    objective: withStrategies(withOthers(batch), flips(reinforce, reinforce)),
    draws: 1,
  },
  "MVD flips, REINFORCE positions": {
    objective: withStrategies(objective, flips(measureValued, reinforce)),
    draws: batch,
  },
  "IWELBO K=2, VIMCO": {
    objective: withStrategies(iwelbo(model, guide, 2, { score: "vimco" }), flips(reinforce, reinforce)),
    draws: batch,
    isIwelbo: true,
  },
};

/** With all logits 0, for the first image: the value, its derivative in the logit of z1, and variances of single draws of it. */
export const truth = { elbo: -8.782226, derivative: -1.267361, variances: { MVD: 2.27955, REINFORCE: 23.84097 } };

await runAlone(import.meta.url, "miniAir", async () => {
  const checks: Check[] = [];
  const exact = estimators.enumeration!.objective;
  const { value, gradient } = await exact.valueAndGradEstimate(0, parameters, ...data);
  checks.push({ name: "ELBO at zero logits", value: value.dataSync()[0]!, truth: truth.elbo, tolerance: 1e-4 });
  const slope = gradient.z1.dataSync()[0]!;
  checks.push({ name: "its derivative in the logit of z1", value: slope, truth: truth.derivative, tolerance: 1e-4 });

  const single = await compareEstimators(
    withStrategies(plain, flips(reinforce, reinforce)),
    parameters,
    [...data],
    { z1: { MVD: measureValued, REINFORCE: (d) => reinforce(d) } },
    { draws: 30_000, repeats: 0 },
  );
  const variances = Object.fromEntries(
    single.rows.map(({ name, check }) => [name, check.parameters.find((each) => each.name === "z1")!.variance]),
  );
  // everything summed: two draws tell
  const again = (await exact.gradEstimate(1, parameters, ...data)).z1.dataSync()[0]!;
  variances.enumeration = (again - slope) ** 2 / 2;
  checks.push({ name: "variance by enumeration", value: variances.enumeration, truth: 0, tolerance: 1e-6 });
  for (const [name, known] of Object.entries(truth.variances))
    checks.push({ name: `variance by ${name}`, value: variances[name]!, truth: known, tolerance: 0.08 * known });

  const lines = [
    `variance of a single draw of it: ${Object.entries(variances)
      .map(([name, each]) => `${name} ${each.toFixed(4)}`)
      .join(", ")}`,
  ];
  for (const [name, { objective: L, draws, isIwelbo = false }] of Object.entries(estimators)) {
    const optimizer =
      name === "enumeration"
        ? adam({ learningRate: piecewise({ boundaries: [280], rates: [0.1, 0.01] }) })
        : adam({ learningRate: piecewise({ boundaries: [1400], rates: [0.05, 0.005] }) });
    const steps = name === "enumeration" ? 400 : 2000;
    for (const [i, { y, logEvidence }] of images.entries()) {
      const image = tf.tensor1d(y);
      const result = await fit(L, { parameters, data: [image], seed: 0, steps, draws, optimizer, progress: false });
      const judged = await (isIwelbo
        ? L.estimate({ seed: 1, draws: 50_000 }, result.parameters, image)
        : exact.estimate(0, result.parameters, image));
      const bound = judged.dataSync()[0]!;
      checks.push({ name: `${name}, image ${i + 1}`, value: bound, truth: logEvidence, tolerance: 0.05 });
      if (i === 0) lines.push(`${name}: ${result.stepsPerSecond.toFixed(0)} steps/s on ${result.engine}`);
    }
  }
  return { checks, text: lines.join("\n"), json: { variances } };
});
