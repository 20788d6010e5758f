// What a GPU can do, measured by programs of the engine webgpu.
import * as tf from "@tensorflow/tfjs-core";
import { build } from "../../ir/builder.js";
import { add } from "../../ir/primitives/elementwise.js";
import { matMul } from "../../ir/primitives/matMul.js";
import type { Variable } from "../../ir/program.js";
import { type Shape, sizeOf } from "../../util/shapes.js";
import type { Engine } from "../engine.js";
import type { GpuRates } from "./predict.js";

export interface MeasuringSizes {
  /** Elements of the array that is large. */
  readonly large: number;
  /** Elements of one that takes several workgroups, but no time. */
  readonly small: number;
  /** Rows of the matrices. */
  readonly side: number;
}

const usual: MeasuringSizes = { large: 2 ** 23, small: 2 ** 13, side: 1024 };

/** Measures a GPU, in about a second. */
export async function measureGpu(engine: Engine, { large, small, side }: MeasuringSizes = usual): Promise<GpuRates> {
  const increment = (x: Variable) => add(x, 1);
  const launch = await nanoseconds(engine, [small], increment, 500);
  const pass = await nanoseconds(engine, [large], increment, 20);
  const product = await nanoseconds(engine, [side, side], (x) => matMul(x, x), 20);
  return {
    launchMicroseconds: launch / 1000,
    // what is fixed is taken off, as far as that leaves something
    gigabytesPerSecond: (8 * large) / Math.max(pass - launch, pass / 2),
    multiplyAdd: (2 * side ** 3) / Math.max(product - launch, product / 2),
  };
}

const tries = 3;

/** Per run at best: what more runs take than fewer, so that copying in and out drops out. */
async function nanoseconds(engine: Engine, shape: Shape, f: (x: Variable) => Variable, runs: number): Promise<number> {
  const executable = engine.compile(build([{ shape, dtype: "float32" }], (x) => [f(x!)]));
  const x = tf.engine().makeTensor(new Float32Array(sizeOf(shape)), [...shape], "float32");
  const time = async (count: number): Promise<number> => {
    const started = performance.now();
    const results = await executable.iterate([x], 1, count);
    // tensors that stay on the GPU may be ready before their values are
    await Promise.all(results.map((result) => result.data()));
    tf.dispose(results);
    return performance.now() - started;
  };
  try {
    await time(1);
    let best = { few: Number.POSITIVE_INFINITY, many: Number.POSITIVE_INFINITY };
    for (let i = 0; i < tries; i++)
      best = { few: Math.min(best.few, await time(runs)), many: Math.min(best.many, await time(3 * runs)) };
    const more = best.many - best.few;
    return (1e6 * (more > 0 ? more : best.many)) / (more > 0 ? 2 * runs : 3 * runs);
  } finally {
    x.dispose();
    executable.dispose();
  }
}
