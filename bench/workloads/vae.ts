// W4: a variational autoencoder, 784-400-20-400-784 with tanh, Bernoulli pixels, Monte Carlo ELBO, batch B.
// W6: the importance-weighted bound of K particles on the same network.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  bernoulli,
  gen,
  iid,
  logDensity,
  logSumExp,
  normal,
  objective,
  observe,
  sample,
  simulate,
} from "elbow";
import { eagerNormal } from "../harness/eagerNoise.js";
import { multiplyTransposed, transposeInto } from "../harness/matrices.js";
import { normals } from "../harness/random.js";
import { type HandWritten, type Variant, variant, type Workload } from "../harness/workload.js";

/** Sizes of the layers. */
export interface Sizes {
  readonly pixels: number;
  readonly hidden: number;
  readonly latent: number;
}

const full: Sizes = { pixels: 784, hidden: 400, latent: 20 };

/** xₙⱼ = 1 where sin(0.1(n + 1) + 0.37j) > 0.3 */
export const makeData = (rows: number, pixels: number): Float32Array =>
  Float32Array.from({ length: rows * pixels }, (_, i) =>
    Math.sin(0.1 * (Math.floor(i / pixels) + 1) + 0.37 * (i % pixels)) > 0.3 ? 1 : 0,
  );

interface Layer {
  readonly weights: Tensor;
  readonly bias: Tensor;
}

/** Weights of variance 1/inputs, and no bias. */
const layer = (seed: number, inputs: number, outputs: number): Layer => ({
  weights: tf.tensor2d(normals(seed, inputs * outputs, 1 / Math.sqrt(inputs)), [inputs, outputs]),
  bias: tf.zeros([outputs]),
});

export const makeParameters = ({ pixels, hidden, latent }: Sizes) => ({
  encoder: layer(41, pixels, hidden),
  loc: layer(42, hidden, latent),
  logScale: layer(43, hidden, latent),
  decoder: layer(44, latent, hidden),
  logits: layer(45, hidden, pixels),
});
type Network = ReturnType<typeof makeParameters>;

const dense = (x: Tensor, { weights, bias }: Layer): Tensor => tf.matMul(x, weights).add(bias);

const encode = (network: Network, images: Tensor) => {
  const hidden = tf.tanh(dense(images, network.encoder));
  return normal(dense(hidden, network.loc), tf.exp(dense(hidden, network.logScale)));
};

const decode = (network: Network, z: Tensor) =>
  bernoulli({ logits: dense(tf.tanh(dense(z, network.decoder)), network.logits) });

const encoder = gen(function* (network: Network, images: Tensor) {
  yield* sample("z", encode(network, images));
});

const decoder = gen(function* (network: Network, images: Tensor) {
  const latent = network.decoder.weights.shape[0]!;
  const z = yield* sample("z", iid([images.shape[0]!, latent], normal(0, 1)));
  yield* observe("images", decode(network, z), images);
});

/** Both networks are learned, so the model takes parameters too. */
const bound = () =>
  objective(function* (network: Network, images: Tensor) {
    const { choices, logDensity: logGuide } = yield* simulate(encoder(network, images));
    return (yield* assess(decoder(network, images), choices)).sub(logGuide);
  });

/** Σₙ log (1/K) Σₖ p(xₙ, zₖₙ)/q(zₖₙ): the particles are an axis, and every image has weights of its own. */
const weightedBound = (particles: number) => () =>
  objective(function* (network: Network, images: Tensor) {
    const guide = encode(network, images);
    const [loc, scale] = guide.parameters;
    const shape = [particles, ...guide.batch];
    const z = yield* sample("z", normal(tf.broadcastTo(loc!, shape), scale!));
    const perImage = (density: Tensor): Tensor => tf.sum(density, 2);
    const logJoint = perImage(logDensity(normal(0, 1), z)).add(perImage(logDensity(decode(network, z), images)));
    const logWeights = logJoint.sub(perImage(logDensity(guide, z)));
    return tf.sum(logSumExp(logWeights, 0)).sub(images.shape[0]! * Math.log(particles));
  });

/**
 * Loss and gradient of the K-particle bound (the ELBO for K = 1), divided by the number of images. Parameters: weights [in,
 * out] and bias of each layer; noise: [B·K, latent], an image's particles one after the other.
 */
