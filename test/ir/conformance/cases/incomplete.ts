// Incomplete gamma and beta functions, and draws that are functions of a key of their own.
import * as countEntropies from "../../../../src/ir/primitives/countEntropies.js";
import * as countQuantiles from "../../../../src/ir/primitives/countQuantiles.js";
import * as deviance from "../../../../src/ir/primitives/deviance.js";
import * as gammaShapeParts from "../../../../src/ir/primitives/gammaShapeParts.js";
import * as incomplete from "../../../../src/ir/primitives/incomplete.js";
import { lgammaCurvature } from "../../../../src/ir/primitives/lgammaCurvature.js";
import * as quantiles from "../../../../src/ir/primitives/quantiles.js";
import * as samplers from "../../../../src/ir/primitives/samplers.js";
import * as truncated from "../../../../src/ir/primitives/truncatedNormal.js";
import * as vonMises from "../../../../src/ir/primitives/vonMises.js";
import * as sphere from "../../../../src/ir/primitives/vonMisesFisher.js";
import type { DType, Primitive } from "../../../../src/ir/program.js";
import { between, type Conformance, type Domain, each, integers, plain, shapes } from "../conformance.js";
import { one, two } from "./elementwise.js";

/** Operands of one shape with dtypes of their own. */
const alike = (
  { primitive }: { primitive: Primitive },
  dtypes: readonly DType[],
  domains: readonly Domain[],
  options: Partial<Conformance> = {},
): Conformance => ({
  primitive,
  signature: plain(shapes().map((shape) => dtypes.map((dtype) => ({ shape, dtype })))),
  domains: each(...domains),
  ...options,
});

const shape = between(0.25, 6);
const loose = { tolerance: { absolute: 1e-5, relative: 1e-5 } };
const words = [integers(-(2 ** 31), 2 ** 31 - 1), integers(-(2 ** 31), 2 ** 31 - 1)] as const;
const keyed = ["int32", "int32", "float32"] as const;
const angular = ["float32", "float32", "int32"] as const;

export const incompleteCases: Conformance[] = [
  one(countEntropies.poissonEntropy, between(0.25, 12), loose),
  two(countEntropies.binomialEntropy, between(0, 1), {
    ...loose,
    domains: each(integers(1, 12), between(0.125, 0.875)),
    order: 0,
  }),
  two(countEntropies.binomialSurprise, between(0, 1), {
    ...loose,
    domains: each(integers(1, 12), between(0.125, 0.875)),
    order: 0,
  }),
  two(countEntropies.negativeBinomialEntropy, between(0.25, 4), loose),
  alike(
    countQuantiles.binomialQuantile,
    ["float32", "float32", "float32"],
    [between(1 / 64, 63 / 64), integers(0, 60), between(0, 1)],
    { order: 0 },
  ),
  alike(
    countQuantiles.negativeBinomialQuantile,
    ["float32", "float32", "float32"],
    [between(1 / 64, 63 / 64), shape, between(0, 20)],
    { order: 0 },
  ),
  two(deviance.deviance, shape, loose),
  two(deviance.deviance, between(900, 1100), loose),
  one(deviance.stirlingError, between(0.25, 40), loose),
  one(deviance.digammaRemainder, between(0.25, 40), loose),
  one(gammaShapeParts.gammaShapeMass, shape, { ...loose, order: 0 }),
  two(gammaShapeParts.logGammaShapeAbove, shape, { ...loose, domains: each(shape, between(0.125, 0.875)), order: 0 }),
  two(gammaShapeParts.logGammaShapeBelow, shape, { ...loose, domains: each(shape, between(0.125, 0.875)), order: 0 }),
  two(incomplete.gammainc, shape, loose),
  two(incomplete.gammaincc, shape, loose),
  alike(incomplete.betainc, ["float32", "float32", "float32"], [shape, shape, between(0.125, 0.875)], loose),
  two(incomplete.logGammaFlow, shape, { ...loose, domains: each(shape, between(-3, 2)) }),
  alike(samplers.logGammaDraw, keyed, [...words, shape], { order: 0 }),
  alike(samplers.vonMisesDraw, keyed, [...words, shape], { order: 0 }),
  alike(samplers.binomialDraw, [...keyed, "float32"], [...words, integers(0, 60), between(0, 1)], { order: 0 }),
  one(deviance.logCentralBinomial, between(0.125, 4), loose),
  alike(
    truncated.truncatedLogDensity,
    ["float32", "float32", "float32"],
    [between(-2, 2), between(-4, -0.5), between(0.5, 4)],
    loose,
  ),
  alike(
    truncated.truncatedQuantile,
    ["float32", "float32", "float32"],
    [between(0.25, 0.75), between(-4, -0.5), between(0.5, 4)],
    loose,
  ),
  two(truncated.truncatedMean, shape, { ...loose, domains: each(between(-4, -0.5), between(0.5, 4)) }),
  two(truncated.truncatedVariance, shape, { ...loose, domains: each(between(-4, -0.5), between(0.5, 4)) }),
  one(vonMises.logBesselI0e, shape, loose),
  two(vonMises.vonMisesRatio, shape, { ...loose, domains: each(shape, between(-3, 3)) }),
  two(vonMises.vonMisesPath, shape, { domains: each(between(-3, 3), shape), order: 0 }),
  alike(sphere.logSphereIntegral, ["float32", "int32"], [shape, integers(2, 6)], loose),
  alike(sphere.sphereShortfall, ["float32", "int32"], [shape, integers(2, 6)], loose),
  alike(sphere.sphereSpread, ["float32", "int32"], [shape, integers(2, 6)], loose),
  alike(sphere.sphereAngleRatio, angular, [shape, between(0.5, 2.5), integers(2, 6)], loose),
  alike(sphere.sphereAnglePath, angular, [between(0.5, 2.5), shape, integers(2, 6)], { order: 0 }),
  alike(sphere.sphereAngleDraw, [...keyed, "int32"], [...words, shape, integers(2, 6)], { order: 0 }),
  two(vonMises.vonMisesCdf, shape, { ...loose, domains: each(shape, between(-3, 3)) }),
  two(vonMises.vonMisesQuantile, shape, { ...loose, domains: each(between(0.125, 0.875), shape) }),
  one(vonMises.vonMisesVariance, shape, loose),
  alike(
    truncated.truncatedCdf,
    ["float32", "float32", "float32"],
    [between(-0.375, 0.375), between(-4, -0.5), between(0.5, 4)],
    loose,
  ),
  two(truncated.truncatedEntropy, shape, { ...loose, domains: each(between(-4, -0.5), between(0.5, 4)) }),
  two(quantiles.logGammaQuantile, shape, { ...loose, domains: each(between(0.125, 0.875), shape) }),
  two(quantiles.logGammaUpperQuantile, shape, { ...loose, domains: each(between(0.125, 0.875), shape) }),
  alike(quantiles.betaQuantile, ["float32", "float32", "float32"], [between(0.125, 0.875), shape, shape], loose),
  two(quantiles.studentTCdf, shape, { ...loose, domains: each(shape, between(-2, 2)) }),
  two(quantiles.studentTQuantile, shape, { ...loose, domains: each(between(0.125, 0.875), shape) }),
  two(lgammaCurvature, shape, loose),
  two(samplers.logGammaPath, shape, { domains: each(between(-3, 2), shape), order: 0 }),
];
