import { expect, test } from "vitest";
import { build } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { div, neg, sub } from "../../src/ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../../src/ir/primitives/axes.js";
import { greater, select } from "../../src/ir/primitives/comparison.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp, log } from "../../src/ir/primitives/exponential.js";
import { matMul } from "../../src/ir/primitives/matMul.js";
import type { Program, Variable } from "../../src/ir/program.js";
import { simplify } from "../../src/transforms/simplify.js";
import { type Shape, sizeOf } from "../../src/util/shapes.js";

/** A program of real inputs. */
const program = (shapes: readonly Shape[], body: (...inputs: Variable[]) => Variable): Program =>
  build(
    shapes.map((shape) => ({ shape, dtype: "float32" })),
    (...inputs) => [body(...inputs)],
  );

const namesOf = ({ equations }: Program): string[] => equations.map(({ primitive }) => primitive.name);

/** Simplifies a program to these primitives, without changing what it computes. */
function expectSimplified(name: string, original: Program, expected: readonly string[]): void {
  test(name, () => {
    const simple = simplify(original);
    expect(namesOf(simple)).toEqual(expected);
    const inputs = original.inputs.map(({ shape, dtype }, i) => ({
      shape,
      dtype,
      elements: Float64Array.from({ length: sizeOf(shape) }, (_, n) => Math.sin(7 * i + n + 1) * 2),
    }));
    const [before, after] = [original, simple].map((each) => evaluate(each, inputs)[0]!);
    expect(after!.shape).toEqual(before!.shape);
    for (const [n, x] of after!.elements.entries()) expect(x).toBeCloseTo(before!.elements[n]!, 12);
  });
}

const scalar: Shape = [];
const pair: readonly Shape[] = [[3], [3]];

expectSimplified(
  "−(−x) = x",
  program([[3]], (x) => neg(neg(x!))),
  [],
);
expectSimplified(
  "−(c·x) = (−c)·x",
  program([[3]], (x) => neg(mul(x!, 3))),
  ["mul"],
);
expectSimplified(
  "x + (−y) = x − y",
  program(pair, (x, y) => add(x!, neg(y!))),
  ["sub"],
);
expectSimplified(
  "(−x) + y = y − x",
  program(pair, (x, y) => add(neg(x!), y!)),
  ["sub"],
);
expectSimplified(
  "x − (−y) = x + y",
  program(pair, (x, y) => sub(x!, neg(y!))),
  ["add"],
);
expectSimplified(
  "x − 0 = x",
  program([[3]], (x) => sub(x!, 0)),
  [],
);
expectSimplified(
  "x/1 = x",
  program([[3]], (x) => div(x!, 1)),
  [],
);
expectSimplified(
  "(−x)·(−y) = x·y",
  program(pair, (x, y) => mul(neg(x!), neg(y!))),
  ["mul"],
);
expectSimplified(
  "−1·x = −x",
  program([[3]], (x) => mul(-1, x!)),
  ["neg"],
);
expectSimplified(
  "c·(−x) = (−c)·x",
  program([[3]], (x) => mul(3, neg(x!))),
  ["mul"],
);
expectSimplified(
  "c·(d·x) = (c·d)·x",
  program([[3]], (x) => mul(3, mul(x!, 5))),
  ["mul"],
);
expectSimplified(
  "½x + ½x = x",
  program([[3]], (x) => add(mul(x!, 0.5), mul(x!, 0.5))),
  [],
);
expectSimplified(
  "factors whose product overflows stay apart",
  program([[3]], (x) => mul(1e15, mul(x!, 1e15))),
  ["mul", "mul"],
);
expectSimplified(
  "log eˣ = x",
  program([[3]], (x) => log(exp(x!))),
  [],
);
expectSimplified(
  "the sum of two negatives keeps one",
  program(pair, (x, y) => add(neg(x!), neg(y!))),
  ["neg", "sub"],
);
expectSimplified(
  "a chain that unfolds",
  program(pair, (x, y) => sub(neg(neg(x!)), neg(neg(neg(y!))))),
  ["add"],
);

