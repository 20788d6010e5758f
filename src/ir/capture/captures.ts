import { activationCaptures } from "./activations.js";
import type { Captures } from "./capture.js";
import { convolutionCaptures } from "./convolutions.js";
import { elementwiseCaptures } from "./elementwise.js";
import { imageCaptures } from "./images.js";
import { indexingCaptures } from "./indexing.js";
import { matrixCaptures } from "./matrices.js";
import { reductionCaptures } from "./reductions.js";
import { shapeCaptures } from "./shapes.js";

/** The tfjs kernels that can stand in a program, by tfjs's names. */
export const captures: Captures = {
  ...activationCaptures,
  ...convolutionCaptures,
  ...elementwiseCaptures,
  ...imageCaptures,
  ...indexingCaptures,
  ...matrixCaptures,
  ...reductionCaptures,
  ...shapeCaptures,
};
