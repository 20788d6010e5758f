// Equal numbers that stretch what they divide, multiply or are added to.
import * as tf from "@tensorflow/tfjs-core";
import { trace } from "elbow";
import { expect, test } from "vitest";
import { evaluate } from "../../src/ir/evaluate.js";
import { simplify } from "../../src/transforms/simplify.js";

const operations = { div: tf.div, mul: tf.mul, add: tf.add, sub: tf.sub, maximum: tf.maximum, pow: tf.pow };

for (const [name, operation] of Object.entries(operations))
  for (const number of [0, 1, -1, 1.75])
    for (const isFirst of [false, true])
      test(`${name} with a column of ${number}, ${isFirst ? "first" : "second"}: every row counts`, () => {
        const program = trace([{ shape: [1, 3], dtype: "float32" }], (x) => {
          const column = tf.fill([2, 1], number);
          const y = isFirst ? operation(column, x!) : operation(x!, column);
          return [y, tf.sum(y), tf.sum(y, 0)];
        });
        const inputs = [{ shape: [1, 3], dtype: "float32" as const, elements: Float64Array.of(0.5, 1.25, 2) }];
        const [before, after] = [program, simplify(program)].map((each) => evaluate(each, inputs));
        for (const [i, { shape, elements }] of before!.entries()) {
          expect(after![i]!.shape).toEqual(shape);
          for (const [n, x] of elements.entries()) {
            if (Number.isFinite(x)) expect(after![i]!.elements[n]).toBeCloseTo(x, 12);
            else expect(after![i]!.elements[n]).toBe(x);
          }
        }
      });
