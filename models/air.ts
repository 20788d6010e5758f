// Attend–Infer–Repeat (Eslami et al. 2016) on canvases with up to two digits, as in genjax.vi (PLDI 2024): three slots, each
// with a presence, a place and an appearance; an LSTM looks at the canvas and fills slot after slot.
//
// The presences are 1…1 0…0: a slot is filled only after those before it. So their joint law is that of their number, one
// categorical choice of four values per canvas, of stick-breaking probabilities p₁…pₙ(1 − pₙ₊₁). What the slots after the last
// one would hold has no effect, so all three are drawn at once as if filled, whatever the number, and masked. All networks
// then run once for every estimator; only sums over pixels have lanes, four under enumeration where three coin flips, each given the one
// before, have eight (and would run the LSTM in up to four lanes if it were fed with them).
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  categorical,
  cosineDecay,
  drawMany,
  type Effect,
  type Effects,
  enumerate,
  fit,
  learned,
  logDensity,
  logSumExp,
  measureValued,
  normal,
  objective as objectiveOf,
  reinforce,
  replicate,
  sample,
  softplus,
  stopGradient,
} from "elbow";
import { type Canvases, canvasBatches, canvasSide, makeCanvases } from "./support/canvases.js";
import { loadDigits } from "./support/digits.js";
import { runAlone } from "./support/gallery.js";
import { imagesOf, outFolder, writeSheet } from "./support/images.js";
import { lstmStep } from "./support/lstm.js";
import { dense, layers } from "./support/network.js";
import { writeRow } from "./support/runLog.js";
import { attend, place } from "./support/spatialTransformer.js";

export const slots = 3;
const pixelScale = 0.3;
const epsilon = 1e-4;
/** log p(n objects), from the chance of a slot after the one before. */
const slotChances = [0.05, 0.05 ** 2.3, 0.05 ** 5];
const sticks = (chances: readonly number[]): number[] => {
  let rest = 1;
  const ends = chances.map((chance) => {
    const end = rest * (1 - chance);
    rest *= chance;
    return end;
  });
  return [...ends, rest];
};
const countPrior = () => categorical({ probs: tf.tensor1d(sticks(slotChances)) });
const wherePrior = () => normal(tf.tensor1d([3, 0, 0]), tf.tensor1d([0.2, 1, 1]));
const whatPrior = () => normal(0, 1);

/** Sizes of the layers. */
export const sizes = {
  full: { lstm: 256, hidden: 200, what: 50, window: 20 },
  small: { lstm: 64, hidden: 64, what: 20, window: 20 },
};

export function makeNetwork({ lstm, hidden, what, window }: typeof sizes.full, seed = 0) {
  const layer = layers(seed);
  const decoder = layer(hidden, window ** 2);
  const predict = layer(lstm, 7);
  return {
    image: layer(canvasSide ** 2, 4 * lstm),
    recurrent: layer(3 + what + lstm, 4 * lstm).weights,
    // presence, then the place's means, which start at those of the prior, and scales
    predict: { ...predict, bias: tf.tensor1d([0, 3, 0, 0, 0, 0, 0]) },
    encoder: [layer(window ** 2, hidden), layer(hidden, 2 * what)] as const,
    // objects start dark
    decoder: [layer(what, hidden), { ...decoder, bias: tf.fill([window ** 2], -2) }] as const,
    baseline: layer(lstm, 1),
  };
}
export type Network = ReturnType<typeof makeNetwork>;

/** How the gradient of the number of objects is estimated. */
export const estimators = {
  enumerate: (count: Count) => enumerate(count),
  measureValued: (count: Count) => measureValued(count),
  reinforce: (count: Count) => reinforce(count),
  decayingMean: (count: Count) => reinforce(count, { baseline: { decay: 0.99 } }),
  leaveOneOut: (count: Count) => reinforce(count, { copies: 4 }),
  learned: (count: Count, prediction: Tensor) => reinforce(count, { baseline: learned(prediction, { decay: 0.99 }) }),
};
export type Estimator = keyof typeof estimators;
type Count = ReturnType<typeof categorical>;

const perCanvas = (density: Tensor): Tensor => tf.sum(density, -1);

