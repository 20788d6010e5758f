// What the language costs beside hand-written code on the same engine: value and gradient of the ELBO of models/vae.ts, and of the
// same loss in tf operations with its noise drawn by hand.  nice -n -10 npx tsx bench/vaeOverhead.ts [pairs] [training steps]
import { loadavg } from "node:os";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { adam, engineByName, foldIn, seedKey, standardNormal } from "elbow";
import { binarized, loadDigits, pixels } from "../models/support/digits.js";
import { dense } from "../models/support/network.js";
import { makeNetwork, type Network, objective, sizes } from "../models/vae.js";
import { derivedProgram } from "../src/inference/objective.js";
import { parameterTensors, prepare } from "../src/inference/prepare.js";
import { inline } from "../src/ir/interpret.js";
import type { DType, Program, Type } from "../src/ir/program.js";
import { emitOnTensors, trace } from "../src/ir/tracing.js";
import { namedKey } from "../src/ops/random.js";
import { compile } from "../src/runtime/compile.js";
import { valueAndGrad } from "../src/transforms/grad.js";
import { simplify } from "../src/transforms/simplify.js";
import { type Tree, withLeaves } from "../src/util/tree.js";

const pairs = Number(process.argv[2] ?? 100);
const steps = Number(process.argv[3] ?? 600);
const warmUps = 5;
const trainingBatch = 128;
const engine = await engineByName("wasm");
const typeOf = ({ shape, dtype }: Tensor): Type => ({ shape, dtype: dtype as DType });
const keyType: Type = { shape: [2], dtype: "int32" };

const digits = await loadDigits();
const matrix = (images: Float32Array): Tensor => tf.tensor2d(images, [images.length / pixels, pixels]);
const train = matrix(binarized(digits.train.images));
const test = matrix(binarized(digits.test.images));
/** In strides of a prime, since the digits come class by class. */
const batchOf = (size: number, from = 0): Tensor => {
  const rows = Int32Array.from({ length: size }, (_, i) => ((from + i) * 613) % train.shape[0]!);
  return tf.tidy(() => tf.gather(train, tf.tensor1d(rows, "int32")));
};

/** Kingma & Welling's estimator A for one draw, per image. */
function handWrittenElbo(network: Network, images: Tensor, key: Tensor): Tensor {
  const hidden = tf.tanh(dense(images, network.encoder));
  const loc = dense(hidden, network.loc);
  const logScale = dense(hidden, network.logScale);
  // the key of the language's choice: the guide is the first thing simulated
  const noise = standardNormal(namedKey(namedKey(key, "simulate#0"), "z"), loc.shape);
  const z = tf.add(loc, tf.mul(tf.exp(logScale), noise));
  const logits = dense(tf.tanh(dense(z, network.decoder)), network.logits);
  const logLikelihood = tf.sum(tf.sub(tf.mul(images, logits), tf.softplus(logits)));
  const difference = tf.sub(tf.square(noise), tf.square(z));
  const logRatio = tf.sum(tf.add(tf.mul(0.5, difference), logScale));
  return tf.div(tf.add(logLikelihood, logRatio), images.shape[0]!);
}

const networkOf = (like: Network, tensors: readonly Tensor[]): Network =>
  withLeaves(like as unknown as Tree<Tensor>, tensors) as unknown as Network;

