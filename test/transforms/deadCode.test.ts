// What no output depends on is left out of loops and branches, too, and changes nothing else.
import * as tf from "@tensorflow/tfjs-core";
import { branch, loop } from "elbow";
import { expect, test } from "vitest";
import { evaluate } from "../../src/ir/evaluate.js";
import type { Program } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import { withoutDeadCode } from "../../src/transforms/deadCode.js";

const scalar = (x: number) => ({ shape: [], dtype: "float32" as const, elements: Float64Array.of(x) });
const vector = (...xs: number[]) => ({
  shape: [xs.length],
  dtype: "float32" as const,
  elements: Float64Array.from(xs),
});
const only = (program: Program, ...kept: number[]): Program =>
  withoutDeadCode({ ...program, outputs: kept.map((i) => program.outputs[i]!) });

test("a loop keeps its carries and the results that are used, and the inputs that these need", () => {
  const type = { shape: [3], dtype: "float32" as const };
  const program = trace([type, type, { shape: [], dtype: "float32" }], (xs, ys, scale) => {
    const { carry, outputs } = loop(
      ([sum], [x, y]) => ({
        carry: [tf.add(sum!, x!)],
        outputs: [tf.exp(tf.mul(y!, scale!)), tf.mul(sum!, 2)],
      }),
      [tf.scalar(0)],
      [xs!, ys!],
    );
    return [...carry, ...outputs];
  });
  const inputs = [vector(1, 2, 3), vector(4, 5, 6), scalar(0.1)];
  const pruned = only(program, 0, 2);
  const [found, all] = [pruned, program].map((each) => evaluate(each, inputs).map(({ elements }) => [...elements]));
  expect(found).toEqual([all![0], all![2]]);
  const [scan] = pruned.equations.filter(({ primitive }) => primitive.name === "scan");
  expect(scan!.outputs).toHaveLength(2);
  expect(scan!.inputs).toHaveLength(2);
  const body = scan!.attributes.body as Program;
  expect(body.equations.map(({ primitive }) => primitive.name)).not.toContain("exp");
});

test("so does a branch, and a loop inside it", () => {
  const program = trace(
    [
      { shape: [], dtype: "bool" },
      { shape: [2], dtype: "float32" },
    ],
    (test, xs) => {
      const sums = (of: (x: tf.Tensor) => tf.Tensor) => {
        const { carry, outputs } = loop(
          ([s], [x]) => ({ carry: [tf.add(s!, of(x!))], outputs: [tf.sin(x!)] }),
          [tf.scalar(0)],
          [xs!],
        );
        return [...carry, ...outputs];
      };
      return branch(
        test!,
        () => sums(tf.square),
        () => sums(tf.neg),
      );
    },
  );
  const pruned = only(program, 0);
  const names = (each: Program): string[] =>
    each.equations.flatMap(({ primitive, attributes }) => [
      primitive.name,
      ...Object.values(attributes).flatMap((value) =>
        value && typeof value === "object" && "equations" in value ? names(value as Program) : [],
      ),
    ]);
  expect(names(program)).toContain("sin");
  expect(names(pruned)).not.toContain("sin");
  for (const test of [0, 1]) {
    const predicate = { shape: [], dtype: "bool" as const, elements: Float64Array.of(test) };
    const [found] = evaluate(pruned, [predicate, vector(2, 3)]);
    expect(found!.elements[0]).toBe(test ? 13 : -5);
  }
});
