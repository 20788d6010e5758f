import type { Conformance } from "../conformance.js";
import { controlCases } from "./control.js";
import { elementwiseCases } from "./elementwise.js";
import { functionCases } from "./functions.js";
import { incompleteCases } from "./incomplete.js";
import { linearAlgebraCases } from "./linearAlgebra.js";
import { randomCases } from "./random.js";
import { structureCases } from "./structure.js";

/** Every primitive of `allPrimitives` has an entry here; several are allowed. */
export const cases: readonly Conformance[] = [
  ...elementwiseCases,
  ...functionCases,
  ...incompleteCases,
  ...structureCases,
  ...linearAlgebraCases,
  ...randomCases,
  ...controlCases,
];
