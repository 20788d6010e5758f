// Ways to run a program, all of which must agree with the reference. Another engine is one more entry.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { interpret } from "../../../src/ir/interpret.js";
import type { DType, NDArray, Program } from "../../../src/ir/program.js";

/** Runs a program on arrays. */
export type Run = (program: Program, inputs: readonly NDArray[]) => NDArray[];

const typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

const upload = ({ elements, shape, dtype }: NDArray): tf.Tensor =>
  tf.tensor(typed[dtype].from(elements), [...shape], dtype);

const download = (x: tf.Tensor): NDArray => ({
  shape: x.shape,
  dtype: x.dtype as DType,
  elements: Float64Array.from(x.dataSync()),
});

/** Runs every equation through its primitive's tfjs rule, or its reference rule where it has none. */
const onBackend =
  (backend: string): Run =>
  (program, inputs) => {
    // A backend that was initialised before is switched to synchronously.
    void tf.setBackend(backend);
    const results: NDArray[] = [];
    tf.tidy(() => {
      const { outputs } = interpret<tf.Tensor>(
        program,
        inputs.map(upload),
        ({ variable: { shape, dtype }, elements }) => upload({ shape, dtype, elements }),
        ({ primitive, attributes, outputs: types }, values) =>
          primitive.tfjs?.(values, attributes) ??
          primitive.evaluate(values.map(download), attributes).map((elements, i) => upload({ ...types[i]!, elements })),
      );
      results.push(...outputs.map(download));
    });
    return results;
  };

async function initialised(backend: string): Promise<boolean> {
  try {
    return await tf.setBackend(backend);
  } catch {
    return false;
  }
}

/** The native binding is an optional peer: it takes part where it is installed. */
const nodeBinding: string = "@tensorflow/tfjs-node";
await import(nodeBinding).catch(() => undefined);

const backends = ["cpu", "wasm", "tensorflow"];
const present: string[] = [];
for (const backend of backends)
  if (tf.findBackendFactory(backend) && (await initialised(backend))) present.push(backend);

/** The engines that can run here. */
export const engines: readonly (readonly [name: string, run: Run])[] = present.map((name) => [
  `tfjs:${name}`,
  onBackend(name),
]);
