import type { Kernel } from "./kernel.js";
import { libraryKernels } from "./libraryKernels.js";
import { logSumExp } from "./logSumExp.js";
import { randomKernels } from "./random.js";
import { reduction } from "./reductions.js";

const reductions = ["reduceSum", "reduceProd", "reduceMax", "reduceMin", "reduceAny", "reduceAll"];

/** Kernels by name of primitive: everything that is not elementwise. */
export const kernels: Readonly<Record<string, Kernel>> = {
  ...libraryKernels,
  ...randomKernels,
  ...Object.fromEntries(reductions.map((name) => [name, reduction(name)])),
  logSumExp,
};
