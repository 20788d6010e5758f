// Buffers that the engine webgpu and tfjs' webgpu backend share. Elbow opens the device here, and tfjs comes to it.
import * as tf from "@tensorflow/tfjs-core";
import { adam, elbo, type FitResult, fit, gen, importanceDraws, logEvidence, normal, observe, sample } from "elbow";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { reduceSum } from "../../../src/ir/primitives/axes.js";
import { cast, greater } from "../../../src/ir/primitives/comparison.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { tanh } from "../../../src/ir/primitives/exponential.js";
import type { DType, Program } from "../../../src/ir/program.js";
import { ndarrayFromTensorAsync } from "../../../src/runtime/arrays.js";
import { engineByName } from "../../../src/runtime/engines.js";
import type { TfjsBackend } from "../../../src/runtime/webgpu/tfjsBuffers.js";
import { openWebgpu, type WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { singlePrecision } from "../../ir/conformance/conformance.js";
import { expectClose } from "../../ir/conformance/properties.js";
import { available } from "../available.js";
import { mappedBytes } from "./mappedBytes.js";

const engine = (await available("webgpu")) as WebgpuEngine | undefined;
const tfjs = engine && (await available("tfjs:webgpu"));
const type = (dtype: DType, ...shape: number[]) => ({ shape, dtype });
const length = 5000;

/** A state, two data sets, flags and counts. */
const program = build(
  [type("float32", 3), type("float32", length), type("float32", length), type("bool", length), type("int32", length)],
  (state, x, y, flags, counts) => [
    tanh(add(state, reduceSum(mul(mul(x, y), cast(flags, "float32"))))),
    add(x, mul(y, 2)),
    greater(x, y),
    add(counts, 1),
  ],
);

/** Tensors that tfjs has computed on the GPU: none of their values is known in JavaScript. */
const onGpu = (): tf.Tensor[] =>
  tf.tidy(() => {
    const x = tf.mul(tf.sin(tf.range(0, length)), 0.01);
    const y = tf.mul(tf.cos(tf.range(0, length)), 0.01);
    const state = tf.mul(tf.tensor1d([1, 2, 3]), 0.1);
    return [state, x, y, tf.greater(y, 0), tf.cast(tf.mul(x, 1e5), "int32")];
  });

const read = (tensors: readonly tf.Tensor[]) => Promise.all(tensors.map(ndarrayFromTensorAsync));

async function expectRight(of: Program, inputs: readonly tf.Tensor[], outputs: readonly tf.Tensor[]): Promise<void> {
  const expected = evaluate(of, await read(inputs));
  (await read(outputs)).forEach((received, i) => {
    expectClose(received, expected[i]!, received.dtype === "float32" ? singlePrecision : { absolute: 0, relative: 0 });
  });
}

describe.skipIf(!tfjs)("tensors of tfjs' webgpu backend", () => {
  let handoff: unknown;
  let before: { tensors: number; buffers: number; bytes: number };
  const now = () => {
    const { numTensors, numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU: number };
    return { tensors: numTensors, buffers: engine!.stats().buffers, bytes: numBytesInGPU };
  };
  beforeAll(async () => {
    handoff = tf.env().get("WEBGPU_CPU_FORWARD");
    // else tfjs computes tensors under 1000 elements on the processor
    tf.env().set("WEBGPU_CPU_FORWARD", false);
    await tf.setBackend("webgpu");
  });
  afterAll(async () => {
    tf.env().set("WEBGPU_CPU_FORWARD", handoff as boolean);
    await tf.setBackend("cpu");
  });
  beforeEach(() => {
    before = now();
  });
  afterEach(async () => {
    // executables free their memory when their last run is over
    await new Promise((done) => setTimeout(done, 20));
    expect(now()).toEqual(before);
  });

  test("tfjs starts on the device that Elbow has opened", async () => {
    expect((tf.backend() as unknown as TfjsBackend).device).toBe(engine!.device);
    expect(await engineByName("webgpu")).toBe(engine);
  });

  test("go in and come out without a read, data sets without a copy", async () => {
    const executable = engine!.compile(program);
    const inputs = onGpu();
    const memory = engine!.stats().bytes;
    let outputs: tf.Tensor[] = [];
    const bytes = await mappedBytes(async () => {
      outputs = await executable.runAsync(inputs);
    });
    expect(bytes).toBe(0);
    expect(outputs.map(({ dtype }) => dtype)).toEqual(["float32", "float32", "bool", "int32"]);
    // memory for the results, and for no data set
    expect(engine!.stats().bytes - memory).toBeLessThan(4 * length * 4);
    await expectRight(program, inputs, outputs);
    // the results are tfjs' own: they stay when the program goes
    const [sum] = outputs;
    executable.dispose();
    const twice = tf.mul(sum!, 2);
    const [expected] = await read([sum!]);
    expect([...(await twice.data())]).toEqual([...expected!.elements].map((x) => Math.fround(2 * x)));
    tf.dispose([inputs, outputs, twice]);
  });

  test("reads are counted: this is what it takes where tfjs is at work elsewhere", async () => {
    const executable = engine!.compile(program);
    const inputs = onGpu();
    const reads = engine!.stats().reads;
    await tf.setBackend("cpu");
    let outputs: tf.Tensor[] = [];
    const bytes = await mappedBytes(async () => {
      outputs = await executable.runAsync(inputs);
    });
    // the inputs are used where they are, the results are read
    expect(engine!.stats().reads).toBe(reads + 1);
    expect(bytes).toBeGreaterThanOrEqual(4 * (3 + 3 * length));
    expect(await mappedBytes(() => read(outputs))).toBe(0);
    await tf.setBackend("webgpu");
    await expectRight(program, inputs, outputs);
    executable.dispose();
    await tf.setBackend("cpu");
    tf.dispose(outputs);
    await tf.setBackend("webgpu");
    tf.dispose(inputs);
  });

  test("rounds of tfjs' operations on Elbow's results and back are those of wasm", async () => {
    const round = async (on: Awaited<ReturnType<typeof engineByName>>, tensors: readonly tf.Tensor[]) => {
      const executable = on.compile(program);
      let current = [...tensors];
      for (let i = 0; i < 6; i++) {
        const outputs = await executable.iterate(current, 1, 1 + i);
        const next = tf.tidy(() => [
          tf.add(outputs[0]!, 0.25),
          tf.mul(tf.slice(outputs[1]!, 0, length), 0.5),
          tf.reverse(outputs[1]!),
          tf.logicalNot(outputs[2]!),
          tf.cast(outputs[3]!, "int32"),
        ]);
        tf.dispose([outputs, i > 0 ? current : []]);
        current = next;
      }
      executable.dispose();
      return current;
    };
    const inputs = onGpu();
    let onWebgpu: tf.Tensor[] = [];
    expect(
      await mappedBytes(async () => {
        onWebgpu = await round(engine!, inputs);
      }),
    ).toBe(0);
    const received = await read(onWebgpu);
    const plain = await read(inputs);
    await tf.setBackend("cpu");
    const copies = plain.map(({ elements, shape, dtype }) => tf.tensor([...elements], [...shape], dtype));
    const onCpu = await round(await engineByName("wasm"), copies);
    (await read(onCpu)).forEach((expected, i) => {
      expectClose(
        received[i]!,
        expected,
        expected.dtype === "float32" ? singlePrecision : { absolute: 0, relative: 0 },
      );
    });
    tf.dispose([copies, onCpu]);
    await tf.setBackend("webgpu");
    tf.dispose([inputs, onWebgpu]);
  });

  test("integers that tfjs calls floats are converted; a tensor may come twice, or in a large buffer", async () => {
    const sum = build([type("float32", length), type("float32", length)], (x, y) => [add(x, mul(y, 10))]);
    const executable = engine!.compile(sum);
    const integers = tf.tidy(() => tf.cast(tf.cast(tf.mul(tf.range(0, length), 1), "int32"), "float32"));
    const outputs = await executable.runAsync([integers, integers]);
    expect([...(await outputs[0]!.data()).slice(-2)]).toEqual([11 * (length - 2), 11 * (length - 1)]);
    const floats = tf.tidy(() => tf.mul(tf.range(0, length), 2));
    const [twice] = await executable.runAsync([floats, floats]);
    expect((await twice!.data())[length - 1]).toBe(22 * (length - 1));
    const buffer = engine!.device.createBuffer({ size: 8 * length, usage: 128 | 4 | 8 });
    engine!.device.queue.writeBuffer(buffer, 0, new Float32Array(2 * length).fill(3));
    const wrapped = tf.tensor({ buffer, zeroCopy: true }, [length], "float32");
    const [large] = await executable.runAsync([wrapped, floats]);
    expect((await large!.data())[1]).toBe(3 + 20);
    executable.dispose();
    tf.dispose([integers, outputs, floats, twice!, wrapped, large!]);
    buffer.destroy();
  });

  test("values that are in JavaScript are uploaded once, also in turn with those on the GPU", async () => {
    const double = build([type("float32", length)], (x) => [mul(x, 2)]);
    const executable = engine!.compile(double);
    const host = tf.tensor1d(new Float32Array(length).fill(1));
    const gpu = tf.tidy(() => tf.mul(tf.ones([length]), 5));
    for (const [input, expected] of [
      [host, 2],
      [gpu, 10],
      [gpu, 10],
      [host, 2],
      [host, 2],
    ] as const) {
      const [result] = await executable.runAsync([input]);
      const values = await result!.data();
      expect([values[0], values[length - 1]]).toEqual([expected, expected]);
      result!.dispose();
    }
    executable.dispose();
    tf.dispose([host, gpu]);
  });

  test("more inputs than a kernel has buffers are copied on the GPU", async () => {
    const many = build(
      Array.from({ length: 40 }, () => type("float32", length)),
      (...all) => [all.reduce((sum, x) => add(sum, x))],
    );
    const executable = engine!.compile(many);
    const inputs = tf.tidy(() => Array.from({ length: 40 }, (_, i) => tf.mul(tf.ones([length]), i)));
    let outputs: tf.Tensor[] = [];
    expect(
      await mappedBytes(async () => {
        outputs = await executable.runAsync(inputs);
      }),
    ).toBe(0);
    expect((await outputs[0]!.data())[length - 1]).toBe((40 * 39) / 2);
    executable.dispose();
    tf.dispose([inputs, outputs]);
  });

  const slope = elbo(
    gen(function* (x: tf.Tensor, y: tf.Tensor) {
      const b = yield* sample("b", normal(0, 1));
      yield* observe("y", normal(tf.mul(x, b), 0.5), y);
    }),
    gen(function* ({ loc, scale }: { loc: tf.Tensor; scale: tf.Tensor }, _x: tf.Tensor, _y: tf.Tensor) {
      yield* sample("b", normal(loc, tf.exp(scale)));
    }),
  );
  const rows = 40_000;
  const data = (): [tf.Tensor, tf.Tensor] =>
    tf.tidy(() => {
      const x = tf.sin(tf.range(0, rows));
      return [x, tf.add(tf.mul(x, 0.7), tf.mul(tf.cos(tf.mul(tf.range(0, rows), 3)), 0.5))];
    });
  const parameters = (): { loc: tf.Tensor; scale: tf.Tensor } => ({ loc: tf.scalar(0), scale: tf.scalar(-1) });
  const settings = { steps: 300, reportEvery: 100, optimizer: adam({ learningRate: 0.02 }) };

  test("a fit reads neither its data nor, between its looks, its parameters; it ends where that on wasm does", async () => {
    const onDevice = data();
    const start = parameters();
    const looks = engine!.stats().reads;
    let result: FitResult<ReturnType<typeof parameters>> | undefined;
    const bytes = await mappedBytes(async () => {
      result = await fit(slope, { ...settings, parameters: start, data: onDevice, engine: engine! });
    });
    const reads = engine!.stats().reads - looks;
    // five numbers for each look, and a word for each data set that is looked through for numbers that are not finite
    expect(bytes).toBeLessThanOrEqual(reads * 5 * 4);
    expect(bytes).toBeLessThan(rows);
    // what was read for the last look is known, in Node also to those who cannot wait
    const onGpu = [result!.parameters.loc.dataSync()[0]!, result!.parameters.scale.dataSync()[0]!];
    const plain = await Promise.all(onDevice.map((each) => each.data()));
    await tf.setBackend("cpu");
    const copies = plain.map((each) => tf.tensor1d(each as Float32Array)) as tf.Tensor[] as [tf.Tensor, tf.Tensor];
    const other = parameters();
    const onWasm = await fit(slope, { ...settings, parameters: other, data: copies, engine: "wasm" });
    const expected = [onWasm.parameters.loc.dataSync()[0]!, onWasm.parameters.scale.dataSync()[0]!];
    onGpu.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 3);
    });
    expect(Math.abs(expected[0]! - 0.7)).toBeLessThan(0.1);
    tf.dispose([copies, other, onWasm.parameters]);
    await tf.setBackend("webgpu");
    tf.dispose([onDevice, start, result!.parameters]);
  });

  test("weights can be summed up without waiting; of values that nobody has read, the error says how", async () => {
    const model = gen(function* (y: tf.Tensor) {
      const mu = yield* sample("mu", normal(0, 1));
      yield* observe("y", normal(mu, 1), y);
    });
    const guide = gen(function* (loc: tf.Tensor, _y: tf.Tensor) {
      yield* sample("mu", normal(loc, 1));
    });
    const [loc, y] = [tf.scalar(1), tf.scalar(2)];
    const drawn = await importanceDraws(model, guide, loc, [y], { draws: 2000, engine: engine! });
    expect(logEvidence(drawn.logWeights)).toBeCloseTo(-0.25 * 4 - 0.5 * Math.log(4 * Math.PI), 1);
    const unread = tf.neg(drawn.logWeights);
    expect(() => logEvidence(unread)).toThrow(expect.objectContaining({ code: "needs-await" }));
    await unread.data();
    expect(logEvidence(unread)).toBeGreaterThan(0);
    tf.dispose([loc, y, drawn.choices, drawn.logWeights, unread]);
  });

  test("data on the GPU that are not finite are refused, with their place", async () => {
    const [x, y] = data();
    const bad = tf.tidy(() => tf.where(tf.equal(tf.range(0, rows), 33_333), tf.div(tf.ones([rows]), 0), y));
    const start = parameters();
    await expect(fit(slope, { ...settings, parameters: start, data: [x, bad], engine: engine! })).rejects.toThrow(
      /data argument 1 holds a number that is not finite\n {2}at index \[33333\]: Infinity/,
    );
    tf.dispose([x, y, bad, start]);
  });

  test("an input that is disposed under a run is an error, and leaves nothing", async () => {
    const executable = engine!.compile(build([type("float32", length)], (x) => [mul(x, 2)]));
    const input = tf.tidy(() => tf.mul(tf.ones([length]), 5));
    const run = executable.iterate([input], 0, 10_000);
    await new Promise((done) => setTimeout(done, 30));
    input.dispose();
    await expect(run).rejects.toMatchObject({ code: "input-disposed" });
    executable.dispose();
  });

  test("an engine on another device works through the host", async () => {
    const other = await openWebgpu();
    expect(other.device).not.toBe(engine!.device);
    const executable = other.compile(program);
    const inputs = onGpu();
    let outputs: tf.Tensor[] = [];
    const bytes = await mappedBytes(async () => {
      outputs = await executable.runAsync(inputs);
    });
    expect(bytes).toBeGreaterThanOrEqual(4 * 7 * length);
    expect(other.stats().reads).toBe(1);
    await expectRight(program, inputs, outputs);
    executable.dispose();
    tf.dispose([inputs, outputs]);
    other.close();
  });
});
