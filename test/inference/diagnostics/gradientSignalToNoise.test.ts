import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { gradientSignalToNoise, normal, objective, reinforce, sample } from "../../../src/index.js";
import { engineByName } from "../../../src/runtime/engines.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

// ∇ (mu + ε)² = 2 (mu + ε): mean 2 mu, standard deviation 2
const squares = objective(function* ({ mu, fixed, unused }: { mu: tf.Tensor; fixed: tf.Tensor; unused: tf.Tensor }) {
  const x = yield* sample("x", normal(mu, 1));
  return tf.sum(tf.square(x)).add(fixed.mul(3)).add(unused.mul(0));
});
const parameters = { mu: tf.tensor1d([3, -0.5]), fixed: tf.scalar(1), unused: tf.scalar(1) };

test.each([undefined, "tfjs:cpu"])("is the mean over the standard deviation, on %s", async (engine) => {
  const draws = 20_000;
  const rows = await gradientSignalToNoise(squares, parameters, [], { draws, seed: 1, engine });
  expect(rows.map(({ name }) => name)).toEqual(["mu[0]", "mu[1]", "fixed", "unused"]);
  const [first, second, fixed, unused] = rows.map(({ ratio }) => ratio);
  // the error of mean / sd is √((1 + ratio²/2)/n)
  expect(Math.abs(first! - 3)).toBeLessThan(5 * Math.sqrt((1 + 4.5) / draws));
  expect(Math.abs(second! - 0.5)).toBeLessThan(5 * Math.sqrt((1 + 0.125) / draws));
  expect(fixed).toBeGreaterThan(1e6);
  expect(unused).toBe(0);
});

test("negative control: a noisier estimator of the same gradient has less of it", async () => {
  const score = objective(function* (mu: tf.Tensor) {
    return tf.square(yield* sample("x", reinforce(normal(mu, 1))));
  });
  const [row] = await gradientSignalToNoise(score, tf.scalar(3), []);
  expect(row!.name).toBe("parameters");
  expect(row!.ratio).toBeLessThan(1);
});

test("one draw has no standard deviation", async () => {
  const failed = gradientSignalToNoise(squares, parameters, [], { draws: 1 });
  await expect(failed).rejects.toMatchObject({ code: "option" });
});
