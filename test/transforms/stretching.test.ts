// What is computed from stretched values is computed before they are stretched, and stays the same.
import { expect, test } from "vitest";
import { build } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../../src/ir/primitives/axes.js";
import { cast, greater, select } from "../../src/ir/primitives/comparison.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp } from "../../src/ir/primitives/exponential.js";
import { gather, oneHot } from "../../src/ir/primitives/indexing.js";
import { reduceMax } from "../../src/ir/primitives/reductions.js";
import type { Variable } from "../../src/ir/program.js";
import { simplify } from "../../src/transforms/simplify.js";
import { type Shape, sizeOf } from "../../src/util/shapes.js";

/** Shapes of the operands, what is computed, and the most elements that may be computed before the last equation. */
const cases: Readonly<
  Record<string, readonly [shapes: readonly Shape[], body: (...inputs: Variable[]) => Variable, most: number]>
> = {
  "of one operand": [[[4, 1]], (x) => exp(broadcastTo(x!, [4, 5])), 4],
  "of several": [[[4, 1], []], (x, y) => add(broadcastTo(x!, [4, 5]), broadcastTo(y!, [4, 5])), 4],
  "of a choice": [[[4, 1], []], (x, y) => select(greater(broadcastTo(x!, [4, 5]), 0), broadcastTo(y!, [4, 5]), 1), 4],
  "through all of a chain": [[[]], (x) => exp(mul(exp(broadcastTo(x!, [4, 5])), 2)), 1],
  "a sum over copies": [[[4, 1]], (x) => reduceSum(broadcastTo(x!, [3, 4, 5]), [0, 2]), 4],
  "a sum over others": [[[4, 1]], (x) => reduceSum(broadcastTo(x!, [3, 4, 5]), [1]), 4],
  "a maximum": [[[4, 1]], (x) => reduceMax(broadcastTo(x!, [4, 5]), [1]), 4],
  "new axes of size 1": [[[4, 1]], (x) => exp(reshape(broadcastTo(x!, [4, 5]), [4, 1, 5, 1])), 4],
  "a transposition": [[[4, 1]], (x) => exp(transpose(broadcastTo(x!, [4, 5]), [1, 0])), 4],
  indices: [
    [
      [6, 2],
      [3, 1],
    ],
    (x, i) => gather(x!, cast(broadcastTo(greater(i!, 0), [3, 5]), "int32"), 0),
    6,
  ],
  "one-hot rows": [[[3, 1]], (i) => oneHot(cast(broadcastTo(greater(i!, 0), [3, 5]), "int32"), 2), 6],
};

for (const [name, [shapes, body, most]] of Object.entries(cases))
  test(name, () => {
    const original = build(
      shapes.map((shape) => ({ shape, dtype: "float32" })),
      (...inputs) => [body(...inputs)],
    );
    const simple = simplify(original);
    for (const { outputs } of simple.equations.slice(0, -1))
      expect(sizeOf(outputs[0]!.shape)).toBeLessThanOrEqual(most);
    const inputs = original.inputs.map(({ shape, dtype }, i) => ({
      shape,
      dtype,
      elements: Float64Array.from({ length: sizeOf(shape) }, (_, n) => Math.sin(7 * i + n + 1)),
    }));
    const [before, after] = [original, simple].map((each) => evaluate(each, inputs)[0]!);
    expect(after!.shape).toEqual(before!.shape);
    for (const [n, x] of after!.elements.entries()) expect(x).toBeCloseTo(before!.elements[n]!, 12);
  });
