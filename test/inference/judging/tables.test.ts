import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  checkUnbiased,
  compareEstimators,
  enumerate,
  flip,
  formatBiasCheck,
  formatComparison,
  objective,
  reinforce,
  reparam,
  sample,
  straightThrough,
} from "elbow";
import { expect, test } from "vitest";

const L = objective(function* (p: Tensor) {
  return tf.square(tf.add(1, yield* sample("b", reinforce(flip(p)))));
});

test("a comparison: the cheapest first, with verdicts and refusals", async () => {
  const alternatives = { b: { straightThrough, reinforce, enumerate, reparam } };
  const text = formatComparison(await compareEstimators(L, tf.scalar(0.2), [], alternatives, { milliseconds: 1 }));
  const lines = text.split("\n");
  const rows = lines.filter((line) => line.startsWith("│ ")).slice(1);
  expect(rows[0]).toMatch(/^│ enumerate +│ +1\.6 │ +0\.0 │ +0 │ +[\d.]+ │ +0 │ +2 │ recommended +│$/);
  expect(rows.find((row) => row.includes("straightThrough"))).toMatch(/│ biased +│$/);
  expect(text).toMatch(/\nreparam: reparam\(bernoulli\) is not possible: /);
  expect(text).toMatch(/\n20000 draws against enumeration of 2 joint values; times of one value and gradient on wasm /);
});

test("a comparison without times", async () => {
  const text = formatComparison(await compareEstimators(L, tf.scalar(0.2), [], { b: [enumerate] }, { repeats: 0 }));
  expect(text).toMatch(/│ enumerate +│ +1\.6 │ +0\.0 │ +0 │ +│ +│ +2 │ recommended +│/);
});

test("a check of many elements shows those that are off most", async () => {
  const many = objective(function* (p: Tensor) {
    return tf.sum(tf.square(yield* sample("b", reinforce(flip(p)))));
  });
  const text = formatBiasCheck(await checkUnbiased(many, tf.linspace(0.1, 0.9, 10), [], { draws: 1000 }));
  expect(text).toMatch(/^no bias found: the largest deviation is \d\.\d standard errors/);
  expect(text).toMatch(/│ ∂\/∂parameters\[\d\] +│/);
  const larger = objective(function* (p: Tensor) {
    return tf.sum(tf.square(yield* sample("b", enumerate(flip(p)))));
  });
  const hidden = formatBiasCheck(
    await checkUnbiased(larger, tf.linspace(0.1, 0.9, 30), [], { draws: 10, truth: { gradient: Array(30).fill(1) } }),
  );
  expect(hidden).toContain("\nand 10 more elements that are off less\n");
  expect(hidden).toContain("10 draws against given values");
});
