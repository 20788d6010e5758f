// The GPU device that all programs share, and what has been asked of it.
import { ElbowError } from "../../errors.js";
import { isNode } from "../../util/host.js";
import type { EngineStats } from "../engine.js";
import { importOptional, unavailable } from "../packages.js";
import { formatBytes } from "./formatBytes.js";
import type { KernelLimits } from "./plan/items.js";

export type Counters = { -readonly [K in keyof EngineStats]: EngineStats[K] };

/** An open device. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly counters: Counters;
  /** By source. */
  readonly pipelines: Map<string, GPUComputePipeline>;
  readonly layouts: Map<number, GPUPipelineLayout>;
  readonly kernelLimits: KernelLimits;
  /** Throws what has gone wrong on the device since it was opened. */
  readonly check: () => void;
  readonly lost: Promise<unknown>;
  /** Held, for what came from it ends with it. */
  readonly origin: readonly unknown[];
}

export const usage = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;

export const installWebgpu = "npm install webgpu";

const limits = ["maxStorageBufferBindingSize", "maxBufferSize"] as const;

/** The most buffers of values: devices offer eight at least. */
export const mostBuffers = 8;

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
}

/**
 * Opens a device of its own.
 *
 * @throws ElbowError `engine-unavailable`
 */
export async function openGpu({ dawn = [], mostOperations }: GpuOptions = {}): Promise<Gpu> {
  const gpu = await findGpu(dawn);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) throw unavailable("webgpu", "no GPU was found; it needs a driver for Vulkan, Metal or Direct3D 12");
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits });
  const counters: Counters = {
    buffers: 0,
    bytes: 0,
    pipelines: 0,
    dispatches: 0,
    submits: 0,
    reads: 0,
    hostEvaluations: 0,
  };
  let failure: ElbowError | undefined;
  device.lost.then(({ message, reason }) => {
    failure = new ElbowError("device-lost", {
      message: `the GPU was lost (${message || reason})`,
      hint: 'What was computed before is kept in checkpoints: continue from the last one; engineByName("webgpu") opens the GPU anew.',
    });
  });
  device.addEventListener("uncapturederror", (event) => {
    const { error } = event as GPUUncapturedErrorEvent;
    const isMemory = error.constructor.name === "GPUOutOfMemoryError";
    failure ??= isMemory
      ? outOfMemory(counters.bytes)
      : new ElbowError("engine-failed", { message: `the GPU refused a command: ${error.message}` });
  });
  return {
    device,
    counters,
    pipelines: new Map(),
    layouts: new Map(),
    kernelLimits: { operations: mostOperations ?? (adapter.info.isFallbackAdapter ? 60 : 2500) },
    check: () => {
      if (failure) throw failure;
    },
    lost: device.lost,
    origin: [gpu, adapter],
  };
}

const outOfMemory = (bytes: number): ElbowError =>
  new ElbowError("out-of-memory", {
    message: `the GPU has no memory left\n  held by programs: ${formatBytes(bytes)}`,
    hint: "Dispose executables that are no longer used, or use smaller batches.",
  });

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
