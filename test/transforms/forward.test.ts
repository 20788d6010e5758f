import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import type { Call } from "../../src/dsl/call.js";
import { drive } from "../../src/dsl/verbs.js";
import { cond, gen, normal, reinforce, run, sample, scan, simulate } from "../../src/index.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { trace } from "../../src/ir/tracing.js";
import { engineByName } from "../../src/runtime/engines.js";
import { forward } from "../../src/transforms/forward.js";
import { keyFromSeed } from "../../src/util/keys.js";
import { leavesOf, type Tree } from "../../src/util/tree.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

const tensorsIn = (choices: unknown): tf.Tensor[] => leavesOf(choices as Tree<tf.Tensor>).map(({ leaf }) => leaf);

/** The log density and all choices of a compiled forward run. */
function compiled(program: Call<unknown, unknown>, seed: number): number[] {
  const traced = trace([{ shape: [2], dtype: "int32" }], (key) => {
    const { choices, logDensity } = drive(simulate(program), key!);
    return [logDensity, ...tensorsIn(choices)];
  });
  const key = { shape: [2], dtype: "int32" as const, elements: Float64Array.from(keyFromSeed(seed)) };
  return evaluate(forward(traced), [key]).flatMap(({ elements }) => [...elements]);
}

function eager(program: Call<unknown, unknown>, seed: number): number[] {
  const { choices, logDensity } = run(seed, simulate(program));
  return [logDensity, ...tensorsIn(choices)].flatMap((each) => [...each.dataSync()]);
}

const walk = gen(function* (x: tf.Tensor) {
  const next = yield* sample("x", reinforce(normal(x, 1), { baseline: 1 }));
  return { carry: next, output: next };
});
const wide = gen(function* () {
  return yield* sample("z", normal(0, 10));
});
const narrow = gen(function* () {
  return yield* sample("z", normal(0, 0.1));
});
const whole = gen(function* () {
  const { carry } = yield* scan("walk", walk, tf.scalar(0), 5);
  yield* cond("branch", tf.greater(carry, 0), wide(), narrow());
});

test.each([0, 1, 2, 3])("draws what run draws, in loops and branches, whatever the strategies: seed %i", (seed) => {
  const expected = eager(whole(), seed);
  const values = compiled(whole(), seed);
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
});
