// How long a step will take on an engine: arithmetic and memory by what the machine was measured to do, plus what is fixed.
import { bandwidthFor, type Ceilings } from "../wasm/ceilings.js";
import { expFlops, totalFlops } from "../wasm/cost.js";
import type { StepCost } from "./stepCost.js";

/** What a GPU can do, as small kernels of the engine `webgpu` see it. */
export interface GpuRates {
  /** Microseconds that a kernel takes which has next to nothing to do. */
  readonly launchMicroseconds: number;
  /** Reading and writing large arrays, taken together. */
  readonly gigabytesPerSecond: number;
  /** A product of large matrices, GFLOP/s with two per multiply-add. */
  readonly multiplyAdd: number;
}

/** What a core of a present-day machine does: enough to tell small steps from large ones without measuring. */
export const typicalCeilings: Ceilings = {
  matMul: 50,
  multiplyAdd: 40,
  exp: 1,
  bandwidth: [{ bytes: 2 ** 26, gigabytesPerSecond: 15 }],
  callNanoseconds: 100,
  hasFma: false,
};

/** Microseconds on the engine `wasm`; threads share arithmetic, not memory. */
export function predictWasm({ flops, bytes }: StepCost, ceilings: Ceilings, threads: number): number {
  // flops and bytes per nanosecond
  const arithmetic =
    flops.product / ceilings.matMul + flops.function / (expFlops * ceilings.exp) + flops.plain / ceilings.multiplyAdd;
  return Math.max(arithmetic / threads, bytes / bandwidthFor(ceilings, bytes)) / 1000;
}

/**
 * Microseconds on the engine `webgpu`.
 *
 * @param kernels - of a step. Rounds of loops count as kernels, though the engine may put a loop into one: what a single
 *   workgroup does in turn is slow, too.
 */
export const predictGpu = ({ flops, bytes, rounds }: StepCost, kernels: number, rates: GpuRates): number =>
  Math.max(kernels, rounds) * rates.launchMicroseconds +
  Math.max(totalFlops(flops) / rates.multiplyAdd, bytes / rates.gigabytesPerSecond) / 1000;
