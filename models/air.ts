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
  detached,
  drawMany,
  fit,
  gen,
  generate,
  held,
  iid,
  logDensity,
  logSumExp,
  normal,
  objective as objectiveOf,
  replicate,
  sample,
  simulate,
  stopGradient,
} from "elbow";
import { countPrior, type Estimator, estimators } from "./support/air/count.js";
import {
  codeLength,
  fillSlots,
  makeNetwork,
  type Network,
  paint,
  perCanvas,
  sizes,
  slots,
  whatPrior,
  wherePrior,
} from "./support/air/network.js";
import { type Canvases, canvasBatches, canvasSide, makeCanvases } from "./support/canvases.js";
import { loadDigits } from "./support/digits.js";
import { runAlone } from "./support/gallery.js";
import { imagesOf, outFolder, writeSheet } from "./support/images.js";
import { dense } from "./support/network.js";
import { writeRow } from "./support/runLog.js";

export type { Estimator, Network };
export { estimators, makeNetwork, sizes };

const pixelScale = 0.3;

/**
 * Fills the slots for a batch of canvases [batch, pixels] and chooses how many of them count; without an estimator, all do.
 * Returns log p(canvas, choices) and log q(choices) of every canvas, of the slots that count alone.
 */
const attempt = gen(function* (network: Network, images: Tensor, estimator?: Estimator) {
  const { slots: filled, probs, hidden } = yield* fillSlots(network, images);
  const presences = filled.map(({ presence }) => presence);
  const prediction = network.baseline && dense(stopGradient(hidden), network.baseline).squeeze([1]);
  const count: Tensor = estimator
    ? yield* estimators[estimator]({ probs, presences, prediction })
    : tf.fill([images.shape[0]!], slots);
  const total = (of: (slot: (typeof filled)[number]) => Tensor) =>
    filled.map((slot, t) => of(slot).mul(tf.cast(count.greater(t), "float32"))).reduce((sum, each) => sum.add(each));
  const seen = perCanvas(logDensity(normal(paint(network, filled, count), pixelScale), images));
  return {
    joint: total(({ logPrior }) => logPrior)
      .add(logDensity(countPrior(), count))
      .add(seen),
    guessed: total(({ logGuide }) => logGuide).add(logDensity(categorical({ probs }), count)),
  };
});

/**
 * The bound per canvas: the evidence lower bound for one particle, else the importance-weighted one of each canvas. Without
 * an estimator all slots are filled: no bound, but the same networks without a discrete choice, to compare times with.
 */
export const bound = (estimator?: Estimator, particles = 1) =>
  objectiveOf(function* (network: Network, images: Tensor) {
    const logWeights = function* () {
      const { joint, guessed } = (yield* simulate(attempt(network, images, estimator))).returnValue;
      return joint.sub(guessed);
    };
    if (particles === 1) return tf.mean(yield* logWeights());
    const weights = yield* replicate(particles, logWeights);
    return tf.mean(logSumExp(weights, 0)).sub(Math.log(particles));
  });

/** Canvases as the model makes them, and what is in them. */
const dream = gen(function* (network: Network, batch: number) {
  const count = yield* sample("count", iid([batch], countPrior()));
  const filled = [];
  for (let t = 0; t < slots; t++)
    filled.push({
      where: yield* sample(`where${t}`, iid([batch], wherePrior())),
      what: yield* sample(`what${t}`, iid([batch, codeLength(network)], whatPrior())),
    });
  yield* sample("canvas", normal(paint(network, filled, count), pixelScale));
});

/** How a guide learns by reweighted wake–sleep. */
export type Phase = "wake" | "sleep";

/**
 * Reweighted wake–sleep (Bornschein & Bengio 2015; Le et al. 2019), to be maximised: no derivative goes through a draw. The decoder
 * learns from log (1/N) Σ wᵢ of each canvas, wᵢ = p(choices, canvas)/q(choices); the guide from the same particles by
 * Σ w̃ᵢ log q (its wake phase, which is biased), or from dreams of the model by log q (its sleep phase). The library's `rws` has
 * one weight for all that a model sees; here every canvas has its own. The value is the bound of N particles: the guide's part is
 * there for its gradient.
 */