/** What the guide draws for a batch of canvases, and log p(where, what) − log q(where, what) for every slot. */
export function* fillSlots(network: Network, images: Tensor): Effects<Effect, Filled> {
  const [batch] = images.shape as [number, number];
  const window = Math.sqrt(network.encoder[0].weights.shape[0]!);
  const codes = network.decoder[0].weights.shape[0]!;
  const size = network.image.bias.shape[0]! / 4;
  const canvases = images.reshape([batch, canvasSide, canvasSide]);
  // the canvas's share of the gates is the same in every slot
  const seen = dense(images, network.image);
  let [where, what]: Tensor[] = [tf.zeros([batch, 3]), tf.zeros([batch, codes])];
  let [hidden, cell]: Tensor[] = [tf.zeros([batch, size]), tf.zeros([batch, size])];
  const filled = [];
  for (let t = 0; t < slots; t++) {
    const gates = seen.add(tf.matMul(tf.concat([where!, what!, hidden!], 1), network.recurrent));
    ({ hidden, cell } = lstmStep(gates, cell!));
    const [presence, loc, scale] = tf.split(dense(hidden, network.predict), [1, 3, 3], 1);
    const place = normal(loc!, softplus(scale!));
    where = yield* sample(`where${t}`, place);
    const [into, outOf] = network.encoder;
    const glimpse = attend(canvases, where, window).reshape([batch, window ** 2]);
    const [mean, spread] = tf.split(dense(tf.leakyRelu(dense(glimpse, into), 0.01), outOf), 2, 1);
    const appearance = normal(mean!, softplus(spread!));
    what = yield* sample(`what${t}`, appearance);
    filled.push({
      presence: tf
        .sigmoid(presence!)
        .add(epsilon)
        .div(1 + 1.01 * epsilon),
      where,
      what,
      logRatio: perCanvas(logDensity(wherePrior(), where).sub(logDensity(place, where))).add(
        perCanvas(logDensity(whatPrior(), what).sub(logDensity(appearance, what))),
      ),
    });
  }
  // probabilities of 0, 1, … objects
  let rest: Tensor = tf.ones([batch, 1]);
  const ends = filled.map(({ presence }) => {
    const end = rest.mul(tf.sub(1, presence));
    rest = rest.mul(presence);
    return end;
  });
  return { slots: filled, probs: tf.concat([...ends, rest], 1), hidden: hidden! };
}

interface Filled {
  readonly slots: readonly { readonly where: Tensor; readonly what: Tensor; readonly logRatio: Tensor }[];
  readonly probs: Tensor;
  readonly hidden: Tensor;
}

/** What an object adds to the canvas: [batch, pixels]. */
function render(network: Network, where: Tensor, what: Tensor): Tensor {
  const [into, outOf] = network.decoder;
  const object = tf.sigmoid(dense(tf.leakyRelu(dense(what, into), 0.01), outOf));
  const window = Math.sqrt(object.shape[1]!);
  return place(object.reshape([-1, window, window]), where, canvasSide).reshape([-1, canvasSide ** 2]);
}

/** log p(canvas, choices) − log q(choices) of every canvas of a batch; without an estimator, with all slots filled. */
function* logWeights(network: Network, images: Tensor, estimator?: Estimator): Effects<Effect, Tensor> {
  const { slots: filled, probs, hidden } = yield* fillSlots(network, images);
  const guide = categorical({ probs });
  const prediction = dense(stopGradient(hidden), network.baseline).squeeze([1]);
  const count = estimator
    ? yield* sample("count", estimators[estimator](guide, prediction))
    : tf.fill([images.shape[0]!], slots);
  const isFilled = filled.map((_, t) => tf.cast(count.greater(t), "float32"));
  const canvas = filled
    .map(({ where, what }, t) => render(network, where, what).mul(isFilled[t]!.expandDims(1)))
    .reduce((sum, each) => sum.add(each));
  return filled
    .map(({ logRatio }, t) => logRatio.mul(isFilled[t]!))
    .reduce((sum, each) => sum.add(each))
    .add(logDensity(countPrior(), count).sub(logDensity(guide, count)))
    .add(perCanvas(logDensity(normal(canvas, pixelScale), images)));
}

/**
 * The bound per canvas: the evidence lower bound for one particle, else the importance-weighted one of each canvas. Without
 * an estimator all slots are filled: no bound, but the same networks without a discrete choice, to compare times with.
 */
export const bound = (estimator?: Estimator, particles = 1) =>
  objectiveOf(function* (network: Network, images: Tensor) {
    if (particles === 1) return tf.mean(yield* logWeights(network, images, estimator));
    const weights = yield* replicate(particles, () => logWeights(network, images, estimator));
    return tf.mean(logSumExp(weights, 0)).sub(Math.log(particles));
  });

// for `elbow explain` and `elbow fit`
export const objective = bound("enumerate");
export const parameters = makeNetwork(sizes.small);
export const data = {
  async *[Symbol.asyncIterator]() {
    yield* canvasBatches((await loadDigits()).train, 64, 2 ** 16);
  },
};

/** How many objects the guide finds likeliest on every canvas, and what the model paints for them. */
export async function infer(network: Network, { images, counts }: Canvases) {
  const canvases = tf.tensor2d(images, [counts.length, canvasSide ** 2]);
  const [found, painted] = await drawMany(
    function* (q: Network, x: Tensor) {
      const { slots: filled, probs } = yield* fillSlots(q, x);
      const number = tf.cast(tf.argMax(probs, -1), "float32");
      const objects = filled.map(({ where, what }, t) =>
        render(q, where, what).mul(tf.cast(number.greater(t), "float32").expandDims(1)),
      );
      return [number, objects.reduce((sum, each) => sum.add(each))];
    },
    [network, canvases],
    { draws: 1, seed: 4 },
  );
  const numbers = await found!.data();
  const accuracy = counts.filter((count, n) => count === numbers[n]).length / counts.length;
  return { accuracy, numbers, painted: imagesOf((await painted!.data()) as Float32Array, canvasSide) };
}

