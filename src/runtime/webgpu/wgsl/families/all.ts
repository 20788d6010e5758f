// Functions that are written for single precision and have derivatives of every order, by name.

import { besselMoments } from "./besselMoments.js";
import { binomialEntropy } from "./binomialEntropy.js";
import { ofFloats, type Source } from "./calls.js";
import { circular } from "./circular.js";
import { countQuantiles } from "./countQuantiles.js";
import { countWalks } from "./countWalks.js";
import { gammaShapeParts } from "./gammaShapeParts.js";
import { incompleteBeta } from "./incompleteBeta.js";
import { incompleteGamma } from "./incompleteGamma.js";
import { jets } from "./jets.js";
import { lambertw } from "./lambertw.js";
import { lgammaCurvature } from "./lgammaCurvature.js";
import { millsCumulants } from "./millsCumulants.js";
import { negativeBinomialEntropy } from "./negativeBinomialEntropy.js";
import { poissonEntropy } from "./poissonEntropy.js";
import { polygammaDifference } from "./polygammaDifference.js";
import { quadrature } from "./quadrature.js";
import { quantiles } from "./quantiles.js";
import { sphere } from "./sphere.js";
import { stirling } from "./stirling.js";
import { studentT } from "./studentT.js";
import { truncatedNormal } from "./truncatedNormal.js";
import { vonMises } from "./vonMises.js";

const families: Readonly<Record<string, Source>> = {
  ...jets,
  ...stirling,
  ...incompleteGamma,
  ...incompleteBeta,
  ...quantiles,
  ...studentT,
  ...lambertw,
  ...lgammaCurvature,
  ...gammaShapeParts,
  ...quadrature,
  ...truncatedNormal,
  ...circular,
  ...vonMises,
  ...sphere,
  ...besselMoments,
  ...millsCumulants,
  ...polygammaDifference,
  ...countQuantiles,
  ...countWalks,
  ...poissonEntropy,
  ...binomialEntropy,
  ...negativeBinomialEntropy,
};

const written = new Map<string, string | undefined>();

function write(name: string): string | undefined {
  const primitive = /^of_(.*)$/.exec(name)?.[1];
  if (primitive) return ofFloats(primitive, ["deviance", "betaln", "digammaDifference"].includes(primitive) ? 2 : 1);
  const [, base, orders] = /^(.*?)((?:_\d+)*)$/.exec(name)!;
  return families[base!]?.(...orders!.split("_").slice(1).map(Number));
}

/** A function of a family, as WGSL: `name_1_0` is one differentiated once in its first parameter. */
export function familyFunction(name: string): string | undefined {
  if (!written.has(name)) written.set(name, write(name));
  return written.get(name);
}
