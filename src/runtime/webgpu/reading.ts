import { ElbowError } from "../../errors.js";
import type { DType } from "../../ir/program.js";
import type { Data } from "../arrays.js";
import { type Gpu, usage } from "./gpu.js";

/** Values in a buffer, from a word on. */
export interface Stored {
  readonly buffer: GPUBuffer;
  readonly word: number;
  readonly length: number;
  readonly dtype: DType;
}

/** So many milliseconds after a failure its reason is known. */
const patience = 200;

/**
 * Reads values at once: one copy into memory that can be mapped, one wait.
 *
 * @param stagingOf - gives memory of at least so many bytes that can be mapped
 */
export async function readStored(
  gpu: Gpu,
  values: readonly Stored[],
  stagingOf: (bytes: number) => GPUBuffer,
): Promise<Data[]> {
  const { device, counters } = gpu;
  const total = values.reduce((sum, { length }) => sum + 4 * length, 0);
  const staging = stagingOf(total);
  const encoder = device.createCommandEncoder();
  let at = 0;
  for (const { buffer, word, length } of values) {
    encoder.copyBufferToBuffer(buffer, 4 * word, staging, at, 4 * length);
    at += 4 * length;
  }
  device.queue.submit([encoder.finish()]);
  counters.submits++;
  counters.reads++;
  try {
    await staging.mapAsync(usage.mapRead, 0, total);
  } catch (error) {
    await Promise.race([gpu.lost, new Promise((done) => setTimeout(done, patience))]);
    gpu.check();
    throw new ElbowError("engine-failed", { message: `the GPU's values cannot be read: ${error}` });
  }
  const bytes = staging.getMappedRange(0, total).slice(0);
  staging.unmap();
  gpu.check();
  at = 0;
  return values.map(({ length, dtype }) => {
    const from = at;
    at += 4 * length;
    if (dtype === "float32") return new Float32Array(bytes, from, length).slice();
    const integers = new Int32Array(bytes, from, length);
    return dtype === "int32" ? integers.slice() : Uint8Array.from(integers);
  });
}
