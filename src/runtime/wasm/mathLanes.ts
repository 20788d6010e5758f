import type { Lanes4 } from "./lanes4.js";
import { besselRatio, i0e, i1e, logBesselI0e, logI0 } from "./math/bessel.js";
import { betaln, digammaDifference } from "./math/betaln.js";
import { digamma } from "./math/digamma.js";
import { erf } from "./math/erf.js";
import { erfinv } from "./math/erfinv.js";
import { exp } from "./math/exp.js";
import { expm1 } from "./math/expm1.js";
import { guarded } from "./math/guarded.js";
import { cosh, sinh, tanh } from "./math/hyperbolic.js";
import { acosh, asinh, atanh } from "./math/inverseHyperbolic.js";
import { acos, asin, atan, atan2 } from "./math/inverseTrigonometric.js";
import { lgamma } from "./math/lgamma.js";
import { log } from "./math/log.js";
import { log1p } from "./math/log1p.js";
import { floorDiv, floorDivI32, mod, modI32 } from "./math/mod.js";
import { ndtri } from "./math/normalQuantile.js";
import { erfc, inverseMills, logNdtr, millsExcess, ndtr } from "./math/normalTail.js";
import { polygamma } from "./math/polygamma.js";
import { pow } from "./math/pow.js";
import { sigmoid, softplus } from "./math/sigmoid.js";
import { rsqrt, sqrt } from "./math/sqrt.js";
import { deviance, digammaRemainder, stirlingError } from "./math/stirling.js";
import { cos, sin, tan } from "./math/trigonometric.js";
import type { Binary, Unary } from "./math/vector.js";

const ofOne: Readonly<Record<string, Unary>> = {
  exp,
  expm1,
  log,
  log1p,
  sqrt,
  rsqrt,
  sigmoid,
  softplus,
  tanh,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  erf,
  erfc,
  erfinv,
  lgamma,
  digamma,
  ndtr,
  ndtri,
  logNdtr,
  inverseMills,
  millsExcess,
  i0e,
  i1e,
  besselRatio,
  logI0,
  logBesselI0e,
  stirlingError,
  digammaRemainder,
};
const ofTwo: Readonly<Record<string, Binary>> = { atan2, pow, deviance, betaln, digammaDifference };

/** The functions of src/runtime/wasm/math as lane rules, by name of primitive. */
export const mathLanes: Readonly<Record<string, Lanes4>> = {
  ...Object.fromEntries(
    Object.entries(ofOne).map(([name, f]): [string, Lanes4] => [name, ({ fn, x: [x] }) => f(fn, x!)]),
  ),
  ...Object.fromEntries(
    Object.entries(guarded).map(([name, f]): [string, Lanes4] => [
      name,
      ({ fn, x: [x], guard }) => (guard ? f(fn, fn.let(x!), guard) : ofOne[name]!(fn, x!)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(ofTwo).map(([name, f]): [string, Lanes4] => [name, ({ fn, x: [x, y] }) => f(fn, x!, y!)]),
  ),
  polygamma: ({ fn, x: [x], attributes }) => polygamma(attributes.n)(fn, x!),
  floorDiv: ({ fn, x: [x, y], to }) => (to === "int32" ? floorDivI32 : floorDiv)(fn, x!, y!),
  mod: ({ fn, x: [x, y], to }) => (to === "int32" ? modI32 : mod)(fn, x!, y!),
};
