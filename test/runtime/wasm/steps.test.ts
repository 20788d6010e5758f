// Steps of small values, many in one call: the same as step by step, however they are cut into calls.
import * as tf from "@tensorflow/tfjs-core";
import "elbow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { neg, sub } from "../../../src/ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum, reshape } from "../../../src/ir/primitives/axes.js";
import { cast, greater, select } from "../../../src/ir/primitives/comparison.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { exp, log, log1p, sigmoid, softplus, sqrt, tanh } from "../../../src/ir/primitives/exponential.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../../../src/ir/primitives/random.js";
import type { DType, Program, Variable } from "../../../src/ir/program.js";
import { ndarrayFromTensor } from "../../../src/runtime/arrays.js";
import { referenceEngine } from "../../../src/runtime/reference.js";
import { wasmEngine } from "../../../src/runtime/wasm/wasmEngine.js";
import { scan } from "../../../src/transforms/scan.js";
import { range } from "../../../src/util/shapes.js";

const float = (...shape: number[]) => ({ shape, dtype: "float32" as const });
const integer = (...shape: number[]) => ({ shape, dtype: "int32" as const });

/** The outputs after some steps, in calls of at most `most` steps. */
async function run(program: Program, inputs: readonly tf.Tensor[], carried: number, steps: number, most = steps) {
  const executable = wasmEngine.compile(program);
  let from = inputs;
  let outputs: tf.Tensor[] = [];
  for (let done = 0; done < steps; done += most) {
    outputs = await executable.iterate(from, carried, Math.min(most, steps - done));
    from = [...outputs.slice(0, carried), ...inputs.slice(carried)];
  }
  return outputs.map((output) => [...output.dataSync()]);
}

