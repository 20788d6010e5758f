import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { gen, iid, normal, run, sample, simulate } from "elbow";
import { expect, test } from "vitest";
import { flatten } from "../../bench/harness/handWrittenRunner.js";
import { normals } from "../../bench/harness/random.js";
import { leaves, type Parameters } from "../../bench/harness/workload.js";
import { handWritten, makeData } from "../../bench/workloads/vae.js";
import { pixels } from "../../models/support/digits.js";
import { makeNetwork, objective, sizes } from "../../models/vae.js";
import { mapLeaves } from "../../src/util/tree.js";

const batch = 16;
const images = makeData(batch, pixels);

/** Away from where biases are zero. */
const disturbed = (of: typeof sizes.large): ReturnType<typeof makeNetwork> => {
  let next = 70;
  return mapLeaves<Tensor, Tensor>(makeNetwork(of) as unknown as Parameters, (leaf) =>
    tf.add(leaf, tf.tensor(normals(next++, leaf.size, 0.05), [...leaf.shape])),
  ) as never;
};

/** The noise behind "z": an address's key does not depend on its distribution. */
const noiseOf = (seed: number, latent: number): Float64Array => {
  const standard = gen(function* () {
    yield* sample("z", iid([batch, latent], normal(0, 1)));
  });
  return Float64Array.from(run(seed, simulate(standard())).choices.z.dataSync());
};

/** How far the model is from plain loops in double precision: |Δ|/|value|, and max|Δ|/max|g| of every tensor. */
async function deviations(engine: string, of: typeof sizes.large, noiseSeed: number) {
  const network = disturbed(of);
  const parameters = flatten({ parameters: network as unknown as Parameters });
  const own = handWritten(images, { pixels, ...of }, 1);
  const expected = new Float64Array(parameters.length).fill(Number.NaN);
  const loss = own.gradient(parameters, noiseOf(noiseSeed, of.latent), expected, new Float64Array(0));
  const data = tf.tensor2d(images, [batch, pixels]);
  const { value, gradient } = await objective.valueAndGradEstimate({ seed: 5, engine }, network, data);
  let end = 0;
  const gradients = leaves({ parameters: gradient as unknown as Parameters }).map(({ leaf }) => {
    const part = expected.subarray(end, end + leaf.size);
    end += leaf.size;
    const found = leaf.dataSync();
    const size = part.reduce((largest, each) => Math.max(largest, Math.abs(each)), 0);
    // the loops minimise
    return part.reduce((largest, each, i) => Math.max(largest, Math.abs(each + found[i]!)), 0) / size;
  });
  return { value: Math.abs(value.dataSync()[0]! / loss + 1), gradients };
}

test.each([
  ["wasm", "small"],
  ["wasm", "large"],
  ["reference", "small"],
] as const)("gradients per tensor are those of hand-written loops for the same noise: %s, %s", async (engine, size) => {
  const { value, gradients } = await deviations(engine, sizes[size], 5);
  expect(value).toBeLessThan(1e-5);
  expect(gradients).toHaveLength(10);
  for (const each of gradients) expect(each).toBeLessThan(1e-4);
});

test("and not for other noise", async () => {
  const { gradients } = await deviations("wasm", sizes.small, 6);
  for (const each of gradients) expect(each).toBeGreaterThan(1e-3);
});