expectSimplified(
  "reshapes join",
  program([[2, 3]], (x) => reshape(reshape(x!, [6]), [3, 2])),
  ["reshape"],
);
expectSimplified(
  "a reshape there and back is none",
  program([[2, 3]], (x) => reshape(reshape(x!, [6]), [2, 3])),
  [],
);
expectSimplified(
  "stretchings join",
  program([[1, 3]], (x) => broadcastTo(broadcastTo(x!, [2, 3]), [4, 2, 3])),
  ["broadcastTo"],
);
expectSimplified(
  "an operand is not stretched where the other has the shape",
  program([scalar, [2, 3]], (x, y) => mul(broadcastTo(x!, [2, 3]), y!)),
  ["mul"],
);
expectSimplified(
  "nor given axes in front",
  program([[3], [2, 3]], (x, y) => mul(reshape(x!, [1, 3]), y!)),
  ["mul"],
);
expectSimplified(
  "where the result would lose its shape, that is stretched instead",
  program([scalar, scalar], (x, y) => mul(broadcastTo(x!, [3]), y!)),
  ["mul", "broadcastTo"],
);
expectSimplified(
  "a reshape that moves axes stays",
  program([[3], [3]], (x, y) => mul(reshape(x!, [3, 1]), y!)),
  ["reshape", "mul"],
);
expectSimplified(
  "choices by the same condition are made once",
  program([[3], [3], [3]], (x, y, z) => {
    const isPositive = greater(x!, 0);
    return select(isPositive, select(isPositive, y!, z!), select(isPositive, x!, z!));
  }),
  ["greater", "select"],
);
expectSimplified(
  "one matrix times many vectors is one product",
  program(
    [
      [2, 3],
      [4, 3, 1],
    ],
    (a, x) => matMul(a!, x!),
  ),
  ["reshape", "transpose", "matMul", "transpose", "reshape"],
);
expectSimplified(
  "a matrix for each vector stays",
  program(
    [
      [4, 2, 3],
      [4, 3, 1],
    ],
    (a, x) => matMul(a!, x!),
  ),
  ["matMul"],
);

test("integers keep their arithmetic", () => {
  const integers = build([{ shape: [2], dtype: "int32" }], (x) => [add(x!, x!), neg(mul(x!, 3))]);
  const simple = simplify(integers);
  const input = { shape: [2], dtype: "int32", elements: Float64Array.of(5, -(2 ** 31)) } as const;
  expect(evaluate(simple, [input]).map(({ elements }) => [...elements])).toEqual(
    evaluate(integers, [input]).map(({ elements }) => [...elements]),
  );
});

test("equal equations are merged after rewriting", () => {
  const twice = build(
    [
      { shape: [2], dtype: "float32" },
      { shape: [2], dtype: "float32" },
    ],
    (x, y) => [sub(x!, y!), add(x!, neg(y!))],
  );
  const simple = simplify(twice);
  expect(namesOf(simple)).toEqual(["sub"]);
  expect(simple.outputs[0]).toBe(simple.outputs[1]);
});

expectSimplified(
  "x/c = (1/c)·x",
  program([[3]], (x) => div(x!, 5)),
  ["mul"],
);
expectSimplified(
  "x/y = x·(1/y) for few divisors",
  program([[8, 4], [4]], (x, y) => div(x!, y!)),
  ["reciprocal", "mul"],
);
expectSimplified(
  "(c·x)·y + (c·z) = c·(x·y + z)",
  program(
    [
      [8, 4],
      [8, 4],
      [8, 4],
    ],
    (x, y, z) => add(mul(mul(x!, 3), y!), mul(z!, 3)),
  ),
  ["mul", "add", "mul"],
);
expectSimplified(
  "c·x − d·y for d = −c",
  program(pair, (x, y) => sub(mul(x!, 3), mul(y!, -3))),
  ["add", "mul"],
);
expectSimplified(
  "a constant goes to the smaller factor",
  program([[8, 4], [4]], (x, y) => mul(mul(x!, 3), y!)),
  ["mul", "mul"],
);
expectSimplified(
  "so does a sign",
  program([[8, 4], [4]], (x, y) => neg(mul(x!, y!))),
  ["neg", "mul"],
);
expectSimplified(
  "Σ c·x = c·Σ x",
  program([[8, 4], [4]], (x, y) => reduceSum(mul(neg(x!), y!), [0])),
  ["reduceSum", "neg", "mul"],
);
expectSimplified(
  "a factor that varies along the axis stays in the sum",
  program([[8, 4], [4]], (x, y) => reduceSum(mul(x!, y!), [1])),
  ["mul", "reduceSum"],
);
expectSimplified(
  "(c ? x : 0) − (c ? 0 : y) = c ? x : −y",
  program([[3], [3]], (x, y) => sub(select(greater(x!, 0), x!, 0), select(greater(x!, 0), 0, y!))),
  ["greater", "neg", "select"],
);
expectSimplified(
  "(c ? 0 : x) + (c ? y : 0) = c ? y : x",
  program([[3], [3]], (x, y) => add(select(greater(x!, 0), 0, x!), select(greater(x!, 0), y!, 0))),
  ["greater", "select"],
);
expectSimplified(
  "(c ? x·z : y·z) = (c ? x : y)·z",
  program([[3], [3], [3]], (x, y, z) => select(greater(z!, 0), mul(x!, z!), mul(z!, y!))),
  ["greater", "select", "mul"],
);
expectSimplified(
  "a transposition of axes of size 1 is a reshape",
  program([[1, 4, 1]], (x) => transpose(x!, [1, 2, 0])),
  ["reshape"],
);
expectSimplified(
  "transpositions join",
  program([[2, 3, 4]], (x) => transpose(transpose(x!, [2, 0, 1]), [2, 1, 0])),
  ["transpose"],
);
