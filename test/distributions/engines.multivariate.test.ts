// Multivariate families and processes compiled to WebAssembly: draws, log densities and their derivatives as in double precision.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  autoregressive,
  compile,
  type Distribution,
  engineByName,
  gaussianProcess,
  gaussianRandomWalk,
  hmm,
  linearGaussianStateSpace,
  lkjCholesky,
  multivariateNormal,
  multivariateStudentT,
  normal,
  squaredExponential,
  stickBreakingWeights,
  trace,
  valueAndGrad,
  vonMisesFisher,
  wishart,
} from "elbow";
import { expect, it } from "vitest";
import { evaluate } from "../../src/ir/evaluate.js";
import { seedKey } from "../../src/ops/random.js";

const scalar = (t: Tensor, rows: number, columns: number): Tensor =>
  tf.mul(tf.reshape(t, [1, 1]), tf.eye(rows, columns));

const builds: readonly (readonly [string, (t: Tensor) => Distribution<Tensor, never>])[] = [
  ["low rank", (t) => multivariateNormal([0, 1], { covFactor: [[1], [2]], covDiag: tf.mul(t, [1, 2]) })],
  ["multivariateStudentT", (t) => multivariateStudentT(tf.add(t, 4), [0, 1], scalar(t, 2, 2))],
  ["lkjCholesky", (t) => lkjCholesky(4, t)],
  ["wishart", (t) => wishart(tf.add(t, 4), { scaleMatrix: scalar(t, 3, 3) })],
  ["vonMisesFisher", (t) => vonMisesFisher([0, 0.6, 0.8], t)],
  ["gaussianRandomWalk", (t) => gaussianRandomWalk({ scale: t, numSteps: 6 })],
  ["autoregressive", (t) => autoregressive({ coefficients: [0.5, 0.25], scale: t, numSteps: 6 })],
  [
    "linearGaussianStateSpace",
    (t) =>
      linearGaussianStateSpace({
        transition: [
          [1, 0.5],
          [0, 1],
        ],
        transitionScale: scalar(t, 2, 2),
        observation: [[1, 0]],
        observationScale: scalar(t, 1, 1),
        initialLoc: [0, 0],
        initialScale: scalar(t, 2, 2),
        numSteps: 6,
      }),
  ],
  [
    "gaussianProcess",
    (t) => gaussianProcess({ kernel: squaredExponential({ lengthScale: t }), inputs: [0, 1, 2], noiseScale: 0.5 }),
  ],
  ["stickBreakingWeights", (t) => stickBreakingWeights(t, 5)],
  [
    "hmm",
    (t) =>
      hmm({
        initial: { probs: [0.5, 0.5] },
        transition: { logits: scalar(t, 2, 2) },
        emission: normal([-1, 1], 1),
        numSteps: 6,
      }),
  ],
];

it.each(builds)("%s", async (_, build) => {
  // score and squares of draws, so that both the draws and the density carry derivatives
  const program = valueAndGrad(
    trace([{ shape: [], dtype: "float32" }], (t) => {
      const { family, parameters, batch } = build(t!);
      const x = family.draw(parameters, seedKey(7), [3, ...batch]);
      return [tf.add(tf.sum(family.logDensity(parameters, x)), tf.sum(tf.square(x)))];
    }),
  );
  const truth = evaluate(program, [{ shape: [], dtype: "float32", elements: Float64Array.of(1.75) }]);
  const executable = compile(program, { engine: await engineByName("wasm") });
  const results = await executable.run([tf.scalar(1.75)]);
  for (const [i, each] of truth.entries()) {
    const [expected, received] = [each.elements[0]!, results[i]!.dataSync()[0]!];
    expect(Math.abs(received - expected)).toBeLessThan(2e-4 * (1 + Math.abs(expected)));
  }
});
