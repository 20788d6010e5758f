// Programs whose equations end up in common loops: values of several shapes, folds over any axes, axes in any order, draws.
import * as tf from "@tensorflow/tfjs-core";
import "elbow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { build } from "../../../../src/ir/builder.js";
import { evaluate } from "../../../../src/ir/evaluate.js";
import { sub } from "../../../../src/ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../../../../src/ir/primitives/axes.js";
import { greater, select } from "../../../../src/ir/primitives/comparison.js";
import { add, mul } from "../../../../src/ir/primitives/elementwise.js";
import { exp, tanh } from "../../../../src/ir/primitives/exponential.js";
import { logSumExp } from "../../../../src/ir/primitives/logSumExp.js";
import { foldIn, randomNormal, randomUniform } from "../../../../src/ir/primitives/random.js";
import { reduceMax, reduceMin } from "../../../../src/ir/primitives/reductions.js";
import type { NDArray, Program, Variable } from "../../../../src/ir/program.js";
import { ndarrayFromTensor, tensorFromNDArray } from "../../../../src/runtime/arrays.js";
import { schedule } from "../../../../src/runtime/wasm/lowering/schedule.js";
import { wasmEngine } from "../../../../src/runtime/wasm/wasmEngine.js";
import { broadcastShapes, range, type Shape, sizeOf } from "../../../../src/util/shapes.js";

/** Sizes that leave every remainder, that are unrolled, and that are not. */
const sizes = [1, 2, 3, 5, 8, 17, 40] as const;
const largest = 6000;

interface Choice {
  readonly operation: number;
  readonly first: number;
  readonly second: number;
  readonly bits: number;
}
const choice: fc.Arbitrary<Choice> = fc.record({
  operation: fc.nat(12),
  first: fc.nat(),
  second: fc.nat(),
  bits: fc.nat(7),
});

/** The axes that the bits name. */
const someAxes = (shape: Shape, bits: number): number[] =>
  range(shape.length).filter((axis) => (bits >> axis) % 2 === 1);
const ones = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((size, axis) => (axes.includes(axis) ? 1 : size));

/** Every third value is an output. */
function programOf(choices: readonly Choice[], inputShapes: readonly Shape[]): Program {
  const types = inputShapes.map((shape) => ({ shape, dtype: "float32" as const }));
  const counters = inputShapes.map((shape) => ({ shape, dtype: "int32" as const }));
  return build([{ shape: [2], dtype: "int32" }, ...types, ...counters], (key, ...inputs) => {
    const values: Variable[] = inputs.slice(0, types.length);
    for (const { operation, first, second, bits } of choices) {
      const x = values[first % values.length]!;
      const partners = values.filter(({ shape }) => {
        const joint = broadcastShapes(x.shape, shape);
        return joint && sizeOf(joint) <= largest;
      });
      const y = partners[second % partners.length]!;
      const axes = someAxes(x.shape, bits);
      const back = (folded: Variable): Variable => reshape(folded, ones(x.shape, axes));
      const turned = [...axes, ...range(x.shape.length).filter((axis) => !axes.includes(axis))];
      const keys = foldIn(key!, inputs[types.length + (first % types.length)]!);
      const rules: readonly (() => Variable)[] = [
        () => tanh(sub(x, y)),
        () => mul(tanh(x), y),
        () => add(x, y),
        () => select(greater(x, y), x, tanh(y)),
        () => exp(tanh(x)),
        () => tanh(reduceSum(x, axes)),
        () => back(tanh(reduceSum(x, axes))),
        () => sub(x, back(reduceMax(x, axes))),
        () => back(reduceMin(x, axes)),
        () => sub(x, back(logSumExp(x, axes))),
        () => transpose(x, turned),
        () => randomNormal(keys, bits % 2 === 1 ? [bits] : []),
        () => randomUniform(foldIn(keys, bits), bits % 2 === 1 ? [] : [2, bits]),
      ];
      const next = rules[operation]!();
      if (sizeOf(next.shape) > 0 && sizeOf(next.shape) <= largest) values.push(next);
    }
    return values.filter((_, i) => i % 3 === 0 || i === values.length - 1);
  });
}

