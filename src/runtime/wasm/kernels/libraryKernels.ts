import { copyingKernels } from "./copying.js";
import type { Kernel } from "./kernel.js";
import { matMul } from "./matMul.js";

/** The kernels of all operations that are neither elementwise nor reductions, by the names of the primitives. */
export const libraryKernels: Readonly<Record<string, Kernel>> = {
  ...copyingKernels,
  matMul,
};
