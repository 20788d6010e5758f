// The buffers of a compiled program, and what goes into them and comes out.
import type { Variable } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { type Data, dataFromElements } from "../arrays.js";
import type { Compiled } from "./compiled.js";
import type { Position } from "./emit/places.js";
import { accepted, createBuffer, destroyBuffer, type Gpu, usage } from "./gpu.js";
import { readStored } from "./reading.js";

export interface Memory {
  /** What values share. */
  readonly buffers: readonly GPUBuffer[];
  /** Of inputs that have their own: Elbow's, where values are not those of a tensor on the GPU. */
  readonly inputs: (GPUBuffer | undefined)[];
  /** Of even and of odd steps. */
  readonly params: readonly [GPUBuffer, GPUBuffer];
  /** 0, 1, 2, …: what counters of loops are set to. */
  readonly numbers: GPUBuffer;
  readonly staging: { buffer: GPUBuffer | undefined };
  /** All buffers of values as the kernels number them, and what binds them. */
  bound: readonly GPUBuffer[];
  groups: readonly [GPUBindGroup, GPUBindGroup] | undefined;
}

const storage = usage.storage | usage.copySource | usage.copyTarget;

/** @throws ElbowError `out-of-memory` */
export async function allocate(gpu: Gpu, compiled: Compiled): Promise<Memory> {
  const { words, counters, longest, constants, places, ownInputs } = compiled;
  const { queue } = gpu.device;
  await compiled.validity;
  gpu.check();
  const memory = await allocated(
    gpu,
    4 * words.reduce((sum, each) => sum + each, 0),
    () => {
      const buffers = words.map((each) => createBuffer(gpu, 4 * each, storage));
      const params = [0, 1].map(() =>
        createBuffer(gpu, 16 * (1 + Math.max(1, counters)), usage.uniform | usage.copyTarget),
      ) as [GPUBuffer, GPUBuffer];
      const numbers = createBuffer(gpu, 4 * Math.max(1, longest), usage.copySource | usage.copyTarget);
      const inputs = ownInputs.map(() => undefined);
      return { buffers, inputs, params, numbers, staging: { buffer: undefined }, bound: buffers, groups: undefined };
    },
    (each: Memory) => free(gpu, each),
  );
  memory.params.forEach((buffer, step) => {
    queue.writeBuffer(buffer, 0, new Uint32Array([0, step, 1, 0]));
  });
  if (longest > 0)
    queue.writeBuffer(
      memory.numbers,
      0,
      Uint32Array.from({ length: longest }, (_, i) => i),
    );
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

/** A new buffer for an input. @throws ElbowError `out-of-memory` */
export const allocateInput = (gpu: Gpu, { shape }: Variable): Promise<GPUBuffer> =>
  allocated(
    gpu,
    4 * sizeOf(shape),
    () => createBuffer(gpu, 4 * sizeOf(shape), storage),
    (buffer) => destroyBuffer(gpu, buffer),
  );

async function allocated<T>(gpu: Gpu, bytes: number, create: () => T, undo: (created: T) => void): Promise<T> {
  let created: T | undefined;
  try {
    return await accepted(gpu, bytes, () => {
      created = create();
      return created;
    });
  } catch (error) {
    if (created) undo(created);
    throw error;
  }
}

/**
 * Lets the kernels see an input's buffer for each input that has one.
 *
 * @param inputs - these may be tensors'
 */
export function bind(
  { device }: Gpu,
  { layout, ownInputs }: Compiled,
  memory: Memory,
  inputs: readonly GPUBuffer[],
): void {
  const { buffers, params, bound, groups } = memory;
  const all = [...buffers, ...inputs];
  if (groups && all.every((buffer, i) => buffer === bound[i])) return;
  const values = all.map((buffer, i) => {
    const input = ownInputs[i - buffers.length];
    // a tensor's buffer may be larger than the tensor, and than a binding may be
    return input ? { buffer, size: 4 * sizeOf(input.shape) } : { buffer };
  });
  memory.bound = all;
  memory.groups = params.map((buffer) =>
    device.createBindGroup({
      layout: layout.group,
      entries: [{ buffer }, ...values].map((resource, binding) => ({ binding, resource })),
    }),
  ) as [GPUBindGroup, GPUBindGroup];
}

export function free(gpu: Gpu, { buffers, inputs, params, numbers, staging }: Memory): void {
  for (const buffer of [...buffers, ...inputs, ...params, numbers, staging.buffer])
    if (buffer) destroyBuffer(gpu, buffer);
}

/** Booleans take a word each. Casts of tfjs keep what they had: floats may be stored as integers, or as booleans. */
export function write(
  gpu: Gpu,
  { buffers, inputs }: Memory,
  { buffer, word }: Position,
  { shape, dtype }: Variable,
  data: Data,
): void {
  if (sizeOf(shape) === 0) return;
  const isStoredAsIs = dtype === "float32" ? data instanceof Float32Array : data.BYTES_PER_ELEMENT === 4;
  const words = isStoredAsIs ? data : dtype === "float32" ? new Float32Array(data) : new Uint32Array(data);
  const target = buffers[buffer] ?? inputs[buffer - buffers.length]!;
  gpu.device.queue.writeBuffer(target, 4 * word, words as Uint32Array<ArrayBuffer>);
}

/** Reads values, all at once. */
export const read = (
  gpu: Gpu,
  memory: Memory,
  values: readonly { variable: Variable; position: Position }[],
): Promise<Data[]> =>
  readStored(
    gpu,
    values.map(({ variable: { shape, dtype }, position: { buffer, word } }) => ({
      buffer: memory.bound[buffer]!,
      word,
      length: sizeOf(shape),
      dtype,
    })),
    (bytes) => stagingOf(gpu, memory, bytes),
  );

function stagingOf(gpu: Gpu, { staging }: Memory, bytes: number): GPUBuffer {
  if (staging.buffer && staging.buffer.size >= bytes) return staging.buffer;
  if (staging.buffer) destroyBuffer(gpu, staging.buffer);
  staging.buffer = createBuffer(gpu, bytes, usage.mapRead | usage.copyTarget);
  return staging.buffer;
}
