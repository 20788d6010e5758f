import type { Primitive } from "../primitive.js";
import * as arithmetic from "./arithmetic.js";
import * as axes from "./axes.js";
import * as bessel from "./bessel.js";
import * as betaln from "./betaln.js";
import * as checked from "./checked.js";
import * as cholesky from "./cholesky.js";
import * as comparison from "./comparison.js";
import * as convolution from "./convolution.js";
import * as countEntropies from "./countEntropies.js";
import * as countQuantiles from "./countQuantiles.js";
import * as cumulative from "./cumulative.js";
import * as deviance from "./deviance.js";
import * as diagonals from "./diagonals.js";
import * as elementwise from "./elementwise.js";
import * as exponential from "./exponential.js";
import * as gammaShapeParts from "./gammaShapeParts.js";
import * as incomplete from "./incomplete.js";
import * as indexing from "./indexing.js";
import * as joining from "./joining.js";
import * as lambertw from "./lambertw.js";
import * as leaf from "./leaf.js";
import * as lgammaCurvature from "./lgammaCurvature.js";
import * as logSumExp from "./logSumExp.js";
import * as marks from "./marks.js";
import * as matMul from "./matMul.js";
import * as poissonQuantile from "./poissonQuantile.js";
import * as power from "./power.js";
import * as quantiles from "./quantiles.js";
import * as random from "./random.js";
import * as reductions from "./reductions.js";
import * as rounding from "./rounding.js";
import * as samplers from "./samplers.js";
import * as slicing from "./slicing.js";
import * as sorting from "./sorting.js";
import * as special from "./special.js";
import * as triangularSolve from "./triangularSolve.js";
import * as trigonometric from "./trigonometric.js";
import * as truncatedNormal from "./truncatedNormal.js";
import * as vonMises from "./vonMises.js";
import * as vonMisesFisher from "./vonMisesFisher.js";
import * as weakProduct from "./weakProduct.js";

/** The files of primitives. A new family is added here and nowhere else. */
const families: readonly object[] = [
  arithmetic,
  axes,
  bessel,
  betaln,
  cholesky,
  comparison,
  convolution,
  countEntropies,
  countQuantiles,
  cumulative,
  deviance,
  diagonals,
  elementwise,
  exponential,
  gammaShapeParts,
  incomplete,
  indexing,
  joining,
  lambertw,
  leaf,
  lgammaCurvature,
  logSumExp,
  checked,
  marks,
  matMul,
  poissonQuantile,
  power,
  quantiles,
  random,
  reductions,
  rounding,
  samplers,
  slicing,
  sorting,
  special,
  triangularSolve,
  trigonometric,
  truncatedNormal,
  vonMises,
  vonMisesFisher,
  weakProduct,
];

const primitiveOf = (emitter: unknown): Primitive[] =>
  typeof emitter === "function" && "primitive" in emitter ? [emitter.primitive as Primitive] : [];

/** Every primitive of the IR: those that the families' emitters carry. */
export const allPrimitives: readonly Primitive[] = families.flatMap((family) =>
  Object.values(family).flatMap(primitiveOf),
);
