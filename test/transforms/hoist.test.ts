// What does not change from step to step is computed once, and the steps stay what they were.
import { describe, expect, test } from "vitest";
import { build, builder } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { neg } from "../../src/ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../../src/ir/primitives/axes.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp, log } from "../../src/ir/primitives/exponential.js";
import { matMul } from "../../src/ir/primitives/matMul.js";
import { foldIn } from "../../src/ir/primitives/random.js";
import type { NDArray, Program, Type, Variable } from "../../src/ir/program.js";
import { hoist } from "../../src/transforms/hoist.js";
import { range, type Shape, sizeOf } from "../../src/util/shapes.js";

const real = (shape: Shape): Type => ({ shape, dtype: "float32" });
/** The first input changes, the others do not. */
const split = (types: readonly Type[], body: (...inputs: Variable[]) => Variable) => {
  const whole = build(types, (...inputs) => [body(...inputs)]);
  return { whole, parts: hoist(whole, (input) => input > 0) };
};
const namesOf = ({ equations }: Program): string => equations.map(({ primitive }) => primitive.name).join(" ");
const numbers = ({ shape, dtype }: Type, seed: number): NDArray => ({
  shape,
  dtype,
  elements: Float64Array.from({ length: sizeOf(shape) }, (_, n) =>
    dtype === "int32" ? n + 1 : 1.5 + Math.sin(7 * seed + n),
  ),
});

/** Types of the inputs, the program, and the operations of its parts; undefined where it stays one. */
type Case = readonly [Type[], (...inputs: Variable[]) => Variable, readonly [once: string, step: string] | undefined];
const long = real([2000]);
const cases: Readonly<Record<string, Case>> = {
  "logarithms of data": [[real([]), long], (x, y) => mul(x!, log(y!)), ["log", "mul"]],
  "a chain of light operations": [[real([]), long], (x, y) => mul(x!, add(neg(y!), 1)), ["neg add", "mul"]],
  "one light operation is as quick as reading its result": [[real([]), long], (x, y) => mul(x!, neg(y!)), undefined],
  "a view is not kept": [[real([]), long], (x, y) => mul(x!, reshape(log(y!), [40, 50])), ["log", "reshape mul"]],
  "nor is a transposition": [[real([7, 40]), real([50, 40])], (x, y) => matMul(x!, transpose(y!, [1, 0])), undefined],
  "what is stretched is stretched in the step": [
    [real([]), long],
    (x, y) => mul(x!, mul(broadcastTo(log(y!), [50, 2000]), 2)),
    ["log", "broadcastTo mul mul"],
  ],
  "what is heavy for every element is kept, however large": [
    [real([]), real([2000, 1]), real([3])],
    (x, y, z) => mul(x!, exp(mul(y!, z!))),
    ["mul exp", "mul"],
  ],
  "sums of data": [[real([]), long], (x, y) => mul(x!, reduceSum(mul(y!, y!))), ["mul reduceSum", "mul"]],
  "keys of many draws": [
    [
      { shape: [], dtype: "int32" },
      { shape: [2], dtype: "int32" },
    ],
    (x, key) => {
      const each = builder().constant(Float64Array.from(range(200)), [200], "int32");
      return add(x!, reduceSum(foldIn(key!, each), [1]));
    },
    ["foldIn reduceSum", "add"],
  ],
  "nothing is won for little": [[real([]), real([5])], (x, y) => mul(x!, log(y!)), undefined],
  "nothing is fixed": [[long], (x) => log(x!), undefined],
};

describe("split", () => {
  for (const [name, [types, body, expected]] of Object.entries(cases))
    test(name, () => {
      const { whole, parts } = split(types, body);
      expect(parts && [namesOf(parts.once), namesOf(parts.step)]).toEqual(expected);
      if (!parts) return;
      const inputs = types.map(numbers);
      const values = evaluate(parts.once, inputs.slice(1));
      expect(evaluate(parts.step, [...inputs, ...values])).toEqual(evaluate(whole, inputs));
    });
});
