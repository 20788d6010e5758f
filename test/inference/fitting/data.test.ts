import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { fit } from "../../../src/inference/fit.js";
import { epochOrder, minibatches } from "../../../src/inference/fitting/minibatches.js";
import { objective } from "../../../src/inference/objective.js";
import { sgd } from "../../../src/inference/optimizers/sgd.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { withoutPlace } from "../../support/messages.js";

const engine = "tfjs:cpu";
beforeAll(async () => {
  await engineByName(engine);
});

const caught = (action: () => unknown): string => {
  try {
    action();
    return "";
  } catch (error) {
    return withoutPlace(error as Error);
  }
};

/** Its gradient is the batch, so that with sgd of rate 1 the change of the parameters says which rows were used. */
const seen = objective(function* (counts: tf.Tensor, rows: tf.Tensor) {
  return tf.sum(tf.mul(counts, tf.sum(rows, 0)));
});
const identity = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

async function countRows(
  data: Parameters<typeof fit<tf.Tensor, [tf.Tensor]>>[1]["data"],
  steps: number,
): Promise<number[]> {
  const { parameters } = await fit(seen, {
    parameters: tf.zeros([7]),
    data,
    steps,
    optimizer: sgd({ learningRate: 1 }),
    engine,
  });
  return [...parameters.dataSync()];
}

describe("minibatches", () => {
  test("walk every row once per epoch", async () => {
    expect(await countRows(minibatches([identity(7)], { size: 2, dropLast: false }), 4)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(await countRows(minibatches([identity(7)], { size: 2, dropLast: false }), 12)).toEqual([
      3, 3, 3, 3, 3, 3, 3,
    ]);
  });

  test("leave rows out that fill no batch, others in every epoch", async () => {
    const once = await countRows(minibatches([tf.tensor2d(identity(7))], { size: 3 }), 2);
    expect(once.toSorted()).toEqual([0, 1, 1, 1, 1, 1, 1]);
    const often = await countRows(minibatches([identity(7)], { size: 3 }), 60);
    expect(Math.min(...often)).toBeGreaterThan(15);
    expect(Math.max(...often)).toBeLessThan(31);
  });

  test("keep the order without shuffle", async () => {
    expect(await countRows(minibatches([identity(7)], { size: 3, shuffle: false }), 1)).toEqual([1, 1, 1, 0, 0, 0, 0]);
  });

  test("are the same for one seed, others for another seed and the next epoch, and all orders are about as frequent", () => {
    const order = (seed: number, epoch: number) => [...epochOrder(7, { shuffle: true, seed }, epoch)];
    expect(order(1, 2)).toEqual(order(1, 2));
    expect(order(1, 2)).not.toEqual(order(2, 2));
    expect(order(1, 2)).not.toEqual(order(1, 3));
    const counts = new Map<string, number>();
    const draws = 6000;
    for (let epoch = 0; epoch < draws; epoch++) {
      const name = epochOrder(3, { shuffle: true, seed: 0 }, epoch).join();
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    // each of the 3! orders: binomial with standard error √(n·5)/6
    expect(counts.size).toBe(6);
    for (const count of counts.values())
      expect(Math.abs(count - draws / 6)).toBeLessThan((5 * Math.sqrt(draws * 5)) / 6);
  });

  test("leave nothing in memory, and the user's tensors alone", async () => {
    const given = tf.tensor2d(identity(7));
    const run = async () => {
      const data = minibatches([given], { size: 2, dropLast: false });
      (await fit(seen, { parameters: zeros, data, steps: 9, engine })).parameters.dispose();
      (
        await fit(seen, { parameters: zeros, data: minibatches([identity(7)], { size: 2 }), steps: 9, engine })
      ).parameters.dispose();
    };
    const zeros = tf.zeros([7]);
    await run();
    const before = tf.memory().numTensors;
    await run();
    expect(tf.memory().numTensors).toBe(before);
    expect(given.isDisposed).toBe(false);
  });

  test.each([
    [() => minibatches([], { size: 1 }), "minibatches: there are no data\n  hint: Give at least one tensor or array."],
    [
      () => minibatches([[1, 2], [1]], { size: 1 }),
      "minibatches: the data differ in their number of rows\n  rows: 2, 1\n  hint: The first axis of every tensor counts the rows.",
    ],
    [
      () => minibatches([tf.scalar(1)], { size: 1 }),
      "minibatches: the data differ in their number of rows\n  rows: \n  hint: The first axis of every tensor counts the rows.",
    ],
    [() => minibatches([[]], { size: 1 }), "minibatches: the data have no rows\n  hint: Give at least one row."],
    [
      () => minibatches([[1, 2]], { size: 3 }),
      "minibatches: size must be an integer from 1 to the number of rows, 2\n  received: 3\n  hint: Use a smaller batch, or pass the data themselves.",
    ],
  ])("%o is refused", (make, message) => expect(caught(make)).toBe(message));
});

describe("iterators", () => {
  const batch = (...rows: number[]): [tf.Tensor] => [tf.tensor2d(rows.map((row) => identity(7)[row]!))];
  const message = (data: Iterable<[tf.Tensor]>, steps = 3) => countRows(data, steps).then(() => "", withoutPlace);

  test("give one batch per step, also of changing size, also asynchronously", async () => {
    async function* stream(): AsyncGenerator<[tf.Tensor]> {
      yield batch(0, 1);
      yield batch(1);
      yield batch(6, 6);
    }
    expect(await countRows(stream(), 3)).toEqual([1, 2, 0, 0, 0, 0, 2]);
  });

  test("are asked for no more batches than steps, and told when the fit has ended", async () => {
    let given = 0;
    let isClosed = false;
    function* stream(): Generator<[tf.Tensor]> {
      try {
        for (;;) {
          given++;
          const [tensor] = batch(0);
          yield [tensor];
          tensor.dispose();
        }
      } finally {
        isClosed = true;
      }
    }
    expect(await countRows(stream(), 20)).toEqual([20, 0, 0, 0, 0, 0, 0]);
    expect([given, isClosed]).toEqual([20, true]);
  });

  test("that end early, or give something else, are named with the batch", async () => {
    expect(await message(new Set([batch(0), batch(1)]))).toBe(
      "the data iterator ended after 2 batches, and step 2 needs one more\n  hint: Let it go on for as many batches as there are steps, take fewer steps, or use minibatches(…), which starts over.",
    );
    expect(await message(new Set([batch(0), [tf.zeros([0, 7])]]) as Set<[tf.Tensor]>)).toBe(
      "batch 1 is empty\n  received: float32 [0, 7]\n  hint: Leave empty batches out.",
    );
    expect(await message(new Set([batch(0), [tf.zeros([7])]]) as Set<[tf.Tensor]>)).toBe(
      "batch 1 does not have the form of the first one\n  expected: float32 [1, 7]\n  received: float32 [7]\n  hint: The number of rows may change, the number of tensors, their dtypes and their ranks may not.",
    );
    expect(await message(new Set([tf.zeros([1, 7])]) as unknown as Set<[tf.Tensor]>)).toBe(
      "batch 0 is not a tuple of data arguments\n  received: a tensor [1, 7]\n  hint: Yield arrays with one element per data argument: yield [x, y].",
    );
    expect(await message(new Set([batch(0), [tf.fill([1, 7], Number.NaN)]]) as Set<[tf.Tensor]>)).toBe(
      "data argument 0 of batch 1 holds a number that is not finite\n  at index [0, 0]: NaN\n  hint: Remove or impute such values before fitting.",
    );
  });
});
