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
  observe,
  piecewise,
  qWake,
  rws,
  sample,
  sleep,
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

it.each(["wake", "sleep"] as const)("rws, wake–%s: z ~ N(θ, 1), x ~ N(z, ½), x = 1.2", async (phase) => {
  type P = { loc: Tensor };
  type Guide = { shift: Tensor; slope: Tensor; rho: Tensor };
  const model = gen(function* (p: P, x: Tensor) {
    const z = yield* sample("z", normal(p.loc, 1));
    yield* observe("x", normal(z, 0.5), x);
  });
  const dreaming = gen(function* (p: P) {
    const z = yield* sample("z", normal(p.loc, 1));
    yield* sample("x", normal(z, 0.5));
  });
  const amortized = gen(function* (q: Guide, x: Tensor) {
    yield* sample("z", normal(tf.add(q.shift, tf.mul(q.slope, x)), tf.exp(q.rho)));
  });
  const dreams = sleep(dreaming, amortized, { observed: "x" });
  const L = rws(model, amortized, { particles: 50, ...(phase === "sleep" && { sleep: dreams }) });
  const { parameters } = await fit(L, {
    parameters: {
      model: { loc: tf.scalar(0) },
      guide: { shift: tf.scalar(0), slope: tf.scalar(0.5), rho: tf.scalar(0) },
    },
    data: [tf.scalar(1.2)],
    steps: 5000,
    draws: 64,
    optimizer: adam({ learningRate: piecewise({ boundaries: [3000], rates: [0.02, 0.001] }) }),
  });
  const at = (x: Tensor) => x.dataSync()[0]!;
  const { shift, slope, rho } = parameters.guide;
  // the likeliest θ is x, and the posterior N(0.2·θ + 0.8·x, 0.2)
  expect(Math.abs(at(parameters.model.loc) - 1.2)).toBeLessThan(0.03);
  expect(Math.abs(at(shift) + at(slope) * 1.2 - 1.2)).toBeLessThan(0.03);
  expect(Math.abs(Math.exp(2 * at(rho)) - 0.2)).toBeLessThan(0.01);
  if (phase === "sleep") expect(Math.abs(at(slope) - 0.8)).toBeLessThan(0.03);
});
