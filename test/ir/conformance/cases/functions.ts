// Exponential, trigonometric and special functions.
import fc from "fast-check";
import * as bessel from "../../../../src/ir/primitives/bessel.js";
import * as betaln from "../../../../src/ir/primitives/betaln.js";
import * as exponential from "../../../../src/ir/primitives/exponential.js";
import { lambertw } from "../../../../src/ir/primitives/lambertw.js";
import * as special from "../../../../src/ir/primitives/special.js";
import * as trigonometric from "../../../../src/ir/primitives/trigonometric.js";
import { between, type Conformance, each, everywhere, offGrid, sometimes, withAttributes } from "../conformance.js";
import { one, two } from "./elementwise.js";

const loose = { tolerance: { absolute: 1e-5, relative: 1e-5 } };

/** Exact relative to the value also where that is tiny. */
const small = { tolerance: { absolute: 0, relative: 5e-6 } };

const exponentialCases: Conformance[] = [
  one(exponential.exp, between(-5, 3), loose),
  one(exponential.expm1, sometimes(2 ** -20, between(-5, 3)), small),
  one(exponential.log, between(0.25, 8)),
  one(exponential.log1p, sometimes(2 ** -20, between(-0.5, 8)), small),
  one(exponential.sqrt, between(0.25, 8)),
  one(exponential.rsqrt, between(0.25, 8)),
  one(exponential.sigmoid, between(-5, 5)),
  one(exponential.softplus, between(-5, 5)),
  one(exponential.tanh, between(-3, 3)),
  one(exponential.sinh, between(-3, 3), loose),
  one(exponential.cosh, between(-3, 3), loose),
  one(exponential.asinh, between(-3, 3)),
  one(exponential.acosh, between(1.25, 4)),
  one(exponential.atanh, between(-0.75, 0.75)),
];

const trigonometricCases: Conformance[] = [
  one(trigonometric.sin, between(-3, 3)),
  one(trigonometric.cos, between(-3, 3)),
  one(trigonometric.tan, between(-1.25, 1.25), loose),
  one(trigonometric.asin, between(-0.75, 0.75)),
  one(trigonometric.acos, between(-0.75, 0.75)),
  one(trigonometric.atan, between(-3, 3)),
  two(trigonometric.atan2, sometimes(0, between(-3, 3)), { smooth: each(between(-3, 3), between(0.5, 3)) }),
];

const negative = offGrid(-3, -1);

const specialCases: Conformance[] = [
  one(special.lgamma, sometimes(-1.375, between(0.25, 12)), { tolerance: { absolute: 1e-5, relative: 2e-6 } }),
  one(special.lgamma, between(12, 500), { tolerance: { absolute: 1e-5, relative: 2e-6 } }),
  one(special.lgamma, negative, { tolerance: { absolute: 1e-5, relative: 2e-6 } }),
  one(special.digamma, between(0.25, 12), loose),
  one(special.digamma, negative, loose),
  {
    primitive: special.polygamma.primitive,
    signature: withAttributes(() => fc.integer({ min: 1, max: 4 }).map((n) => ({ n }))),
    domains: everywhere(between(0.5, 8)),
    ...loose,
  },
  {
    primitive: special.polygamma.primitive,
    signature: withAttributes(() => fc.integer({ min: 1, max: 2 }).map((n) => ({ n }))),
    domains: everywhere(offGrid(-3, 0)),
    order: 1,
    tolerance: { absolute: 1e-3, relative: 1e-4 },
  },
  one(special.erf, between(-3, 3)),
  one(special.erfc, between(-3, 5)),
  one(special.erfinv, between(-0.75, 0.75)),
  one(special.logNdtr, between(-8, 4)),
  one(special.inverseMills, between(-8, 4), loose),
  one(special.millsExcess, between(-8, 4), loose),
  one(special.ndtr, between(-8, 5), small),
  one(special.ndtri, between(0.0625, 0.9375), loose),
  one(bessel.i0e, offGrid(-30, 30)),
  one(bessel.i1e, offGrid(-30, 30), loose),
  one(bessel.besselRatio, between(-30, 30), loose),
  one(bessel.logI0, between(-30, 30), small),
  one(lambertw, between(-0.25, 30), loose),
  two(betaln.betaln, between(0.25, 40), loose),
  two(betaln.digammaDifference, between(0.25, 40), small),
];

export const functionCases: readonly Conformance[] = [...exponentialCases, ...trigonometricCases, ...specialCases];