/** Settings of a run, from the command line. */
const settings = () => {
  const { values } = parseArgs({
    strict: false,
    options: {
      estimator: { type: "string", default: "enumerate" },
      particles: { type: "string", default: "1" },
      sizes: { type: "string", default: "small" },
      steps: { type: "string", default: "500" },
      batch: { type: "string", default: "64" },
      rate: { type: "string", default: "1e-3" },
      // the rate falls from `rate` to this one over all steps, by half a cosine
      finalRate: { type: "string" },
      seed: { type: "string", default: "0" },
      every: { type: "string", default: "1000" },
      checkpoint: { type: "string" },
      // a CSV with a row every so many steps of a run with checkpoints
      log: { type: "string" },
    },
  });
  const number = (name: string) => Number(values[name]);
  return {
    estimator: values.estimator as Estimator,
    sizes: values.sizes as keyof typeof sizes,
    checkpoint: values.checkpoint as string | undefined,
    logFile: values.log as string | undefined,
    particles: number("particles"),
    steps: number("steps"),
    batch: number("batch"),
    rate: number("rate"),
    finalRate: number(values.finalRate === undefined ? "rate" : "finalRate"),
    seed: number("seed"),
    every: number("every"),
  };
};

await runAlone(import.meta.url, "air", async (isQuiet) => {
  const { checkpoint, logFile, every, steps, seed, batch, ...chosen } = settings();
  const digits = await loadDigits();
  const heldOut = makeCanvases(digits.test, 512, 1);
  const test = tf.tensor2d(heldOut.images, [512, canvasSide ** 2]);
  const of = bound(chosen.estimator, chosen.particles);
  const evaluate = async (network: Network, step: number) => {
    const value = (await of.estimate({ seed: 1 }, network, test)).dataSync()[0]!;
    const { accuracy, painted } = await infer(network, heldOut);
    if (!isQuiet)
      console.log(
        `step ${step}: bound ${value.toFixed(2)}, count accuracy ${accuracy.toFixed(4)} on held-out canvases`,
      );
    return { step, value, accuracy, painted };
  };
  const train = (until: number, from: number, resume?: string) =>
    fit(of, {
      parameters: makeNetwork(sizes[chosen.sizes], seed),
      data: canvasBatches(digits.train, batch, 2 ** 16 * (seed + 1), from),
      seed,
      steps: until,
      optimizer: adam({ learningRate: cosineDecay({ initial: chosen.rate, final: chosen.finalRate, steps }) }),
      reportEvery: every,
      progress: !isQuiet && !checkpoint,
      ...(checkpoint && { checkpoint: { file: checkpoint, every } }),
      ...(resume && { resume }),
    });

  const record = async (found: Awaited<ReturnType<typeof evaluate>>, objective?: number, secondsPerStep?: number) => {
    const { step, value, accuracy } = found;
    const load = loadavg()[0]!;
    if (logFile) await writeRow(logFile, { step, objective, bound: value, accuracy, secondsPerStep, load });
  };

  // a long run stops now and then to look at held-out canvases, and goes on from its checkpoint when it is started again
  let done =
    checkpoint && existsSync(checkpoint) ? (JSON.parse(await readFile(`${checkpoint}.step`, "utf8")) as number) : 0;
  const start = await evaluate(makeNetwork(sizes[chosen.sizes], seed), 0);
  if (done === 0) await record(start);
  const log: (typeof start)[] = [];
  let result: Awaited<ReturnType<typeof train>>;
  do {
    const before = done;
    const until = checkpoint ? Math.min(steps, done + every) : steps;
    result = await train(until, done, done > 0 ? checkpoint : undefined);
    done = result.steps;
    if (checkpoint) await writeFile(`${checkpoint}.step`, `${done}`);
    log.push(await evaluate(result.parameters, done));
    const seconds = result.seconds - result.compileMs / 1000;
    await record(log.at(-1)!, result.history.at(-1)?.objective, seconds / (done - before));
  } while (done < steps && !result.isStopped);
  const end = log.at(-1)!;
  const file = await writeSheet(
    `${outFolder}/air.png`,
    [imagesOf(heldOut.images, canvasSide).slice(0, 16), end.painted.slice(0, 16)],
    canvasSide,
  );
  return {
    checks: [{ name: "bound gained on held-out canvases", value: end.value - start.value, truth: 150, tolerance: 100 }],
    text: `${chosen.estimator}, ${chosen.particles} particle(s), ${chosen.sizes}: bound ${start.value.toFixed(1)} → ${end.value.toFixed(1)} in ${done} steps, ${(1000 / result.stepsPerSecond).toFixed(1)} ms each; count accuracy ${end.accuracy.toFixed(3)}; ${file}`,
    json: {
      ...chosen,
      batch,
      seed,
      steps: done,
      bound: end.value,
      countAccuracy: end.accuracy,
      stepsPerSecond: result.stepsPerSecond,
      compileMs: result.compileMs,
      engine: result.engine,
      file,
    },
  };
});
