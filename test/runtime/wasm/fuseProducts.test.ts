import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { trace } from "../../../src/index.js";
import type { Program } from "../../../src/ir/program.js";
import { usedEquations } from "../../../src/ir/usedEquations.js";
import { referenceEngine } from "../../../src/runtime/reference.js";
import { fuseProducts } from "../../../src/runtime/wasm/lowering/fuseProducts.js";
import { wasmEngine } from "../../../src/runtime/wasm/wasmEngine.js";
import type { Shape } from "../../../src/util/shapes.js";
import { numbers } from "./runKernel.js";

type Body = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** Primitives that are left, after the results were compared with the reference. */
function leftOver(shapes: readonly Shape[], body: Body): string[] {
  const program: Program = trace(
    shapes.map((shape) => ({ shape, dtype: "float32" as const })),
    (...inputs) => [body(...inputs)].flat(),
  );
  const next = numbers(3);
  const inputs = shapes
    .map((shape) => tf.tidy(() => tf.zeros([...shape]).add(0)))
    .map((x) => {
      const own = tf.tensor(
        Float32Array.from({ length: x.size }, () => next() - 0.5),
        x.shape,
      );
      x.dispose();
      return own;
    });
  const [expected, found] = [referenceEngine, wasmEngine].map((engine) => {
    const results = engine.compile(program).run(inputs);
    const values = results.map((each) => [...each.dataSync()]);
    tf.dispose(results);
    return values;
  });
  tf.dispose(inputs);
  expected!.forEach((values, i) => {
    values.forEach((value, at) => {
      expect(found![i]![at]).toBeCloseTo(value, 4);
    });
  });
  return usedEquations(fuseProducts(program)).used.map(({ primitive }) => primitive.name);
}

const product = ["matMul"];

test("operands are read transposed", () => {
  for (const [k, m, n] of [
    [5, 3, 4],
    [70, 40, 130],
  ] as const) {
    expect(
      leftOver(
        [
          [k, m],
          [k, n],
        ],
        (a, b) => tf.matMul(tf.transpose(a!), b!),
      ),
    ).toEqual(product);
    expect(
      leftOver(
        [
          [m, k],
          [n, k],
        ],
        (a, b) => tf.matMul(a!, b!, false, true),
      ),
    ).toEqual(product);
  }
});

test("a transposed copy is still made for others", () => {
  const names = leftOver(
    [
      [3, 4],
      [3, 5],
    ],
    (a, b) => [tf.matMul(tf.transpose(a!), b!), tf.exp(tf.transpose(a!))],
  );
  expect(names.toSorted()).toEqual(["exp", "matMul", "transpose"]);
});

test("reshapes, broadcasts and slices of operands are not made", () => {
  expect(leftOver([[2, 3, 4], [20]], (a, b) => tf.matMul(tf.reshape(a!, [6, 4]), tf.reshape(b!, [4, 5])))).toEqual(
    product,
  );
  expect(
    leftOver(
      [
        [6, 4],
        [7, 9],
      ],
      (a, b) => tf.matMul(a!, tf.slice(b!, [2, 1], [4, 6])),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [6, 4],
        [4, 9],
      ],
      (a, b) => tf.matMul(tf.broadcastTo(a!, [3, 6, 4]), tf.broadcastTo(b!, [3, 4, 9])),
    ),
  ).toEqual(product);
});

test("what repeats along the inner axis is written out", () => {
  expect(
    leftOver(
      [
        [1, 1],
        [4, 9],
      ],
      (a, b) => tf.matMul(tf.broadcastTo(a!, [3, 4]), b!),
    ),
  ).toEqual(["broadcastTo", "matMul"]);
});

test("axes of a batch are permuted on the way", () => {
  // attention: heads are an axis between positions and features
  const names = leftOver(
    [
      [2, 5, 3, 4],
      [2, 5, 3, 4],
      [2, 5, 3, 4],
    ],
    (q, k, v) => {
      const heads = (x: tf.Tensor) => tf.transpose(x, [0, 2, 1, 3]);
      const weights = tf.tanh(tf.matMul(heads(q!), heads(k!), false, true));
      return tf.reshape(tf.transpose(tf.matMul(weights, heads(v!)), [0, 2, 1, 3]), [10, 12]);
    },
  );
  expect(names).toEqual(["matMul", "tanh", "matMul", "reshape"]);
});

test("results are written transposed", () => {
  expect(
    leftOver(
      [
        [3, 4],
        [4, 5],
      ],
      (a, b) => tf.transpose(tf.matMul(a!, b!)),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [40, 50],
        [300, 40],
      ],
      (a, b) => tf.transpose(tf.matMul(b!, a!)),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [3, 4, 1],
        [3, 1, 5],
      ],
      (a, b) => tf.transpose(tf.matMul(a!, b!), [1, 2, 0]),
    ),
  ).toEqual(["matMul", "transpose"]);
});

test("a result that is used as it is stays", () => {
  const names = leftOver(
    [
      [3, 4],
      [4, 5],
    ],
    (a, b) => {
      const c = tf.matMul(a!, b!);
      return [c, tf.transpose(c)];
    },
  );
  expect(names).toEqual(["matMul", "transpose"]);
});

test("sums over the batch become longer products or are added up", () => {
  const gradient = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.matMul(a, b, true, false), 0);
  expect(
    leftOver(
      [
        [6, 5, 3],
        [6, 5, 4],
      ],
      (a, b) => gradient(a!, b!),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [6, 3, 5],
        [6, 5, 4],
      ],
      (a, b) => tf.sum(tf.matMul(a!, b!), 0),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [2, 6, 3, 5],
        [6, 5, 4],
      ],
      (a, b) => tf.transpose(tf.sum(tf.matMul(a!, b!), 1), [0, 2, 1]),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [6, 3, 5],
        [5, 4],
      ],
      (a, b) => tf.sum(tf.matMul(a!, b!), [0]),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [6, 3, 5],
        [5, 4],
      ],
      (a, b) => tf.sum(tf.matMul(a!, b!), [1]),
    ),
  ).toEqual(["matMul", "reduceSum"]);
});

test("batches of vectors are one product", () => {
  expect(
    leftOver(
      [
        [6, 1, 5],
        [5, 4],
      ],
      (a, b) => tf.matMul(a!, b!),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [7, 5],
        [6, 5, 1],
      ],
      (a, b) => tf.matMul(a!, b!),
    ),
  ).toEqual(product);
  expect(
    leftOver(
      [
        [1, 1, 5],
        [9, 5, 1],
      ],
      (a, b) => tf.matMul(a!, b!),
    ),
  ).toEqual(product);
});

test("empty products", () => {
  expect(
    leftOver(
      [
        [0, 3],
        [0, 4],
      ],
      (a, b) => tf.matMul(a!, b!, true, false),
    ),
  ).toContain("matMul");
  expect(
    leftOver(
      [
        [0, 3, 2],
        [2, 4],
      ],
      (a, b) => tf.sum(tf.matMul(a!, b!), 0),
    ),
  ).toContain("matMul");
});

test("a result written transposed is what the next product reads, not what it was made of", () => {
  // both products could take the transposition between them
  const left = leftOver(
    [
      [3, 4],
      [4, 5],
      [3, 6],
    ],
    (a, b, c) => tf.matMul(tf.transpose(tf.matMul(a!, b!)), c!),
  );
  expect(left).toEqual(["matMul", "matMul"]);
});
