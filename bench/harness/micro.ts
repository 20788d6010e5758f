// Single operations through an engine: how fast its kernels are, apart from programs.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type Engine, type Executable, seedKey, standardNormal, trace } from "elbow";
import type { Program, Type } from "../../src/ir/program.js";
import { multiplyTransposed, transposeInto } from "./matrices.js";
import { ownTensor } from "./ownTensor.js";
import { normals, randomSource } from "./random.js";
import type { MicroResult } from "./report.js";
import { type Effort, timeInTurns } from "./timing.js";

interface Operation {
  readonly name: string;
  readonly inputs: () => Tensor[];
  readonly program: Program;
  /** The same in plain JavaScript. */
  readonly plain: () => () => void;
  readonly gigaflops: number;
}

const million = 1e6;
const float = (shape: readonly number[]): Type => ({ shape, dtype: "float32" });

const product = (n: number): Operation => ({
  name: `matMul ${n}`,
  inputs: () => [1, 2].map((seed) => tf.tensor2d(normals(seed, n * n), [n, n])),
  program: trace([float([n, n]), float([n, n])], (a, b) => [tf.matMul(a!, b!)]),
  plain: () => {
    const [a, b, bT, c] = [1, 2, 3, 4].map((seed) => Float64Array.from(normals(seed, n * n))) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    return () => {
      transposeInto(bT, b, n, n);
      multiplyTransposed(c, a, bT, n, n, n);
    };
  },
  gigaflops: 2e-9 * n ** 3,
});

const exponential: Operation = {
  name: "exp 1e6",
  inputs: () => [tf.tensor1d(normals(3, million))],
  program: trace([float([million])], (x) => [tf.exp(x!)]),
  plain: () => {
    const x = Float64Array.from(normals(3, million));
    const y = new Float64Array(million);
    return () => {
      for (let i = 0; i < million; i++) y[i] = Math.exp(x[i]!);
    };
  },
  gigaflops: 0.02,
};

const noise: Operation = {
  name: "normals 1e6",
  inputs: () => [tf.tidy(() => seedKey(0))],
  program: trace([{ shape: [2], dtype: "int32" }], (key) => [standardNormal(key!, [million])]),
  plain: () => {
    const { fillNormals } = randomSource(0);
    const out = new Float64Array(million);
    return () => fillNormals(out);
  },
  gigaflops: 0.05,
};

/** Times the operations on every engine and in plain JavaScript; what would take longer than the limit is left out. */
export async function measureOperations(
  engines: readonly Engine[],
  effort: Effort,
  isTooSlow: (engine: string, gigaflops: number) => boolean,
): Promise<MicroResult[]> {
  const results: MicroResult[] = [];
  for (const { name, inputs, program, plain, gigaflops } of [
    product(128),
    product(512),
    product(1024),
    exponential,
    noise,
  ]) {
    const tensors = inputs();
    const executables = engines
      .filter((engine) => !isTooSlow(engine.name, gigaflops))
      .map((engine) => ({ name: engine.name, executable: engine.compile(program), own: tensors.map(ownTensor) }));
    const runners = [
      ...executables.map(({ executable, own }) => ({ run: (times: number) => repeat(executable, own, times) })),
      { run: plainRun(plain()) },
    ];
    const timings = await timeInTurns(runners, effort);
    const names = [...executables.map((each) => each.name), "hand-written"];
    results.push(...timings.map(({ ms, min, max }, i) => ({ name, engine: names[i]!, ms, min, max })));
    for (const { executable, own } of executables) {
      executable.dispose();
      tf.dispose(own);
    }
    tf.dispose(tensors);
  }
  return results;
}

/** Backends that work in the background have to deliver one number at the end. */
async function repeat(executable: Executable, inputs: readonly Tensor[], times: number): Promise<number> {
  const [result] = await executable.iterate(inputs, 0, times);
  const corner = tf.slice(tf.reshape(result!, [-1]), 0, 1);
  await corner.data();
  tf.dispose([result!, corner]);
  return 0;
}

const plainRun = (work: () => void) => async (times: number) => {
  for (let i = 0; i < times; i++) work();
  return 0;
};
