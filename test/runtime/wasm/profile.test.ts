// The clock between the parts of a module: it changes no result, and counts what is executed.
import "elbow";
import { describe, expect, test } from "vitest";
import { build, emit } from "../../../src/ir/builder.js";
import { reduceSum, transpose } from "../../../src/ir/primitives/axes.js";
import { greater } from "../../../src/ir/primitives/comparison.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { exp, tanh } from "../../../src/ir/primitives/exponential.js";
import { matMul } from "../../../src/ir/primitives/matMul.js";
import type { Program } from "../../../src/ir/program.js";
import { measureCeilings } from "../../../src/runtime/wasm/ceilings.js";
import { totalFlops } from "../../../src/runtime/wasm/cost.js";
import { write } from "../../../src/runtime/wasm/memoryValues.js";
import { moduleOf } from "../../../src/runtime/wasm/moduleOf.js";
import { clockedInstance, profile } from "../../../src/runtime/wasm/profile.js";
import { type Instance, instantiate } from "../../../src/runtime/wasm/wasmEngine.js";
import { condPrimitive } from "../../../src/transforms/cond.js";
import { scanPrimitive } from "../../../src/transforms/scan.js";
import { sizeOf } from "../../../src/util/shapes.js";

const side = 24;
const length = 7;
const matrix = { shape: [side, side], dtype: "float32" } as const;

/** A product, a loop nest, a scan with a product inside, a branch and small values; the first output is carried. */
function mixed(): Program {
  const body = build([matrix], (x) => [tanh(mul(matMul(x!, x!), 0.01))]);
  const [whenTrue, whenFalse] = [exp, tanh].map((f) => build([matrix], (x) => [mul(f(mul(x!, 0.5)), 0.3)]));
  return build([matrix], (x) => {
    const product = matMul(x!, transpose(x!, [1, 0]));
    const [walked] = emit(scanPrimitive, [product], { body, constants: 0, carries: 1, length, reverse: false });
    const total = reduceSum(walked!, [0, 1]);
    const [chosen] = emit(condPrimitive, [greater(total, 0), walked!], { whenTrue, whenFalse });
    return [add(chosen!, mul(x!, 0.1)), exp(mul(total, 0.001))];
  });
}

const small = (): Program =>
  build([{ shape: [3], dtype: "float32" }], (x) => [tanh(add(mul(x!, 0.5), 0.1)), reduceSum(x!, [0])]);

const inputsOf = ({ inputs }: Program): Float32Array[] =>
  inputs.map(({ shape }) => Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.3 * i)));

/** The bits of all outputs after some runs. */
function resultsOf(instance: Instance, inputs: readonly Float32Array[], runs: number): Int32Array[] {
  instance.module.inputs.forEach((operand, i) => {
    write(instance, operand, inputs[i]!);
  });
  instance.run(runs);
  return instance.module.outputs.map(({ address, shape }) =>
    instance.integers.slice(address / 4, address / 4 + sizeOf(shape)),
  );
}

describe.each([
  ["large values", mixed()],
  ["small values", small()],
])("%s", (_, program) => {
  test.each([0, 1])("with a clock, the same bits come out; %i carried", (carried) => {
    const plain = resultsOf(instantiate(moduleOf(program, carried), 1), inputsOf(program), 21);
    expect(resultsOf(clockedInstance(program, carried).instance, inputsOf(program), 21)).toEqual(plain);
    expect(plain[0]!.some((bits) => bits !== 0)).toBe(true);
  });
});

test("parts are counted as often as they are executed, with their arithmetic", () => {
  const program = mixed();
  const { parts, microseconds, made, memoryBytes } = profile(program, inputsOf(program), { milliseconds: 60 });
  const products = parts.filter(({ part }) => part.equations.some(({ primitive }) => primitive.name === "matMul"));
  const [first, inLoop] = products.toSorted((a, b) => a.executions - b.executions);
  expect(first!.executions).toBe(1);
  expect(first!.flops.product).toBe(2 * side ** 3);
  expect(inLoop!.executions).toBe(length);
  expect(inLoop!.flops.product).toBe(length * 2 * side ** 3);
  expect(parts[inLoop!.part.inside!]!.part.kind).toBe("control");
  // one side of the branch only
  const branches = parts.filter(
    ({ part }) => part.inside !== undefined && parts[part.inside]!.part.equations[0]!.primitive === condPrimitive,
  );
  expect(branches.map(({ executions }) => executions).sort()).toEqual([0, 1]);
  // a product reads one matrix, seen in two ways, and writes one
  expect(first!.bytes).toBe(2 * 4 * side * side);
  const sum = parts.reduce((total, part) => total + part.microseconds, 0);
  expect(sum).toBeGreaterThan(microseconds / 10);
  expect(sum).toBeLessThan(microseconds * 30);
  expect(parts.every((part) => part.uncertainty >= 0 && totalFlops(part.flops) >= 0)).toBe(true);
  expect(made.bytes).toBeGreaterThan(500);
  expect(memoryBytes % 65536).toBe(0);
});

test("what is computed for eight steps at once is executed an eighth as often", () => {
  const program = small();
  const { parts } = profile(program, inputsOf(program), { milliseconds: 60, carried: 1 });
  const steps = parts.find(({ part }) => part.kind === "steps")!;
  expect(steps.executions).toBeCloseTo(1 / 8, 2);
  // three results of two operations, one function of 38, and a sum of three
  expect(totalFlops(steps.flops)).toBeCloseTo(3 * 2 + 3 * 38 + 3, 0);
});

test("the machine's ceilings are measured once and make sense", () => {
  const ceilings = measureCeilings();
  expect(measureCeilings()).toBe(ceilings);
  const { matMul: products, multiplyAdd, exp: exponentials, bandwidth, callNanoseconds } = ceilings;
  for (const rate of [products, multiplyAdd]) expect(rate > 1 && rate < 1000).toBe(true);
  expect(exponentials > 0.02 && exponentials < 20).toBe(true);
  for (const { gigabytesPerSecond } of bandwidth)
    expect(gigabytesPerSecond > 0.3 && gigabytesPerSecond < 2000).toBe(true);
  expect(callNanoseconds > 0.5 && callNanoseconds < 2000).toBe(true);
});