export function handWritten(images: Float32Array, { pixels, hidden, latent }: Sizes, particles: number): HandWritten {
  const batch = images.length / pixels;
  const rows = batch * particles;
  const x = Float64Array.from(images);
  const xT = new Float64Array(x.length);
  transposeInto(xT, x, batch, pixels);

  // where the layers stand among the parameters
  const sizes = [
    [pixels, hidden],
    [hidden, latent],
    [hidden, latent],
    [latent, hidden],
    [hidden, pixels],
  ] as const;
  let end = 0;
  const layers = sizes.map(([inputs, outputs]) => {
    const weights = end;
    const bias = weights + inputs * outputs;
    end = bias + outputs;
    return { inputs, outputs, weights, bias, transposed: new Float64Array(inputs * outputs) };
  });
  type OwnLayer = (typeof layers)[number];
  const [encoderLayer, locLayer, scaleLayer, decoderLayer, logitsLayer] = layers as [
    OwnLayer,
    OwnLayer,
    OwnLayer,
    OwnLayer,
    OwnLayer,
  ];
  const matrix = (count: number, width: number) => new Float64Array(count * width);
  const h1 = matrix(batch, hidden);
  const loc = matrix(batch, latent);
  const logScale = matrix(batch, latent);
  const z = matrix(rows, latent);
  const h2 = matrix(rows, hidden);
  const logits = matrix(rows, pixels);
  const logWeights = new Float64Array(rows);
  const dz = matrix(rows, latent);
  const dh2 = matrix(rows, hidden);
  const dLoc = matrix(batch, latent);
  const dLogScale = matrix(batch, latent);
  const dh1 = matrix(batch, hidden);
  const dh1More = matrix(batch, hidden);
  const inputT = new Float64Array(rows * Math.max(hidden, latent));
  const slopeT = new Float64Array(rows * Math.max(pixels, hidden, latent));

  const forward = (out: Float64Array, input: Float64Array, count: number, at: OwnLayer, p: Float64Array): void => {
    const { inputs, outputs, transposed } = at;
    transposeInto(transposed, p.subarray(at.weights, at.bias), inputs, outputs);
    multiplyTransposed(out, input, transposed, count, outputs, inputs);
    for (let i = 0; i < count; i++) for (let j = 0, o = i * outputs; j < outputs; j++, o++) out[o]! += p[at.bias + j]!;
  };
  /** Gradients of a layer's weights and bias; inputs given transposed. */
  const learn = (gradient: Float64Array, inputsT: Float64Array, slope: Float64Array, count: number, at: OwnLayer) => {
    const { inputs, outputs } = at;
    transposeInto(slopeT, slope, count, outputs);
    multiplyTransposed(gradient.subarray(at.weights, at.bias), inputsT, slopeT, inputs, outputs, count);
    for (let j = 0; j < outputs; j++) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += slopeT[j * count + i]!;
      gradient[at.bias + j] = sum;
    }
  };
  const backward = (out: Float64Array, slope: Float64Array, count: number, at: OwnLayer, p: Float64Array): void =>
    multiplyTransposed(out, slope, p.subarray(at.weights, at.bias), count, at.inputs, at.outputs);
  const tanhInPlace = (h: Float64Array): void => {
    for (let i = 0; i < h.length; i++) h[i] = Math.tanh(h[i]!);
  };

  return {
    noise: rows * latent,
    gradient: (p, noise, gradient) => {
      forward(h1, x, batch, encoderLayer, p);
      tanhInPlace(h1);
      forward(loc, h1, batch, locLayer, p);
      forward(logScale, h1, batch, scaleLayer, p);
      for (let n = 0; n < batch; n++)
        for (let j = 0; j < latent; j++) {
          const at = n * latent + j;
          const scale = Math.exp(logScale[at]!);
          for (let k = 0; k < particles; k++) {
            const i = (n * particles + k) * latent + j;
            z[i] = loc[at]! + scale * noise[i]!;
          }
        }
      forward(h2, z, rows, decoderLayer, p);
      tanhInPlace(h2);
      forward(logits, h2, rows, logitsLayer, p);

      // log p(x | z), and its slope x − σ(logit) in place of the logits
      for (let r = 0; r < rows; r++) {
        const image = Math.floor(r / particles) * pixels;
        let value = 0;
        for (let j = 0, at = r * pixels; j < pixels; j++, at++) {
          const logit = logits[at]!;
          const pixel = x[image + j]!;
          const e = Math.exp(-Math.abs(logit));
          value += pixel * logit - Math.max(logit, 0) - Math.log(1 + e);
          logits[at] = pixel - (logit >= 0 ? 1 : e) / (1 + e);
        }
        // log p(z) − log q(z)
        for (let j = 0; j < latent; j++) {
          const at = r * latent + j;
          value +=
            0.5 * (noise[at]! * noise[at]! - z[at]! * z[at]!) + logScale[Math.floor(r / particles) * latent + j]!;
        }
        logWeights[r] = value;
      }

      // the particles' shares of their image's weight, times −1/B
      let total = 0;
      for (let n = 0; n < batch; n++) {
        const from = n * particles;
        let largest = Number.NEGATIVE_INFINITY;
        for (let k = 0; k < particles; k++) largest = Math.max(largest, logWeights[from + k]!);
        let sum = 0;
        for (let k = 0; k < particles; k++) sum += Math.exp(logWeights[from + k]! - largest);
        total += largest + Math.log(sum / particles);
        for (let k = 0; k < particles; k++)
          logWeights[from + k] = -Math.exp(logWeights[from + k]! - largest) / (sum * batch);
      }
      for (let r = 0; r < rows; r++)
        for (let j = 0, at = r * pixels; j < pixels; j++, at++) logits[at]! *= logWeights[r]!;

      transposeInto(inputT, h2, rows, hidden);
      learn(gradient, inputT, logits, rows, logitsLayer);
      backward(dh2, logits, rows, logitsLayer, p);
      for (let i = 0; i < dh2.length; i++) dh2[i]! *= 1 - h2[i]! * h2[i]!;
      transposeInto(inputT, z, rows, latent);
      learn(gradient, inputT, dh2, rows, decoderLayer);
      backward(dz, dh2, rows, decoderLayer, p);
      for (let n = 0; n < batch; n++)
        for (let j = 0; j < latent; j++) {
          const at = n * latent + j;
          const scale = Math.exp(logScale[at]!);
          let locSlope = 0;
          let scaleSlope = -1 / batch;
          for (let k = 0; k < particles; k++) {
            const r = n * particles + k;
            const i = r * latent + j;
            const slope = dz[i]! - logWeights[r]! * z[i]!;
            locSlope += slope;
            scaleSlope += slope * scale * noise[i]!;
          }
          dLoc[at] = locSlope;
          dLogScale[at] = scaleSlope;
        }
      transposeInto(inputT, h1, batch, hidden);
      learn(gradient, inputT, dLoc, batch, locLayer);
      learn(gradient, inputT, dLogScale, batch, scaleLayer);
      backward(dh1, dLoc, batch, locLayer, p);
      backward(dh1More, dLogScale, batch, scaleLayer, p);
      for (let i = 0; i < dh1.length; i++) dh1[i] = (dh1[i]! + dh1More[i]!) * (1 - h1[i]! * h1[i]!);
      learn(gradient, xT, dh1, batch, encoderLayer);
      return -total / batch;
    },
  };
}

