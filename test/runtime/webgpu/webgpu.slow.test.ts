// The engine webgpu against the double-precision reference and the engine wasm. Without a driver it is shown as skipped.
import * as tf from "@tensorflow/tfjs-core";
import { elbo, fit, gen, normal, observe, sample } from "elbow";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { elbowRunner } from "../../../bench/harness/elbowRunner.js";
import { workloads } from "../../../bench/workloads/all.js";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { broadcastTo, reduceSum, transpose } from "../../../src/ir/primitives/axes.js";
import { cholesky } from "../../../src/ir/primitives/cholesky.js";
import { cast } from "../../../src/ir/primitives/comparison.js";
import { cumsum } from "../../../src/ir/primitives/cumulative.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { exp, tanh } from "../../../src/ir/primitives/exponential.js";
import { gather, scatterAdd } from "../../../src/ir/primitives/indexing.js";
import { logSumExp } from "../../../src/ir/primitives/logSumExp.js";
import { matMul } from "../../../src/ir/primitives/matMul.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../../../src/ir/primitives/random.js";
import { argMax, reduceMax } from "../../../src/ir/primitives/reductions.js";
import { topK } from "../../../src/ir/primitives/sorting.js";
import { triangularSolve } from "../../../src/ir/primitives/triangularSolve.js";
import type { NDArray, Program } from "../../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import type { Engine } from "../../../src/runtime/engine.js";
import { engineByName } from "../../../src/runtime/engines.js";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { programOf } from "../../ir/conformance/applications.js";
import { cases } from "../../ir/conformance/cases/all.js";
import { operands, randomFrom, singlePrecision, type Tolerance } from "../../ir/conformance/conformance.js";
import { expectClose } from "../../ir/conformance/properties.js";
import { available } from "../available.js";
import { cases as programs } from "../programs.js";

const engine = (await available("webgpu")) as WebgpuEngine | undefined;
const exact: Tolerance = { absolute: 0, relative: 0 };

async function run(on: Engine, program: Program, inputs: readonly NDArray[]): Promise<NDArray[]> {
  const executable = on.compile(program);
  const tensors = inputs.map(tensorFromNDArray);
  const outputs = await executable.runAsync(tensors);
  const results = await Promise.all(outputs.map(ndarrayFromTensorAsync));
  tf.dispose([tensors, outputs]);
  executable.dispose();
  return results;
}

const array = (shape: number[], element: (i: number) => number, dtype: NDArray["dtype"] = "float32"): NDArray => ({
  shape,
  dtype,
  elements: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => element(i)),
});
const noise = (seed: number) => {
  const random = randomFrom(seed);
  return () => Math.fround(2 * random() - 1);
};
const key = array([2], (i) => 42 + i, "int32");

