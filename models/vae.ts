// A variational autoencoder of handwritten digits (Kingma & Welling 2014): z ~ N(0, I), pixels ~ Bernoulli(decoder(z)), with
// an encoder that guesses z from the image. 784-400-20-400-784, or 784-200-10-200-784 with --small.
import { parseArgs } from "node:util";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  assess,
  bernoulli,
  drawMany,
  fit,
  gen,
  iid,
  logDensity,
  logSumExp,
  minibatches,
  normal,
  objective as objectiveOf,
  observe,
  piecewise,
  sample,
  simulate,
} from "elbow";
import { binarized, loadDigits, pixels, side } from "./support/digits.js";
import { runAlone } from "./support/gallery.js";
import { imagesOf, outFolder, writeSheet } from "./support/images.js";
import { dense, layers } from "./support/network.js";

export const sizes = { large: { hidden: 400, latent: 20 }, small: { hidden: 200, latent: 10 } };

/** Untrained; the decoder's bias may start at what the pixels are on average. */
export function makeNetwork({ hidden, latent }: typeof sizes.large, seed = 0, mean = tf.fill([pixels], 0.5)) {
  const layer = layers(seed);
  return {
    encoder: layer(pixels, hidden),
    loc: layer(hidden, latent),
    logScale: layer(hidden, latent),
    decoder: layer(latent, hidden),
    logits: { ...layer(hidden, pixels), bias: tf.log(mean.add(0.002).div(tf.sub(1.002, mean))) },
  };
}
export type Network = ReturnType<typeof makeNetwork>;

const encode = (network: Network, images: Tensor) => {
  const hidden = tf.tanh(dense(images, network.encoder));
  return normal(dense(hidden, network.loc), tf.exp(dense(hidden, network.logScale)));
};

const decode = (network: Network, z: Tensor) =>
  bernoulli({ logits: dense(tf.tanh(dense(z, network.decoder)), network.logits) });

/** One latent vector per image of the batch. */
export const guide = gen(function* encoder(network: Network, images: Tensor) {
  yield* sample("z", encode(network, images));
});

export const model = gen(function* decoder(network: Network, images: Tensor) {
  const latent = network.decoder.weights.shape[0]!;
  const z = yield* sample("z", iid([images.shape[0]!, latent], normal(0, 1)));
  yield* observe("images", decode(network, z), images);
});

/** The evidence lower bound per image. Both networks are learned, so the model takes parameters too. */
export const objective = objectiveOf(function* (network: Network, images: Tensor) {
  const { choices, logDensity: logGuide } = yield* simulate(guide(network, images));
  return (yield* assess(model(network, images), choices)).sub(logGuide).div(images.shape[0]!);
});

/** The importance-weighted bound of K particles per image: every image has weights of its own. */
export const weightedBound = (particles: number) =>
  objectiveOf(function* (network: Network, images: Tensor) {
    const q = encode(network, images);
    const [loc, scale] = q.parameters;
    const z = yield* sample("z", normal(tf.broadcastTo(loc!, [particles, ...q.batch]), scale!));
    const perImage = (density: Tensor): Tensor => tf.sum(density, 2);
    const logJoint = perImage(logDensity(normal(0, 1), z)).add(perImage(logDensity(decode(network, z), images)));
    const logWeights = logJoint.sub(perImage(logDensity(q, z)));
    return tf.mean(logSumExp(logWeights, 0)).sub(Math.log(particles));
  });

export const parameters = makeNetwork(sizes.small);
/** The model takes the networks, too. */
export const isModelLearned = true;
/** Batches of 128 for `elbow explain` and `elbow fit`, in strides of a prime, since the digits come class by class. */
export const data = {
  async *[Symbol.asyncIterator](): AsyncGenerator<[Tensor]> {
    const images = matrix(binarized((await loadDigits()).train.images));
    for (let from = 0; ; from += 128) {
      const numbers = Int32Array.from({ length: 128 }, (_, i) => ((from + i) * 613) % images.shape[0]!);
      const rows = tf.tidy(() => tf.gather(images, tf.tensor1d(numbers, "int32")));
      yield [rows];
      rows.dispose();
    }
  },
};

