import { argReductionKernels } from "./argReductions.js";
import { cholesky } from "./cholesky.js";
import { convolutionKernels } from "./convolution.js";
import { copyingKernels } from "./copying.js";
import { cumulativeKernels } from "./cumulative.js";
import { indexingKernels } from "./indexing.js";
import type { Kernel } from "./kernel.js";
import { matMul } from "./matMul.js";
import { poissonQuantile } from "./poissonQuantile.js";
import { sortingKernels } from "./sorting.js";
import { triangularSolve } from "./triangularSolve.js";

/** The kernels of all operations that are neither elementwise nor reductions, by the names of the primitives. */
export const libraryKernels: Readonly<Record<string, Kernel>> = {
  ...argReductionKernels,
  ...convolutionKernels,
  ...copyingKernels,
  ...cumulativeKernels,
  ...indexingKernels,
  ...sortingKernels,
  cholesky,
  matMul,
  poissonQuantile,
  triangularSolve,
};