/** Expects the same bits however steps are cut into calls, and the reference's numbers. */
async function agrees(program: Program, inputs: readonly tf.Tensor[], carried: number, steps: number): Promise<void> {
  const atOnce = await run(program, inputs, carried, steps);
  for (const most of [1, 3, 8]) expect(await run(program, inputs, carried, steps, most)).toEqual(atOnce);
  const reference = await referenceEngine.compile(program).iterate(inputs, carried, steps);
  for (const [i, tensor] of reference.entries())
    for (const [k, expected] of [...ndarrayFromTensor(tensor).elements].entries()) {
      const value = atOnce[i]![k]!;
      if (Number.isFinite(expected)) expect(Math.abs(value - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
      else expect(value).toEqual(expected);
    }
}

describe("what depends on the counter", () => {
  /** Carries [x, counter]; the body gives x. */
  const counting = (
    shape: readonly number[],
    body: (x: Variable, step: Variable, key: Variable) => Variable,
  ): Program =>
    build([float(...shape), integer(), integer(2)], (x, step, key) => [body(x!, step!, key!), add(step!, 1)]);
  const key = tf.tensor([12, 34], [2], "int32");
  const start = (shape: number[]): tf.Tensor[] => [tf.zeros(shape), tf.scalar(3, "int32"), key];

  test.each([1, 2, 4, 7, 8, 13, 32])("%i draws of keys and of streams", async (size) => {
    const shape = size === 1 ? [] : [size];
    const program = counting(shape, (x, step, root) => {
      const own = foldIn(foldIn(root, step), 7);
      const normals = randomNormal(own, shape);
      const uniforms = randomUniform(foldIn(root, 8), shape, step);
      const both = randomNormal(own, shape, add(step, 2));
      return tanh(add(add(x, normals), sub(uniforms, both)));
    });
    await agrees(program, start(shape), 2, 21);
  });
  test("bits and keys as values", async () => {
    const program = build([integer(3), integer(2), integer(), integer(2)], (bits, last, step, root) => {
      const next = foldIn(root!, step!);
      return [add(bits!, randomBits(next, [3], step!)), add(last!, next), add(step!, 5)];
    });
    const inputs = [tf.zeros([3], "int32"), tf.zeros([2], "int32"), tf.scalar(-4, "int32"), key];
    await agrees(program, inputs, 3, 19);
  });
  test("a key of another shape, and one that no step changes", async () => {
    const program = build([float(1, 2), integer(), integer(2)], (x, step, root) => {
      const own = foldIn(root!, 3);
      const asNumbers = mul(cast(reshape(own, [1, 2]), "float32"), 2 ** -31);
      const noise = randomNormal(own, [2]);
      return [
        tanh(add(add(x!, asNumbers), add(reshape(noise, [1, 2]), mul(cast(step!, "float32"), 0.01)))),
        add(step!, 1),
      ];
    });
    await agrees(program, [tf.zeros([1, 2]), tf.scalar(0, "int32"), key], 2, 11);
  });
  test("scalars", async () => {
    const program = counting([5], (x, step) => {
      const t = add(cast(step, "float32"), 1);
      return sub(mul(x, 0.5), mul(sqrt(t), log(t)));
    });
    await agrees(program, start([5]), 2, 30);
  });
  test("constants outlive what is computed before the steps", async () => {
    const program = counting([], (x, step, root) => {
      const own = foldIn(foldIn(foldIn(foldIn(root, 1), 2), 3), 4);
      return add(mul(x, 0.5), mul(add(randomNormal(own, [], step), 0.25), sub(-0.125, mul(x, 0.75))));
    });
    await agrees(program, start([]), 2, 12);
  });
  test("a counter that is not carried is none", async () => {
    const program = build([float(), integer()], (x, step) => [add(x!, cast(step!, "float32")), add(step!, 1)]);
    await agrees(program, [tf.scalar(0), tf.scalar(3, "int32")], 1, 9);
  });
});

describe("special cases of functions", () => {
  const functions = { exp, log, log1p, sigmoid, softplus };
  const special = [0, -0, -1, -2, 1e-40, 87.5, 89, -87.5, -110, 3e38, Infinity, -Infinity, NaN];
  test.each(Object.entries(functions))("%s in the middle of regular steps", async (_, f) => {
    for (const value of special) {
      const program = build([float(6), float(), float(6)], (x, count, data) => {
        const isLate = greater(count!, 4);
        const argument = select(broadcastTo(isLate, [6]), data!, add(mul(x!, 0), 0.5));
        return [f(argument), add(count!, 1)];
      });
      const inputs = [tf.zeros([6]), tf.scalar(0), tf.tensor([1, 2, 3, 4, 5, value])];
      // what the last step leaves is what the function gives alone
      const [result] = await run(program, inputs, 2, 6);
      const alone = wasmEngine.compile(build([float(6)], (x) => [f(x!)])).run([inputs[2]!])[0]!;
      expect(result).toEqual([...alone.dataSync()]);
    }
  });
});

test("constants of a loop's body outlive what is computed before the loop", () => {
  const body = build([float(), float()], (carry, x) => [add(mul(carry!, 0.5), mul(x!, 0.25))]);
  const program = build([float(40), integer(2)], (data, key) => {
    const start = range(8)
      .map((i) => randomNormal(foldIn(key!, i), []))
      .reduce((sum, draw) => add(sum, draw));
    return scan([start, data!], { body, constants: 0, carries: 1, length: 40, reverse: false });
  });
  const inputs = [tf.linspace(-1, 2, 40), tf.tensor([3, 4], [2], "int32")];
  const [expected] = referenceEngine.compile(program).run(inputs)[0]!.dataSync();
  expect(wasmEngine.compile(program).run(inputs)[0]!.dataSync()[0]).toBeCloseTo(expected!, 5);
});

test("outputs may be other inputs, what is given, or constants", async () => {
  const program = build([float(3), float(3), float(3), float(3), float(3)], (a, b, c, _, data) => [
    b!,
    a!,
    data!,
    add(c!, a!),
    sub(1, data!),
  ]);
  const inputs = range(5).map((i) => tf.tensor([i, i + 1, i + 2]));
  await agrees(program, inputs, 4, 3);
  await agrees(program, inputs, 3, 10);
});

type Types = readonly { readonly shape: number[]; readonly dtype: DType }[];

test.each<[string, Types]>([
  ["small", [float(), float(10), float(3), float(10), float()]],
  ["large", [float(40), float(), float(40), float(3), float(40), float(40)]],
])("random programs of %s values", (_, types) => {
  const inputs = types.map(({ shape }, i) => tf.fill(shape, 0.1 + 0.2 * i));
  const choice = fc.record({ operation: fc.nat(10), first: fc.nat(), second: fc.nat() });
  return fc.assert(
    fc.asyncProperty(fc.array(choice, { minLength: 5, maxLength: 30 }), async (choices) => {
      const program = build([...types, integer(), integer(2)], (...all) => {
        const [step, key] = all.splice(types.length) as [Variable, Variable];
        const values = [...all];
        for (const { operation, first, second } of choices) {
          const x = values[first % values.length]!;
          const same = values.filter(({ shape }) => shape.length === 0 || shape[0] === x.shape[0]);
          const y = same[second % same.length]!;
          const rules: readonly (() => Variable)[] = [
            () => tanh(sub(x, y)),
            () => mul(x, y),
            () => neg(select(greater(x, y), x, y)),
            () => sigmoid(x),
            () => tanh(reduceSum(x)),
            () => log1p(mul(x, x)),
            () => tanh(mul(x, randomNormal(key, x.shape, step))),
            () => tanh(add(x, randomUniform(foldIn(key, step), []))),
            () => broadcastTo(tanh(reduceSum(y)), x.shape),
            () => reshape(add(reshape(x, [...x.shape, 1]), 0.1), x.shape),
            () => sub(x, mul(cast(step, "float32"), 0.01)),
          ];
          const next = rules[operation]!();
          values.push(operation < 5 ? tanh(next) : next);
        }
        // also values that came in, and one value twice
        const latest = ({ shape }: { readonly shape: readonly number[] }, i: number): Variable => {
          const same = values.filter((value) => value.shape.join() === shape.join());
          return same[same.length - 1 - (i % same.length)]!;
        };
        return [...types.map(latest), add(step, 1), reduceSum(values.at(-1)!)];
      });
      await agrees(program, [...inputs, tf.scalar(0, "int32"), tf.tensor([5, 6], [2], "int32")], types.length + 1, 10);
    }),
    { numRuns: 60, seed: 3 },
  );
});
