// The GPU device that all programs share, and what has been asked of it.
import { ElbowError } from "../../errors.js";
import { formatBytes } from "../../util/formatBytes.js";
import { isNode } from "../../util/host.js";
import type { EngineStats } from "../engine.js";
import { importOptional, unavailable } from "../packages.js";
import type { KernelLimits } from "./plan/items.js";
import type { MemoryLimits } from "./plan/memory.js";

export type Counters = { -readonly [K in keyof EngineStats]: EngineStats[K] };

/** An open device. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly counters: Counters;
  /** By source. */
  readonly pipelines: Map<string, GPUComputePipeline>;
  /** By numbers of buffers. */
  readonly layouts: Map<string, Layout>;
  readonly kernelLimits: KernelLimits;
  /** Throws if the device is lost, and once what else has gone wrong on it. */
  readonly check: () => void;
  readonly lost: Promise<unknown>;
}

export interface Layout {
  readonly group: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

export const usage = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;

export const installWebgpu = "npm install webgpu";

/** What is asked of a device of Elbow's own: what its programs use, and what tfjs asks for, which may come to share it. */
const limits = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/** Buffers of values that a program may have, even if the device offers more. */
const mostBuffers = 16;

/** The buffers that the device, whoever opened it, offers a kernel. */
export function memoryLimits({ device: { limits } }: Gpu): MemoryLimits {
  const bytes = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize, 2 ** 32 - 4);
  return { words: Math.floor(bytes / 4), buffers: Math.min(mostBuffers, limits.maxStorageBuffersPerShaderStage) };
}

interface Dawn {
  readonly create: (options: readonly string[]) => GPU;
}

/** The browser's GPU, or in Node that of the package webgpu. Node ends although it is held: nothing waits on it. */
export async function findGpu(options: readonly string[]): Promise<GPU> {
  if (typeof navigator !== "undefined" && "gpu" in navigator && navigator.gpu && options.length === 0)
    return navigator.gpu;
  if (!isNode()) throw unavailable("webgpu", "this browser has no WebGPU");
  const dawn = (await importOptional("webgpu", "webgpu", installWebgpu)) as Dawn;
  return dawn.create(options);
}

export interface GpuOptions {
  /** Of the package webgpu; `backend=null` is a device that computes nothing. */
  readonly dawn?: readonly string[];
  /**
   * Operations in one kernel that has barriers between its parts.
   *
   * @defaultValue 2500; 60 where the driver is software, which takes minutes to compile such kernels
   */
  readonly mostOperations?: number;
  /** Opened by somebody else, whose it stays; then nothing is opened. */
  readonly device?: GPUDevice | undefined;
}

/** What devices came from is held as long as they are, whoever has them: in Node they would end with it. */
const origins = new WeakMap<GPUDevice, GPU>();

async function openDevice(dawn: readonly string[]): Promise<GPUDevice> {
  const gpu = await findGpu(dawn);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) throw unavailable("webgpu", "no GPU was found; it needs a driver for Vulkan, Metal or Direct3D 12");
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits });
  origins.set(device, gpu);
  return device;
}

/**
 * A device of its own, or what is given.
 *
 * @throws ElbowError `engine-unavailable`
 */
export async function openGpu({ dawn = [], mostOperations, device: given }: GpuOptions = {}): Promise<Gpu> {
  const device = given ?? (await openDevice(dawn));
  const counters: Counters = {
    buffers: 0,
    bytes: 0,
    pipelines: 0,
    dispatches: 0,
    submits: 0,
    reads: 0,
    hostEvaluations: 0,
  };
  let loss: ElbowError | undefined;
  let failure: ElbowError | undefined;
  const lost = device.lost.then(({ message, reason }) => {
    loss = new ElbowError("device-lost", {
      message: `the GPU was lost (${message || reason})`,
      hint: 'What was computed before is kept in checkpoints: continue from the last one; engineByName("webgpu") opens the GPU anew.',
    });
  });
  device.addEventListener("uncapturederror", (event) => {
    failure ??= refusal((event as GPUUncapturedErrorEvent).error, counters.bytes);
  });
  return {
    device,
    counters,
    pipelines: new Map(),
    layouts: new Map(),
    // older browsers do not say
    kernelLimits: { operations: mostOperations ?? (device.adapterInfo?.isFallbackAdapter ? 60 : 2500) },
    check: () => {
      const error = loss ?? failure;
      failure = undefined;
      if (error) throw error;
    },
    lost,
  };
}

const refusal = (error: GPUError, held: number, asked?: number): ElbowError =>
  error.constructor.name === "GPUOutOfMemoryError"
    ? new ElbowError("out-of-memory", {
        message: `the GPU has no memory left\n  held by programs: ${formatBytes(held)}${asked === undefined ? "" : `\n  asked for:        ${formatBytes(asked)}`}`,
        hint: "Dispose executables and tensors that are no longer used, or use smaller batches.",
      })
    : new ElbowError("engine-failed", { message: `the GPU refused a command: ${error.message}` });

/**
 * Does work, all of it at once, and resolves when the device has accepted its commands, which may not have run yet.
 *
 * @param asked - bytes of memory that it takes
 * @throws ElbowError `out-of-memory`, `engine-failed`
 */
export async function accepted<T>({ device, counters }: Gpu, asked: number, work: () => T): Promise<T> {
  const held = counters.bytes;
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  let result: T;
  let errors: Promise<(GPUError | null)[]>;
  try {
    result = work();
  } finally {
    errors = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    errors.catch(() => undefined);
  }
  // memory that is not there makes commands on it invalid
  const [invalid, memory] = await errors.catch(() => []);
  const error = memory ?? invalid;
  if (error) throw refusal(error, held, asked);
  return result;
}

export function createBuffer({ device, counters }: Gpu, bytes: number, flags: number): GPUBuffer {
  const size = Math.max(16, Math.ceil(bytes / 16) * 16);
  counters.buffers++;
  counters.bytes += size;
  return device.createBuffer({ size, usage: flags });
}

export function destroyBuffer({ counters }: Gpu, buffer: GPUBuffer): void {
  counters.buffers--;
  counters.bytes -= buffer.size;
  buffer.destroy();
}