const fill = (shape: Shape, seed: number): NDArray => ({
  shape,
  dtype: "float32",
  elements: Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.sin(seed + 1.7 * i))),
});
const count = (shape: Shape): NDArray => ({
  shape,
  dtype: "int32",
  elements: Float64Array.from({ length: sizeOf(shape) }, (_, i) => i),
});
const key: NDArray = { shape: [2], dtype: "int32", elements: Float64Array.from([17, -4]) };

function agrees(program: Program, inputs: readonly NDArray[]): void {
  const expected = evaluate(program, inputs);
  const executable = wasmEngine.compile(program);
  const tensors = inputs.map(tensorFromNDArray);
  // twice: nothing of the first run may be left behind
  for (const _ of [1, 2]) {
    const outputs = executable.run(tensors);
    for (const [i, output] of outputs.map(ndarrayFromTensor).entries())
      for (const [at, value] of output.elements.entries())
        if (!(Math.abs(value - expected[i]!.elements[at]!) < 1e-3 * Math.max(1, Math.abs(value))))
          throw new Error(`output ${i}, element ${at}: ${value}, not ${expected[i]!.elements[at]}`);
    tf.dispose(outputs);
  }
  tf.dispose(tensors);
}

const shapes = fc
  .tuple(...[0, 1, 2].map(() => fc.constantFrom(...sizes)))
  .filter((whole) => sizeOf(whole) <= largest)
  .map((whole) => [whole, whole.slice(1), ones(whole, [1]), ones(whole, [0, 2]), whole.slice(2), []] as Shape[]);

describe("random programs", () => {
  test("agree with double precision", () =>
    fc.assert(
      fc.property(shapes, fc.array(choice, { minLength: 1, maxLength: 30 }), (inputShapes, choices) => {
        // a comparison of nearly equal values may go the other way: inputs are not, and exact ties go the same way
        agrees(programOf(choices, inputShapes), [key, ...inputShapes.map(fill), ...inputShapes.map(count)]);
      }),
      { numRuns: 100, seed: 3 },
    ));
});

describe("sums", () => {
  const sumOf = (shape: Shape, axes: readonly number[]): Program =>
    build([{ shape: [], dtype: "float32" }], (x) => [reduceSum(mul(broadcastTo(x!, shape), x!), axes)]);
  const cases: readonly (readonly [Shape, readonly number[]])[] = [
    [[2e7], [0]],
    [[2e7 / 5, 5], [0]],
    [
      [2e7 / 5, 5],
      [0, 1],
    ],
    [[5, 2e7 / 5], [1]],
    [
      [40, 1000, 500],
      [1, 2],
    ],
    [[2e7 / 40, 40], [0]],
  ];
  for (const [shape, axes] of cases)
    test(`in ${shape} over ${axes}: of ones to a millionth, and of others that are rounded the same way every time`, () => {
      const executable = wasmEngine.compile(sumOf(shape, axes));
      for (const [root, bound] of [
        [1, 1e-6],
        [1.1, 3e-5],
      ] as const) {
        const x = tensorFromNDArray({ shape: [], dtype: "float32", elements: Float64Array.of(root) });
        const [sum] = executable.run([x]);
        const exact = axes.reduce((count, axis) => count * shape[axis]!, Math.fround(Math.fround(root) ** 2));
        for (const each of sum!.dataSync()) expect(Math.abs(each / exact - 1)).toBeLessThan(bound);
        tf.dispose([x, sum!]);
      }
    });
});

test("eight schools' kind of step is one nest, draws and sums over both axes included", () => {
  const program = build(
    [
      { shape: [64, 2], dtype: "int32" },
      { shape: [8], dtype: "float32" },
      { shape: [], dtype: "float32" },
    ],
    (keys, y, scale) => {
      const tau = exp(mul(scale!, randomNormal(foldIn(keys!, 1), [])));
      const z = randomNormal(foldIn(keys!, 2), [8]);
      const residual = sub(y!, mul(reshape(tau, [64, 1]), z));
      const density = add(reduceSum(mul(residual, residual), [1]), tau);
      return [reduceSum(density), reduceSum(mul(residual, z), [0]), reduceSum(mul(density, tau))];
    },
  );
  const kinds = schedule(program).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind !== "small" && kind !== "alias")).toEqual(["nest"]);
  const keys = {
    shape: [64, 2],
    dtype: "int32" as const,
    elements: Float64Array.from({ length: 128 }, (_, i) => i * i),
  };
  agrees(program, [keys, fill([8], 1), fill([], 2)]);
});
