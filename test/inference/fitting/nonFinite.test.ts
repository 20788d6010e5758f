import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { normal } from "../../../src/distributions/normal.js";
import { sample } from "../../../src/dsl/effects.js";
import type { ElbowError } from "../../../src/errors.js";
import { fit } from "../../../src/inference/fit.js";
import { objective } from "../../../src/inference/objective.js";
import { clipByValue } from "../../../src/inference/optimizers/clip.js";
import { sgd } from "../../../src/inference/optimizers/sgd.js";
import { engineByName } from "../../../src/runtime/engines.js";

beforeAll(async () => {
  await engineByName("tfjs:cpu");
});

const failure = (promise: Promise<unknown>): Promise<ElbowError> =>
  promise.then(
    () => {
      throw new Error("the fit did not fail");
    },
    (error: ElbowError) => error,
  );

const hint =
  "  hint: Lower the learning rate, clip the gradient (clip: clipByNorm(10)), or check that values stay inside the supports of their distributions.";

test.each(["reference", "tfjs:cpu", "tfjs:wasm"])(
  "on %s the first bad step, equation and line are named",
  async (engine) => {
    const sinking = objective(function* ({ x }: { x: tf.Tensor }, shift: tf.Tensor) {
      const fine = tf.mul(x, 2);
      return tf.add(tf.log(tf.add(x, shift)), fine);
    });
    const logLine = new Error()
      .stack!.split("\n")[1]!
      .replace(/^.*:(\d+):\d+\)?$/, (_, line) => String(Number(line) - 2));
    // d/dx = 1/(x + 1) + 2 > 2: x falls by more than 0.02 per step from 0 and passes −1 before step 50
    const options = {
      parameters: { x: tf.scalar(0) },
      data: [tf.scalar(1)] as [tf.Tensor],
      steps: 500,
      direction: "minimize",
      optimizer: sgd({ learningRate: 0.01 }),
      engine,
    } as const;
    const error = await failure(fit(sinking, options));
    expect(error.code).toBe("non-finite");
    const [, step] = /at step (\d+)/.exec(error.message)!;
    // by hand: iterate x ← x − 0.01 (1/(x + 1) + 2) until x + 1 < 0
    let x = 0;
    let expected = 0;
    for (; x + 1 >= 0; expected++) x -= 0.01 * (1 / (x + 1) + 2);
    expect(Number(step)).toBe(expected);
    expect(error.message).toMatch(
      new RegExp(`^the objective became NaN at step ${expected}\n  equation: log\\(-0\\.\\d+\\) = NaN\n`),
    );
    expect(error.message).toContain(`${hint}\n  at test/inference/fitting/nonFinite.test.ts:${logLine}`);
    expect(error.at.source).toBe(`test/inference/fitting/nonFinite.test.ts:${logLine}`);
  },
);

test("an equation of a random choice is named with its address", async () => {
  const exploding = objective(function* ({ rho }: { rho: tf.Tensor }) {
    const z = yield* sample("z", normal(0, tf.exp(rho)));
    return tf.neg(tf.square(z));
  });
  const error = await failure(
    fit(exploding, {
      parameters: { rho: tf.scalar(1) },
      direction: "minimize",
      steps: 300,
      optimizer: sgd({ learningRate: 100 }),
      engine: "tfjs:cpu",
    }),
  );
  expect(error.message).toMatch(/^the (objective|gradient of "rho") became/);
  expect(error.at.address ?? error.at.source).toBeDefined();
});

test("a gradient that is not finite is found where the objective still is, and clipping does not hide it", async () => {
  const kink = objective(function* (x: tf.Tensor) {
    return tf.sqrt(x);
  });
  const error = await failure(
    fit(kink, { parameters: tf.scalar(0), steps: 3, clip: clipByValue(1), engine: "tfjs:cpu" }),
  );
  expect(error.message).toMatch(
    /^the gradient of "\(root\)" became Infinity at step 0\n {2}equation: \w+\(.*\) = Infinity\n/,
  );
});

test("a parameter that overflows at the last step is found", async () => {
  const steep = objective(function* (x: tf.Tensor) {
    return tf.mul(x, 1e15);
  });
  const error = await failure(
    fit(steep, { parameters: tf.scalar(0), steps: 1, optimizer: sgd({ learningRate: 1e30 }), engine: "tfjs:cpu" }),
  );
  expect(error.message).toMatch(/^the parameter "\(root\)" became Infinity at step 0\n/);
});
