import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { flip } from "../../../src/distributions/bernoulli.js";
import { sample } from "../../../src/dsl/effects.js";
import { fit } from "../../../src/inference/fit.js";
import { objective } from "../../../src/inference/objective.js";
import { fromJson, type Json, toJson } from "../../../src/inference/results/json.js";
import { fitFromJson } from "../../../src/inference/results/savedFit.js";
import { formatSites } from "../../../src/report/siteTable.js";

const throughText = (value: unknown): unknown => fromJson(JSON.parse(JSON.stringify(toJson(value))) as Json);

const bits = (array: ArrayLike<number>): number[] => [...new Uint8Array(Float64Array.from(array).buffer)];

test("any nested value comes back as it was", () => {
  const leaf = fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.constant(-0));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$number", "$tensor", "$object")), tie("tree"), {
        maxKeys: 4,
      }),
    ),
  }));
  // toEqual tells −0 from 0 and takes NaN for NaN
  fc.assert(
    fc.property(tree, (value) => {
      expect(throughText(value)).toEqual(value);
    }),
  );
});

test.each([
  ["float32", [-0, 0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45]],
  ["int32", [0, -1, 2 ** 31 - 1, -(2 ** 31), 7, 8]],
  ["bool", [0, 1, 1, 0, 0, 1]],
] as const)("tensors of %s keep shape, dtype and bits", (dtype, values) => {
  const tensor = tf.tensor([...values], [3, 1, 2], dtype);
  const again = throughText({ a: [tensor] }) as { a: [tf.Tensor] };
  expect(again.a[0].shape).toEqual([3, 1, 2]);
  expect(again.a[0].dtype).toBe(dtype);
  expect(bits(again.a[0].dataSync())).toEqual(bits(tensor.dataSync()));
});

test("empty tensors, scalars and typed arrays come back, tensors of text are refused", () => {
  expect((throughText(tf.zeros([0, 3])) as tf.Tensor).shape).toEqual([0, 3]);
  expect((throughText(tf.scalar(3)) as tf.Tensor).shape).toEqual([]);
  expect(throughText(Float64Array.of(-0, Number.NaN))).toEqual(Float64Array.of(-0, Number.NaN));
  expect(() => toJson(tf.tensor(["a"]))).toThrow(/tensor of string cannot be stored/);
  expect(() => fromJson({ $date: 3 })).toThrow(/nothing is known of "\$date"/);
});

test("a fit comes back from its JSON, bit for bit, and is written the same again", async () => {
  const L = objective(function* ({ p }: { p: tf.Tensor; rest: { x: tf.Tensor } }) {
    const b = yield* sample("b", flip(tf.sigmoid(p)));
    return tf.neg(tf.square(tf.sub(b, 0.3)));
  });
  const parameters = { p: tf.scalar(0.2), rest: { x: tf.tensor2d([[-0, 0]]) } };
  const result = await fit(L, { parameters, steps: 3, reportEvery: 1, seed: 5, unused: "keep" });
  const text = JSON.stringify(result);
  const again = fitFromJson<typeof parameters>(JSON.parse(text));
  expect(JSON.stringify(again)).toBe(text);
  const { parameters: read, sites, toJSON: _, ...rest } = again;
  const { parameters: written, sites: decided, toJSON: __, ...others } = result;
  // single steps have no standard error: NaN
  expect(rest).toEqual(others);
  expect(rest.history[0]?.standardError).toBeNaN();
  expect(bits(read.p.dataSync())).toEqual(bits(written.p.dataSync()));
  expect(bits(read.rest.x.dataSync())).toEqual(bits(written.rest.x.dataSync()));
  expect(read.rest.x.shape).toEqual([1, 2]);
  expect(formatSites(sites)).toBe(formatSites(decided));
});

test("what is no fit is refused", () => {
  expect(() => fitFromJson(null)).toThrow(/no fit that can be read/);
  expect(() => fitFromJson({ format: "elbow-fit", version: 2, result: {} })).toThrow(/version 2/);
});