export const reweighted = (particles = 10, phase: Phase = "wake") =>
  objectiveOf(function* (network: Network, images: Tensor) {
    const { joint, guessed } = yield* replicate(particles, function* () {
      return (yield* simulate(held(attempt(network, images, "enumerate")))).returnValue;
    });
    const logWeights = joint.sub(stopGradient(guessed));
    const likelihood = tf.mean(logSumExp(logWeights, 0)).sub(Math.log(particles));
    const learning = phase === "wake" ? wake(logWeights, guessed) : yield* sleep(network, images.shape[0]!);
    return likelihood.add(learning).sub(stopGradient(learning));
  });

/** Σ w̃ᵢ log qᵢ, on average over canvases: [particles, batch] each. */
const wake = (logWeights: Tensor, guessed: Tensor): Tensor => {
  const fixed = stopGradient(logWeights);
  const shares = tf.exp(fixed.sub(logSumExp(fixed, 0)));
  return tf.mean(tf.sum(shares.mul(guessed), 0));
};

/** log q of what is in dreams, on average over them. */
function* sleep(network: Network, batch: number) {
  const { choices } = yield* simulate(held(dream(detached(network), batch)));
  const { canvas, ...inside } = choices;
  const { returnValue } = yield* generate(attempt(network, canvas, "enumerate"), inside);
  return tf.mean(returnValue.guessed);
}

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
      return [number, paint(q, filled, number)];
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
      // "bound" or "rws", which takes no estimator, and as phase of its guide "wake" or "sleep"
      objective: { type: "string", default: "bound" },
      phase: { type: "string", default: "wake" },
      estimator: { type: "string", default: "enumerate" },
      // by default 1, and 10 for "rws"
      particles: { type: "string" },
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
  const isRws = values.objective === "rws";
  return {
    method: isRws
      ? ({ objective: "rws", phase: values.phase as Phase } as const)
      : ({ objective: "bound", estimator: values.estimator as Estimator } as const),
    sizes: values.sizes as keyof typeof sizes,
    checkpoint: values.checkpoint as string | undefined,
    logFile: values.log as string | undefined,
    particles: values.particles === undefined ? (isRws ? 10 : 1) : number("particles"),
    steps: number("steps"),
    batch: number("batch"),
    rate: number("rate"),
    finalRate: number(values.finalRate === undefined ? "rate" : "finalRate"),
    seed: number("seed"),
    every: number("every"),
  };
};

await runAlone(import.meta.url, "air", async (isQuiet) => {
  const { method, checkpoint, logFile, every, steps, seed, batch, ...chosen } = settings();
  const digits = await loadDigits();
  const heldOut = makeCanvases(digits.test, 512, 1);
  const test = tf.tensor2d(heldOut.images, [512, canvasSide ** 2]);
  const of =
    method.objective === "rws" ? reweighted(chosen.particles, method.phase) : bound(method.estimator, chosen.particles);
  const evaluate = async (network: Network, step: number) => {
    const value = (await of.estimate({ seed: 1 }, network, test)).dataSync()[0]!;
    const { accuracy, painted } = await infer(network, heldOut);
    if (!isQuiet)
      console.log(
        `step ${step}: bound ${value.toFixed(2)}, count accuracy ${accuracy.toFixed(4)} on held-out canvases`,
      );
    return { step, value, accuracy, painted };
  };
  const hasBaseline = method.objective === "bound" && method.estimator === "learned";
  const fresh = () => makeNetwork(sizes[chosen.sizes], seed, { hasBaseline });
  const train = (until: number, from: number, resume?: string) =>
    fit(of, {
      parameters: fresh(),
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
  const start = await evaluate(fresh(), 0);
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
    text: `${Object.values(method).join(" ")}, ${chosen.particles} particle(s), ${chosen.sizes}: bound ${start.value.toFixed(1)} → ${end.value.toFixed(1)} in ${done} steps, ${(1000 / result.stepsPerSecond).toFixed(1)} ms each; count accuracy ${end.accuracy.toFixed(3)}; ${file}`,
    json: {
      ...method,
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
