// The compiled engine on whole programs: scheduling, memory reuse, small and large values side by side.
import * as tf from "@tensorflow/tfjs-core";
import "elbow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { sub } from "../../../src/ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../../../src/ir/primitives/axes.js";
import { greater, select } from "../../../src/ir/primitives/comparison.js";
import { mul } from "../../../src/ir/primitives/elementwise.js";
import { exp, tanh } from "../../../src/ir/primitives/exponential.js";
import { reduceMax } from "../../../src/ir/primitives/reductions.js";
import type { NDArray, Variable } from "../../../src/ir/program.js";
import { ndarrayFromTensor, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import { wasmEngine } from "../../../src/runtime/wasm/wasmEngine.js";
import { range, sameShape, sizeOf } from "../../../src/util/shapes.js";

/** Shapes that all broadcast to [5, 40]: small ones, large ones, and those in between. */
const shapes = [[], [40], [5, 1], [1, 40], [5, 40], [1]] as const;
const smallShapes = [[], [3], [1], [2, 3], [2, 1]] as const;

/** One step of a random program: which operation, on which earlier values. */
interface Choice {
  readonly operation: number;
  readonly first: number;
  readonly second: number;
}

const choice: fc.Arbitrary<Choice> = fc.record({ operation: fc.nat(8), first: fc.nat(), second: fc.nat() });

/** A program of these choices; every fourth value is an output. */
function programOf(choices: readonly Choice[], inputShapes: readonly (readonly number[])[]) {
  return build(
    inputShapes.map((shape) => ({ shape, dtype: "float32" as const })),
    (...inputs) => {
      const values: Variable[] = [...inputs];
      for (const { operation, first, second } of choices) {
        const x = values[first % values.length]!;
        const y = values[second % values.length]!;
        const rules: readonly (() => Variable)[] = [
          () => tanh(sub(x, y)),
          () => mul(tanh(x), y),
          () => select(greater(x, y), x, tanh(y)),
          () => exp(tanh(x)),
          () => tanh(reduceSum(x, range(x.shape.length).slice(0, 1))),
          () =>
            reshape(reduceMax(x, range(x.shape.length).slice(-1)), [
              ...x.shape.slice(0, -1),
              ...x.shape.slice(-1).map(() => 1),
            ]),
          () => (x.shape.length === 2 ? transpose(transpose(x, [1, 0]), [1, 0]) : tanh(x)),
          () => reshape(reshape(x, [sizeOf(x.shape)]), x.shape),
          () => broadcastTo(tanh(x), x.shape),
        ];
        const next = rules[operation]!();
        // values that broadcast with all others stay in the pool
        if (next.shape.length < 2 || inputShapes.some((shape) => sameShape(shape, next.shape))) values.push(next);
      }
      return values.filter((_, i) => i % 4 === 0 || i === values.length - 1);
    },
  );
}

const fill = (shape: readonly number[], seed: number): NDArray => ({
  shape,
  dtype: "float32",
  elements: Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.sin(seed + 1.7 * i))),
});

function agrees(choices: readonly Choice[], inputShapes: readonly (readonly number[])[]): void {
  const program = programOf(choices, inputShapes);
  const inputs = inputShapes.map(fill);
  const expected = evaluate(program, inputs);
  const executable = wasmEngine.compile(program);
  const tensors = inputs.map(tensorFromNDArray);
  // twice: nothing of the first run may be left behind
  for (const _ of [1, 2]) {
    const outputs = executable.run(tensors);
    for (const [i, output] of outputs.map(ndarrayFromTensor).entries())
      for (const [at, value] of output.elements.entries())
        expect(Math.abs(value - expected[i]!.elements[at]!)).toBeLessThan(1e-3 * Math.max(1, Math.abs(value)));
    tf.dispose(outputs);
  }
  tf.dispose(tensors);
}

describe("random programs", () => {
  // a sum over the first axis leaves shapes that still broadcast
  test("of large and small values", () =>
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 40 }), (choices) => agrees(choices, shapes)),
      { numRuns: 60, seed: 1 },
    ));
  test("of small values only", () =>
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 40 }), (choices) => agrees(choices, smallShapes)),
      { numRuns: 60, seed: 2 },
    ));
});

test("iterate is as many runs, however they are cut into calls; an output may be an input unchanged", async () => {
  const program = build(
    [0, 1, 2].map(() => ({ shape: [40], dtype: "float32" as const })),
    (x, y, z) => [y!, tanh(sub(x!, mul(y!, z!))), reduceSum(x!)],
  );
  const inputs = [0, 1, 2].map((seed) => tensorFromNDArray(fill([40], seed)));
  const executable = wasmEngine.compile(program);
  const steps = 2000;
  const atOnce = await executable.iterate(inputs, 2, steps);
  let [x, y] = inputs as [tf.Tensor, tf.Tensor];
  let last: tf.Tensor[] = [];
  for (const _ of range(steps)) {
    last = executable.run([x, y, inputs[2]!]);
    [x, y] = last as [tf.Tensor, tf.Tensor];
  }
  for (const [i, output] of atOnce.entries()) expect(output.dataSync()).toEqual(last[i]!.dataSync());
});
