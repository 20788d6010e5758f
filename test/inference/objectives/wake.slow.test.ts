// Where training ends for the target N(0, [[1, .9], [.9, 1]]) and the guide N(0, s·I): every objective has an optimum of its own.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  adam,
  csiszar,
  elbo,
  fDivergence,
  fit,
  forwardChi2,
  gen,
  iid,
  multivariateNormal,
  normal,
  type Objective,
  piecewise,
  qWake,
  sample,
} from "elbow";
import { expect, it } from "vitest";

const target = gen(function* () {
  yield* sample("z", multivariateNormal(tf.zeros([2]), { covariance: tf.tensor2d([1, 0.9, 0.9, 1], [2, 2]) }));
});
type Q = { logS: Tensor };
const guide = gen(function* ({ logS }: Q) {
  yield* sample("z", iid(2, normal(0, tf.exp(tf.mul(0.5, logS)))));
});

/** The variance s, the mean over the last tenth of the steps. */
async function variance(L: Objective<Q, []>, start: number, steps: number, draws: number): Promise<number> {
  let parameters: Q = { logS: tf.scalar(Math.log(start)) };
  const run = async (count: number, rates: readonly [number, number], boundary: number) => {
    const learningRate = piecewise({ boundaries: [boundary], rates });
    const found = await fit(L, { parameters, steps: count, draws, optimizer: adam({ learningRate }), seed: count });
    parameters = found.parameters;
  };
  await run(steps, [0.02, 0.002], Math.round(0.7 * steps));
  // steps of a tenth of the last rate go on as an average does
  await run(Math.round(steps / 3), [0.0005, 0.0002], Math.round(steps / 6));
  return Math.exp(parameters.logS.dataSync()[0]!);
}

it("wake with draws of the target: s = 1", async () => {
  const L = qWake(target, guide, { posterior: () => target() });
  expect(Math.abs((await variance(L, 0.5, 3000, 64)) - 1)).toBeLessThan(0.02);
});

it.each([
  [50, 0.862],
  [200, 0.956],
])("qWake with %d particles has its known bias: s = %d", async (particles, s) => {
  const found = await variance(qWake(target, guide, { particles }), 0.5, 3000, 64);
  expect(Math.abs(found - s)).toBeLessThan(0.02);
});

it("ELBO: s = 0.19", async () => {
  expect(Math.abs((await variance(elbo(target, guide), 0.5, 3000, 64)) - 0.19)).toBeLessThan(0.01);
  // the same as an f-divergence
  const L = fDivergence(target, guide, csiszar.klReverse);
  expect(Math.abs((await variance(L, 0.5, 3000, 64)) - 0.19)).toBeLessThan(0.01);
});

it("forward χ²: s = 1.434", async () => {
  expect(Math.abs((await variance(forwardChi2(target, guide), 3, 2000, 4096)) - 1.434)).toBeLessThan(0.05);
});
