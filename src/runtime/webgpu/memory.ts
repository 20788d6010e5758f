// The buffers of a compiled program, and what goes into them and comes out.
import { ElbowError } from "../../errors.js";
import type { Variable } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { type Data, dataFromElements } from "../arrays.js";
import type { Compiled } from "./compiled.js";
import type { Position } from "./emit/places.js";
import { createBuffer, destroyBuffer, type Gpu, usage } from "./gpu.js";

export interface Memory {
  readonly buffers: readonly GPUBuffer[];
  /** Of even and of odd steps. */
  readonly params: readonly [GPUBuffer, GPUBuffer];
  readonly groups: readonly [GPUBindGroup, GPUBindGroup];
  /** 0, 1, 2, …: what counters of loops are set to. */
  readonly numbers: GPUBuffer;
  readonly staging: { buffer: GPUBuffer | undefined };
}

/** @throws ElbowError `out-of-memory` */
export async function allocate(gpu: Gpu, compiled: Compiled): Promise<Memory> {
  const { words, counters, longest, constants, places } = compiled;
  const { device } = gpu;
  await compiled.validity;
  gpu.check();
  device.pushErrorScope("out-of-memory");
  const storage = usage.storage | usage.copySource | usage.copyTarget;
  const buffers = words.map((each) => createBuffer(gpu, 4 * each, storage));
  const error = await device.popErrorScope();
  if (error) {
    for (const buffer of buffers) destroyBuffer(gpu, buffer);
    throw new ElbowError("out-of-memory", {
      message: `the GPU has not the memory that the program needs: ${words.map((each) => `${4 * each} bytes`).join(", ")}`,
      hint: "Dispose executables that are no longer used, or use smaller batches.",
    });
  }
  const params = [0, 1].map((step) => {
    const buffer = createBuffer(gpu, 16 * (1 + Math.max(1, counters)), usage.uniform | usage.copyTarget);
    device.queue.writeBuffer(buffer, 0, new Uint32Array([0, step, 1, 0]));
    return buffer;
  }) as [GPUBuffer, GPUBuffer];
  const numbers = createBuffer(gpu, 4 * Math.max(1, longest), usage.copySource | usage.copyTarget);
  if (longest > 0)
    device.queue.writeBuffer(
      numbers,
      0,
      Uint32Array.from({ length: longest }, (_, i) => i),
    );
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: 4, buffer: { type: "uniform" } },
      ...buffers.map((_, i) => ({ binding: i + 1, visibility: 4, buffer: { type: "storage" as const } })),
    ],
  });
  const groups = params.map((buffer) =>
    device.createBindGroup({
      layout,
      entries: [buffer, ...buffers].map((each, binding) => ({ binding, resource: { buffer: each } })),
    }),
  ) as [GPUBindGroup, GPUBindGroup];
  const memory: Memory = { buffers, params, groups, numbers, staging: { buffer: undefined } };
  for (const { variable, elements } of constants)
    write(
      gpu,
      memory,
      places.position(variable, () => 0),
      variable,
      dataFromElements(elements, variable.dtype),
    );
  return memory;
}

export function free(gpu: Gpu, { buffers, params, numbers, staging }: Memory): void {
  for (const buffer of [...buffers, ...params, numbers]) destroyBuffer(gpu, buffer);
  if (staging.buffer) destroyBuffer(gpu, staging.buffer);
}

/** Booleans take a word each. */
export function write(
  gpu: Gpu,
  { buffers }: Memory,
  { buffer, word }: Position,
  { shape }: Variable,
  data: Data,
): void {
  if (sizeOf(shape) === 0) return;
  const words = data.BYTES_PER_ELEMENT === 4 ? data : new Uint32Array(data);
  gpu.device.queue.writeBuffer(buffers[buffer]!, 4 * word, words as Uint32Array<ArrayBuffer>);
}

/** Reads values at once: one copy into memory that can be mapped, one wait. */
export async function read(
  gpu: Gpu,
  memory: Memory,
  values: readonly { variable: Variable; position: Position }[],
): Promise<Data[]> {
  const { device, counters } = gpu;
  const sizes = values.map(({ variable }) => 4 * sizeOf(variable.shape));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const staging = stagingOf(gpu, memory, total);
  const encoder = device.createCommandEncoder();
  let at = 0;
  values.forEach(({ position: { buffer, word } }, i) => {
    encoder.copyBufferToBuffer(memory.buffers[buffer]!, 4 * word, staging, at, sizes[i]!);
    at += sizes[i]!;
  });
  device.queue.submit([encoder.finish()]);
  counters.submits++;
  counters.reads++;
  try {
    await staging.mapAsync(usage.mapRead, 0, total);
  } catch (error) {
    gpu.check();
    throw new ElbowError("engine-failed", { message: `the GPU's values cannot be read: ${error}` });
  }
  const bytes = staging.getMappedRange(0, total).slice(0);
  staging.unmap();
  gpu.check();
  at = 0;
  return values.map(({ variable: { dtype } }, i) => {
    const length = sizes[i]! / 4;
    const from = at;
    at += sizes[i]!;
    if (dtype === "float32") return new Float32Array(bytes, from, length).slice();
    const integers = new Int32Array(bytes, from, length);
    return dtype === "int32" ? integers.slice() : Uint8Array.from(integers);
  });
}

function stagingOf(gpu: Gpu, { staging }: Memory, bytes: number): GPUBuffer {
  if (staging.buffer && staging.buffer.size >= bytes) return staging.buffer;
  if (staging.buffer) destroyBuffer(gpu, staging.buffer);
  staging.buffer = createBuffer(gpu, bytes, usage.mapRead | usage.copyTarget);
  return staging.buffer;
}
