// What it costs to start a kernel: a step whose kernels have next to nothing to compute.
import * as tf from "@tensorflow/tfjs-core";
import { type Engine, trace } from "elbow";

const steps = 20_000;

/** Microseconds per step of x ← x + 1 on four numbers, submitted without waiting for results. */
export async function stepOverhead(engine: Engine): Promise<number> {
  const executable = engine.compile(trace([{ shape: [4], dtype: "float32" }], (x) => [tf.add(x!, 1)]));
  const x = tf.zeros([4]);
  tf.dispose(await executable.iterate([x], 1, 100));
  const started = performance.now();
  const [result] = await executable.iterate([x], 1, steps);
  const [first] = await result!.data();
  const microseconds = (1000 * (performance.now() - started)) / steps;
  if (first !== steps) throw new Error(`${steps} steps of adding 1 gave ${first}`);
  tf.dispose([x, result!]);
  executable.dispose();
  return microseconds;
}