const eager = (particles: number) => (network: Network, images: Tensor) => {
  const batch = images.shape[0]!;
  const hidden = tf.tanh(dense(images, network.encoder));
  const loc = dense(hidden, network.loc);
  const logScale = dense(hidden, network.logScale);
  const latent = loc.shape[1]!;
  const noise = eagerNormal([particles, batch, latent]);
  const z = loc.add(tf.exp(logScale).mul(noise)).reshape([particles * batch, latent]);
  const logits = dense(tf.tanh(dense(z, network.decoder)), network.logits).reshape([particles, batch, -1]);
  const logLikelihood = tf.sum(images.mul(logits).sub(tf.softplus(logits)), 2);
  const squares = tf.sum(noise.square(), 2).sub(tf.sum(z.square(), 1).reshape([particles, batch]));
  const logWeights = logLikelihood.add(squares.mul(0.5)).add(tf.sum(logScale, 1));
  return tf.neg(tf.mean(tf.logSumExp(logWeights, 0)).sub(Math.log(particles)));
};

export function vaeVariant(name: string, batch: number, particles: number, steps: number, sizes = full): Variant {
  const images = makeData(batch, sizes.pixels);
  const { pixels, hidden, latent } = sizes;
  const encoding = hidden * (pixels + 2 * latent) * batch;
  const decoding = hidden * (latent + pixels) * batch * particles;
  return variant({
    name,
    parameters: makeParameters(sizes),
    data: [tf.tensor2d(images, [batch, pixels])] as [Tensor],
    learningRate: 0.001,
    scale: batch,
    comparison: { steps: steps, tolerance: 10 },
    quickComparison: { steps: 1, tolerance: 20 },
    gigaflops: (4 * encoding + 6 * decoding) * 1e-9,
    objective: particles === 1 ? bound : weightedBound(particles),
    handWritten: () => handWritten(images, sizes, particles),
    eager: eager(particles),
  });
}

export const vae = (): Workload => ({
  name: "W4",
  title: "VAE 784-400-20-400-784, tanh, Bernoulli, Monte Carlo ELBO, batch B",
  variants: [vaeVariant("B=64", 64, 1, 5), vaeVariant("B=512", 512, 1, 2)],
});

export const iwae = (): Workload => ({
  name: "W6",
  title: "IWAE on the network of W4, B=64, K particles",
  variants: [vaeVariant("K=5", 64, 5, 3), vaeVariant("K=50", 64, 50, 1)],
});
