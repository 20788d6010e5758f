// What the host wants to know of tensors that stay on the GPU.
import type { Tensor } from "@tensorflow/tfjs-core";
import { build } from "../../ir/builder.js";
import { isFinite as isFiniteNumber, select } from "../../ir/primitives/comparison.js";
import { reduceMax } from "../../ir/primitives/reductions.js";
import type { DType } from "../../ir/program.js";
import type { Data } from "../arrays.js";
import type { Engine } from "../engine.js";
import { createBuffer, destroyBuffer, type Gpu, usage } from "./gpu.js";
import { readStored } from "./reading.js";
import { bufferOf, flush, keepValues } from "./tfjsBuffers.js";

/** Reads tensors, those on the GPU all at once; tfjs then knows their values, too. */
export async function valuesOf(gpu: Gpu, tensors: readonly Tensor[]): Promise<Data[]> {
  const stored = tensors.map((tensor) => {
    const found = tensor.size > 0 ? bufferOf(tensor, gpu.device) : undefined;
    const isPlain = found && !found.isKnown && found.isInteger === (tensor.dtype !== "float32");
    return isPlain ? found : undefined;
  });
  const wanted = tensors.flatMap((tensor, i) => {
    const { buffer } = stored[i] ?? {};
    return buffer ? [{ tensor, buffer, word: 0, length: tensor.size, dtype: tensor.dtype as DType }] : [];
  });
  if (wanted.length > 0) {
    for (const backend of new Set(stored.flatMap((each) => each?.backend ?? []))) flush(backend);
    let staging: GPUBuffer | undefined;
    try {
      const data = await readStored(gpu, wanted, (bytes) => {
        staging = createBuffer(gpu, bytes, usage.mapRead | usage.copyTarget);
        return staging;
      });
      wanted.forEach(({ tensor, buffer }, i) => {
        keepValues(tensor, buffer, data[i]!);
      });
    } finally {
      if (staging) destroyBuffer(gpu, staging);
    }
  }
  return Promise.all(tensors.map((tensor) => tensor.data() as Promise<Data>));
}

/** Smaller tensors are read as fast as they are looked at. */
const manyElements = 16_384;

/** Whether all elements are finite; undefined where reading them is as good. */
export async function areFinite(gpu: Gpu, engine: Engine, tensor: Tensor): Promise<boolean | undefined> {
  const { shape, size, dtype } = tensor;
  if (size < manyElements || dtype !== "float32") return undefined;
  const found = bufferOf(tensor, gpu.device);
  if (!found || found.isKnown) return undefined;
  const program = build([{ shape, dtype }], (x) => [reduceMax(select(isFiniteNumber(x), 0, 1))]);
  const executable = engine.compile(program);
  try {
    const results = await executable.runAsync([tensor]);
    const [[isBad]] = (await valuesOf(gpu, results)) as [Data];
    for (const result of results) result.dispose();
    return isBad === 0;
  } finally {
    executable.dispose();
  }
}