/** Both gradients as programs [key, parameters…, images] → [value, gradient…]. */
function gradients(network: Network, images: Tensor): readonly [language: Program, handWritten: Program] {
  const parameters = parameterTensors(network);
  const value = trace([keyType, ...parameters.map(typeOf), typeOf(images)], (key, ...rest) => [
    handWrittenElbo(networkOf(network, rest.slice(0, -1)), rest.at(-1)!, key!),
  ]);
  const wrt = parameters.map((_, i) => i + 1);
  return [derivedProgram(prepare(objective, network, [images]), "gradient", 1), simplify(valueAndGrad(value, { wrt }))];
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Milliseconds of one gradient each, in turns: of every pair. */
async function time(programs: readonly Program[], network: Network, images: Tensor): Promise<number[][]> {
  const executables = programs.map((program) => compile(program, { engine }));
  const times = programs.map((): number[] => []);
  for (let pair = -warmUps; pair < pairs; pair++) {
    const key = tf.tidy(() => seedKey(pair + warmUps));
    // who goes first alternates
    for (const i of pair % 2 === 0 ? [0, 1] : [1, 0]) {
      const started = performance.now();
      const outputs = await executables[i]!.runAsync([key, ...parameterTensors(network), images]);
      if (pair >= 0) times[i]!.push(performance.now() - started);
      tf.dispose(outputs);
    }
    key.dispose();
  }
  return times;
}

/** The largest max|Δ|/max|g| of a tensor, for the same key and so the same noise. */
async function deviation(programs: readonly Program[], network: Network, images: Tensor): Promise<number> {
  const inputs = [tf.tidy(() => seedKey(1)), ...parameterTensors(network), images];
  const [own, other] = await Promise.all(programs.map((program) => compile(program, { engine }).runAsync(inputs)));
  const ratios = own!.map((each, i) =>
    tf.tidy(() => tf.div(tf.max(tf.abs(tf.sub(each, other![i]!))), tf.max(tf.abs(each))).dataSync()[0]!),
  );
  tf.dispose([...own!, ...other!]);
  return Math.max(...ratios);
}

/** The held-out ELBO after steps of Adam with a gradient, compiled as one program together. */
async function trained(gradient: Program, start: Network, seed = 0): Promise<number> {
  const optimizer = adam({ learningRate: 0.002 });
  const initial = parameterTensors(start);
  const count = initial.length;
  const carried = [...initial, ...initial.flatMap((each) => optimizer.init(each))];
  const types = [keyType, ...carried.map(typeOf), { shape: [], dtype: "int32" } as const];
  const step = trace([...types, { shape: [trainingBatch, pixels], dtype: "float32" }], (key, ...rest) => {
    const parameters = rest.slice(0, count);
    const [images, number] = [rest.at(-1)!, rest.at(-2)!];
    const [, ...slopes] = emitOnTensors([key!, ...parameters, images], (...inputs) => inline(gradient, inputs));
    const next = parameters.map((parameter, i) => {
      const slots = rest.slice(count + 2 * i, count + 2 * i + 2);
      return optimizer.update({ parameter, gradient: tf.neg(slopes[i]!), slots, step: number });
    });
    return [...next.map(({ parameter }) => parameter), ...next.flatMap(({ slots }) => slots)];
  });
  const executable = compile(simplify(step), { engine });
  let state = carried;
  for (let i = 0; i < steps; i++) {
    const own = [
      tf.tidy(() => foldIn(seedKey(seed), i)),
      tf.scalar(i, "int32"),
      batchOf(trainingBatch, i * trainingBatch),
    ];
    const next = await executable.runAsync([own[0]!, ...state, own[1]!, own[2]!]);
    tf.dispose([...own, ...(i > 0 ? state : [])]);
    state = next;
  }
  const network = networkOf(start, state.slice(0, count));
  return (await objective.estimate({ seed: 1, draws: 4 }, network, test)).dataSync()[0]!;
}

const load = (): string =>
  loadavg()
    .map((each) => each.toFixed(1))
    .join(", ");
console.log(`${engine.name}; load ${load()}; medians of ${pairs} pairs in turns after ${warmUps} warm-ups`);
console.log(
  "| network | batch | language, ms | hand-written, ms | ratio | ratio of the fastest | gradients differ by |",
);
console.log("|---|---|---|---|---|---|---|");
for (const [name, size] of Object.entries(sizes)) {
  const network = makeNetwork(size);
  for (const batch of [64, 256, 512, 1024]) {
    const images = batchOf(batch);
    const programs = gradients(network, images);
    const difference = await deviation(programs, network, images);
    const times = await time(programs, network, images);
    const [own, other] = times.map(median) as [number, number];
    const [least, otherLeast] = times.map((each) => Math.min(...each)) as [number, number];
    const figures = [own, other, own / other, least / otherLeast].map((each) => each.toFixed(2));
    console.log(`| ${[name, batch, ...figures, difference.toExponential(1)].join(" | ")} |`);
    images.dispose();
  }
}
console.log(`Held-out ELBO after ${steps} steps of Adam, 2e-3, batch ${trainingBatch}:`);
const mean = tf.mean(train, 0);
for (const [name, size] of Object.entries(sizes)) {
  const network = makeNetwork(size, 0, mean);
  const [own, other] = gradients(network, batchOf(trainingBatch));
  const results = [await trained(own, network), await trained(other, network), await trained(other, network, 1)];
  const [a, b, c] = results.map((each) => each.toFixed(5));
  console.log(`${name}: language ${a}, hand-written ${b}, with other noise ${c}`);
}
console.log(`load ${load()}`);
process.exit();