const matrix = (images: Float32Array): Tensor => tf.tensor2d(images, [images.length / pixels, pixels]);

/** The importance-weighted bound in parts of a hundred images, for the memory that their particles take. */
async function evaluateWeighted(network: Network, images: Float32Array, particles: number): Promise<number> {
  const of = weightedBound(particles);
  let total = 0;
  for (let from = 0; from < images.length; from += 100 * pixels) {
    const part = matrix(images.subarray(from, from + 100 * pixels));
    total += (await of.estimate(from, network, part)).dataSync()[0]! * part.shape[0]!;
    part.dispose();
  }
  return total / (images.length / pixels);
}

/** A sheet of test digits above their reconstructions, and one of digits made up. */
async function draw(network: Network, images: Float32Array, name: string): Promise<string[]> {
  const shown = imagesOf(images, side).filter((_, i) => i % 100 < 2);
  const rebuilt = decode(
    network,
    encode(network, matrix(Float32Array.from(shown.flatMap((each) => [...each])))).parameters[0]!,
  );
  const means = imagesOf((await tf.sigmoid(rebuilt.parameters[0]!).data()) as Float32Array, side);
  const latent = network.decoder.weights.shape[0]!;
  const made = await drawMany(
    function* (q: Network) {
      const z = yield* sample("z", iid([latent], normal(0, 1)));
      return tf.sigmoid(decode(q, z.reshape([1, latent])).parameters[0]!);
    },
    [network],
    { draws: 100, seed: 3 },
  );
  const samples = imagesOf((await made.data()) as Float32Array, side);
  return Promise.all([
    writeSheet(`${outFolder}/${name}-reconstructions.png`, [shown, means], side),
    writeSheet(
      `${outFolder}/${name}-samples.png`,
      Array.from({ length: 10 }, (_, i) => samples.slice(10 * i, 10 * i + 10)),
      side,
    ),
  ]);
}

await runAlone(import.meta.url, "vae", async (isQuiet) => {
  const { values } = parseArgs({
    strict: false,
    options: { small: { type: "boolean" }, steps: { type: "string", default: "1200" }, batch: { type: "string" } },
  });
  const seed = 0;
  const steps = Number(values.steps);
  const size = Number(values.batch ?? 128);
  const digits = await loadDigits();
  const train = binarized(digits.train.images);
  const test = binarized(digits.test.images);
  const rows = matrix(train);
  const result = await fit(objective, {
    parameters: makeNetwork(values.small ? sizes.small : sizes.large, seed, tf.mean(rows, 0)),
    data: minibatches([rows], { size }),
    seed,
    steps,
    optimizer: adam({ learningRate: piecewise({ boundaries: [0.7 * steps], rates: [0.002, 0.0005] }) }),
    progress: !isQuiet,
  });
  const { parameters } = result;
  const elbo = async (images: Float32Array) =>
    (await objective.estimate({ seed: 1, draws: 4 }, parameters, matrix(images))).dataSync()[0]!;
  const testElbo = await elbo(test);
  const known = imagesOf(train, side).filter((_, i) => i % 10 === 0);
  const trainElbo = await elbo(Float32Array.from(known.flatMap((each) => [...each])));
  const particles = 50;
  const iwae = await evaluateWeighted(parameters, test, particles);
  const files = await draw(parameters, test, values.small ? "vae-small" : "vae");
  return {
    checks: [
      { name: "test ELBO per digit, at least −120", value: testElbo, truth: -100, tolerance: 20 },
      { name: `test IWAE(${particles}) − ELBO, positive`, value: iwae - testElbo, truth: 6, tolerance: 6 },
    ],
    text: `${result.steps} steps of ${size} in ${result.seconds.toFixed(1)} s; ELBO ${trainElbo.toFixed(2)} on digits trained with, ${testElbo.toFixed(2)} on others; IWAE(${particles}) ${iwae.toFixed(2)}; ${files.join(", ")}`,
    json: {
      objective: result.objective,
      testElbo,
      trainElbo,
      iwae,
      particles,
      steps: result.steps,
      seconds: result.seconds,
      stepsPerSecond: result.stepsPerSecond,
      compileMs: result.compileMs,
      engine: result.engine,
      seed,
      files,
    },
  };
});