describe.skipIf(!engine)("webgpu", () => {
  beforeAll(() => tf.setBackend("cpu"));

  test.each(cases.map((entry) => [entry.primitive.name, entry] as const))("conformance of %s", async (_, entry) => {
    const samples = fc.sample(fc.tuple(entry.signature, fc.integer()), { numRuns: 3, seed: 20240607 });
    for (const [signature, seed] of samples) {
      const inputs = operands(entry.domains, signature, randomFrom(seed));
      const program = programOf(entry.primitive, signature);
      const expected = evaluate(program, inputs);
      (await run(engine!, program, inputs)).forEach((received, i) => {
        const tolerance = received.dtype === "float32" ? (entry.tolerance ?? singlePrecision) : exact;
        expectClose(received, expected[i]!, tolerance);
      });
    }
  });

  test.each(Object.keys(programs))("program: %s", async (title) => {
    const { program, inputs } = programs[title]!;
    const expected = evaluate(program, inputs);
    (await run(engine!, program, inputs)).forEach((received, i) => {
      expectClose(received, expected[i]!, received.dtype === "float32" ? singlePrecision : exact);
    });
  });

  test("iterate is the same as running step by step, with an even and an odd number of steps", async () => {
    const { program, inputs } = programs.random!;
    const executable = engine!.compile(program);
    const tensors = inputs.map(tensorFromNDArray);
    let expected = evaluate(program, inputs);
    for (let steps = 1; steps <= 4; steps++) {
      const results = await executable.iterate(tensors, 2, steps);
      const received = await Promise.all(results.map(ndarrayFromTensorAsync));
      received.forEach((each, i) => {
        expectClose(each, expected[i]!, each.dtype === "float32" ? singlePrecision : exact);
      });
      tf.dispose(results);
      expected = evaluate(program, expected.slice(0, 2));
    }
    executable.dispose();
    tf.dispose(tensors);
  });

  test("the same seed gives the same bits as on wasm, and the same draws to rounding", async () => {
    const program = build([{ shape: [2], dtype: "int32" }], (k) => [
      randomBits(foldIn(k, 3), [1003]),
      randomUniform(foldIn(k, 4), [1003]),
      randomNormal(foldIn(k, 5), [1003]),
    ]);
    const [bits, uniforms, normals] = await run(engine!, program, [key]);
    const onWasm = await run(await engineByName("wasm"), program, [key]);
    expectClose(bits!, onWasm[0]!, exact);
    expectClose(uniforms!, onWasm[1]!, exact);
    expectClose(normals!, onWasm[2]!, { absolute: 2e-6, relative: 2e-6 });
  });

  const float = (...shape: number[]) => ({ shape, dtype: "float32" as const });
  const large: Record<string, { program: Program; inputs: NDArray[]; tolerance: Tolerance }> = {
    "products by tiles, batched, with transposed operands and what follows": {
      program: build([float(2, 70, 90), float(75, 90), float(75)], (a, b, bias) => [
        tanh(mul(add(matMul(a, transpose(b, [1, 0])), bias), 0.1)),
        matMul(transpose(a, [0, 2, 1]), a),
      ]),
      inputs: [array([2, 70, 90], noise(1)), array([75, 90], noise(2)), array([75], noise(3))],
      tolerance: { absolute: 1e-4, relative: 1e-5 },
    },
    "reductions of many terms along all axes": {
      program: build([float(300, 500)], (x) => [
        reduceSum(x),
        reduceSum(x, [0]),
        reduceSum(x, [1]),
        logSumExp(x, [0]),
        logSumExp(x),
        argMax(x, 0),
        argMax(x, 1),
      ]),
      inputs: [array([300, 500], noise(4))],
      tolerance: { absolute: 2e-4, relative: 2e-6 },
    },
    "few sums of very many terms": {
      program: build([float(20_001, 3), { shape: [20_001], dtype: "bool" }, float(20_001, 2)], (x, b, y) => [
        reduceSum(x, [0]),
        reduceMax(x),
        logSumExp(x, [0]),
        reduceSum(b),
        matMul(transpose(x, [1, 0]), y),
        scatterAdd(y, cast(b, "int32"), 2),
      ]),
      inputs: [
        array([20_001, 3], noise(7)),
        array([20_001], (i) => +(i % 3 === 0), "bool"),
        array([20_001, 2], noise(8)),
      ],
      tolerance: { absolute: 1e-3, relative: 2e-6 },
    },
    "long lines": {
      program: build([float(3, 1000)], (x) => [
        cumsum(x),
        cumsum(x, { reverse: true, exclusive: true }),
        topK(x, 20).indices,
      ]),
      inputs: [array([3, 1000], noise(5))],
      tolerance: { absolute: 1e-4, relative: 1e-5 },
    },
    "factors of matrices": {
      program: build([float(2, 40, 40), float(2, 40, 3)], (a, b) => {
        const l = cholesky(add(matMul(a, transpose(a, [0, 2, 1])), broadcastTo(a, a.shape)));
        return [l, triangularSolve(l, b), triangularSolve(l, b, { transpose: true })];
      }),
      inputs: [
        array([2, 40, 40], (i) => (Math.floor(i / 40) % 40 === i % 40 ? 8 : 0.1 * noise(i)())),
        array([2, 40, 3], noise(6)),
      ],
      tolerance: { absolute: 1e-4, relative: 1e-4 },
    },
  };
  test.each(Object.keys(large))("%s", async (title) => {
    const { program, inputs, tolerance } = large[title]!;
    const expected = evaluate(program, inputs);
    (await run(engine!, program, inputs)).forEach((received, i) => {
      expectClose(received, expected[i]!, received.dtype === "float32" ? tolerance : exact);
    });
  });

  test("what is gathered outside an axis is no number", async () => {
    const program = build([float(3), { shape: [4], dtype: "int32" }], (x, i) => [gather(x, i)]);
    const inputs = [array([3], (i) => i), array([4], (i) => [2, 3, -1, 0][i]!, "int32")];
    const [picked] = await run(engine!, program, inputs);
    expect([...picked!.elements]).toEqual([2, Number.NaN, Number.NaN, 0]);
  });

  test.each(["bool", "int32"] as const)(
    "inputs that tfjs casts from %s without a change of what is stored",
    async (dtype) => {
      const floats = tf.cast(tf.tensor1d([0, 1, 1], dtype), "float32");
      const program = build([float(3)], (x) => [exp(x)]);
      const executable = engine!.compile(program);
      const [received] = await executable.runAsync([floats]);
      expectClose(
        await ndarrayFromTensorAsync(received!),
        array([3], (i) => Math.exp(+(i > 0))),
        singlePrecision,
      );
      executable.dispose();
      tf.dispose([floats, received!]);
    },
  );

  test("more workgroups than one axis of a dispatch holds", async () => {
    const size = 65_536 * 256 + 1000;
    const program = build([float()], (x) => {
      const many = exp(broadcastTo(x, [size]));
      return [reduceSum(many), many];
    });
    const executable = engine!.compile(program);
    const x = tf.scalar(0);
    const [sum, all] = await executable.runAsync([x]);
    expect((await sum!.data())[0]).toBe(size);
    expect((await all!.data()).every((each) => each === 1)).toBe(true);
    executable.dispose();
    tf.dispose([x, sum!, all!]);
  });

  test.each(["W1", "W2", "W3", "W5", "W4"])("%s: losses as on wasm", async (name) => {
    const [variant] = workloads.get(name)!().variants;
    const runners = await Promise.all([engine!, await engineByName("wasm")].map((on) => elbowRunner(variant!, on)));
    const [onGpu, onWasm] = await Promise.all(runners.map((runner) => runner.run(4)));
    expect(Math.abs(onGpu! / onWasm! - 1)).toBeLessThan(1e-4);
    for (const runner of runners) runner.dispose();
  });

  test("a fit of many steps reads back once for each report, and leaves no buffer", async () => {
    const model = gen(function* () {
      const mu = yield* sample("mu", normal(0, 1));
      yield* observe("y", normal(mu, 1), tf.scalar(1));
    });
    const guide = gen(function* ({ loc, scale }: { loc: tf.Tensor; scale: tf.Tensor }) {
      yield* sample("mu", normal(loc, tf.exp(scale)));
    });
    const before = engine!.stats();
    const result = await fit(elbo(model, guide), {
      parameters: { loc: tf.scalar(0), scale: tf.scalar(0) },
      steps: 2000,
      reportEvery: 500,
      engine: engine!,
    });
    const after = engine!.stats();
    expect((await result.parameters.loc.data())[0]).toBeCloseTo(0.5, 1);
    expect(after.reads - before.reads).toBeLessThanOrEqual(2000 / 100);
    expect(result.stepDetails).toEqual({ kernels: expect.any(Number), bytes: expect.any(Number), hostEvaluated: [] });
    expect(result.stepDetails!.kernels).toBeLessThanOrEqual(6);
    await new Promise((done) => setTimeout(done, 50));
    expect(engine!.stats().buffers).toBe(before.buffers);
    expect(after.hostEvaluations).toBe(before.hostEvaluations);
  });

  test("small steps as one kernel with barriers give the same", async () => {
    const merging = await openWebgpu({ mostOperations: 2500 });
    const { program, inputs } = programs.scan!;
    const expected = evaluate(program, inputs);
    expect(merging.compile(program).details!().kernels).toBe(1);
    (await run(merging, program, inputs)).forEach((received, i) => {
      expectClose(received, expected[i]!, received.dtype === "float32" ? singlePrecision : exact);
    });
    merging.close();
  });

  test("a small step's kernel takes many steps at once", async () => {
    const { program, inputs } = programs.random!;
    const executable = engine!.compile(program);
    const tensors = inputs.map(tensorFromNDArray);
    const onWasm = (await engineByName("wasm")).compile(program);
    for (const steps of [63, 64, 65, 200]) {
      const before = engine!.stats().dispatches;
      const results = await executable.iterate(tensors, 2, steps);
      expect(engine!.stats().dispatches - before).toBe(Math.ceil(steps / 64));
      const expected = await onWasm.iterate(tensors, 2, steps);
      const [received, others] = await Promise.all(
        [results, expected].map((each) => Promise.all(each.map(ndarrayFromTensorAsync))),
      );
      received!.forEach((each, i) => {
        expectClose(each, others![i]!, each.dtype === "float32" ? singlePrecision : exact);
      });
      tf.dispose([results, expected]);
    }
    executable.dispose();
    onWasm.dispose();
    tf.dispose(tensors);
  });

  test("run says that it must be awaited", () => {
    const executable = engine!.compile(programs.selection!.program);
    const tensors = programs.selection!.inputs.map(tensorFromNDArray);
    expect(() => executable.run(tensors)).toThrow(/cannot read values synchronously/);
    tf.dispose(tensors);
  });

  test("a lost device is an error that says so, and is opened anew", async () => {
    const lost = await openWebgpu();
    const executable = lost.compile(programs.selection!.program);
    const tensors = programs.selection!.inputs.map(tensorFromNDArray);
    tf.dispose(await executable.runAsync(tensors));
    lost.close();
    await lost.lost;
    await expect(executable.runAsync(tensors)).rejects.toThrow(/the GPU was lost/);
    tf.dispose(tensors);
    expect(await available("webgpu")).toBe(engine);
  });
});
