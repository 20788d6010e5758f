// Special functions that tfjs lacks, or has without care for infinities.

import type { Tensor } from "@tensorflow/tfjs-core";
import { applyEmitter, asTensor, lifted, type TensorLike } from "../ir/lifted.js";
import { floatOnly } from "../ir/primitives/arithmetic.js";
import { expandAxes } from "../ir/primitives/axes.js";
import * as bessel from "../ir/primitives/bessel.js";
import * as beta from "../ir/primitives/betaln.js";
import { equal, logicalAnd, select } from "../ir/primitives/comparison.js";
import * as deviances from "../ir/primitives/deviance.js";
import { mul } from "../ir/primitives/elementwise.js";
import * as exponential from "../ir/primitives/exponential.js";
import * as incomplete from "../ir/primitives/incomplete.js";
import { lambertw as lambertwOf } from "../ir/primitives/lambertw.js";
import { logSumExp as reduceLogSumExp, logSoftmax as shiftedLogSoftmax } from "../ir/primitives/logSumExp.js";
import { stopGradient } from "../ir/primitives/marks.js";
import { normalAxis } from "../ir/primitives/slicing.js";
import * as special from "../ir/primitives/special.js";
import type { Variable } from "../ir/program.js";
import { checkArray, checkInteger } from "../util/expected.js";
import { range } from "../util/shapes.js";

/** log |Γ(x)| */
export const lgamma: (x: TensorLike) => Tensor = lifted(special.lgamma, "lgamma(x)");

/** ψ(x) = d log Γ(x)/dx */
export const digamma: (x: TensorLike) => Tensor = lifted(special.digamma, "digamma(x)");

/** ψ⁽ⁿ⁾(x), the n-th derivative of digamma, n ≥ 0. */
export function polygamma(n: number, x: TensorLike): Tensor {
  checkInteger("polygamma", "the order", n, 0);
  return lifted((v) => special.polygamma(n, v!), "polygamma(x)")(x);
}

/** ψ′(x), the derivative of digamma. */
export const trigamma: (x: TensorLike) => Tensor = lifted((x) => special.polygamma(1, x!), "trigamma(x)");

/** erf x = (2/√π)·∫₀ˣ e^{−t²} dt */
export const erf: (x: TensorLike) => Tensor = lifted(special.erf, "erf(x)");

/** erfc x = 1 − erf x, exact in the tail. */
export const erfc: (x: TensorLike) => Tensor = lifted(special.erfc, "erfc(x)");

/** erf⁻¹ y, −1 ≤ y ≤ 1; infinite at both ends. */
export const erfinv: (y: TensorLike) => Tensor = lifted(special.erfinv, "erfinv(y)");

/** log Φ(x), Φ the standard normal distribution function, exact in the lower tail. */
export const logNdtr: (x: TensorLike) => Tensor = lifted(special.logNdtr, "logNdtr(x)");

/** Φ(x), the standard normal distribution function, exact in the lower tail. */
export const ndtr: (x: TensorLike) => Tensor = lifted(special.ndtr, "ndtr(x)");

/** Φ⁻¹(p), the standard normal quantile, 0 ≤ p ≤ 1; infinite at both ends. */
export const ndtri: (p: TensorLike) => Tensor = lifted(special.ndtri, "ndtri(p)");

/** log B(a, b) = log Γ(a)Γ(b)/Γ(a + b) for a, b > 0, without cancellation for large arguments. */
export const betaln: (a: TensorLike, b: TensorLike) => Tensor = lifted((a, b) => beta.betaln(a!, b!), "betaln(a, b)");

/** e^{−|x|}·I₀(x), I₀ the modified Bessel function of order 0. */
export const i0e: (x: TensorLike) => Tensor = lifted(bessel.i0e, "i0e(x)");

/** e^{−|x|}·I₁(x), I₁ the modified Bessel function of order 1. */
export const i1e: (x: TensorLike) => Tensor = lifted(bessel.i1e, "i1e(x)");

/** log I₀(x), exact also near its zero at 0 and where I₀ overflows. */
export const logI0: (x: TensorLike) => Tensor = lifted(bessel.logI0, "logI0(x)");

/** W(x), the principal branch of Lambert's function: the w ≥ −1 of w·eʷ = x, for x ≥ −1/e. */
export const lambertw: (x: TensorLike) => Tensor = lifted(lambertwOf, "lambertw(x)");

/** P(a, x), the regularised lower incomplete gamma function: the probability that a gamma variable of shape a is below x. */
export const gammainc: (a: TensorLike, x: TensorLike) => Tensor = lifted(
  (a, x) => incomplete.gammainc(a!, x!),
  "gammainc(a, x)",
);

/** Q(a, x) = 1 − P(a, x), the regularised upper incomplete gamma function, exact in the upper tail. */
export const gammaincc: (a: TensorLike, x: TensorLike) => Tensor = lifted(
  (a, x) => incomplete.gammaincc(a!, x!),
  "gammaincc(a, x)",
);

/** I_x(a, b), the regularised incomplete beta function: the probability that a beta variable is below x. */
export const betainc: (a: TensorLike, b: TensorLike, x: TensorLike) => Tensor = lifted(
  (a, b, x) => incomplete.betainc(a!, b!, x!),
  "betainc(a, b, x)",
);

/** log(1 + x), exact also near 0. */
export const log1p: (x: TensorLike) => Tensor = lifted(exponential.log1p, "log1p(x)");

/** eˣ − 1, exact also near 0. */
export const expm1: (x: TensorLike) => Tensor = lifted(exponential.expm1, "expm1(x)");

/** log(1 + eˣ), without overflow. */
export const softplus: (x: TensorLike) => Tensor = lifted(exponential.softplus, "softplus(x)");

/** log σ(x) = −log(1 + e⁻ˣ), without overflow. */
export const logSigmoid: (x: TensorLike) => Tensor = lifted((x) => exponential.logSigmoid(x!), "logSigmoid(x)");

/** Whether x, a real, is at a point where a formula must be replaced by its limit: that makes no jump. */
function isAt(name: string, x: Variable, point: number): Variable {
  floatOnly(name)([x.dtype]);
  return equal(stopGradient(x), point);
}

/** log(eˣ + eʸ), also where one or both are −∞. */
export const logAddExp: (x: TensorLike, y: TensorLike) => Tensor = lifted((x, y) => {
  const isNothing = isAt("logAddExp", y!, Number.NEGATIVE_INFINITY);
  return select(isNothing, x!, exponential.logAddExp(x!, select(isNothing, 0, y!)));
}, "logAddExp(x, y)");

/** x·log y, and 0 for x = y = 0. */
export const xlogy: (x: TensorLike, y: TensorLike) => Tensor = lifted((x, y) => {
  const isZero = logicalAnd(isAt("xlogy", x!, 0), isAt("xlogy", y!, 0));
  return mul(x!, exponential.log(select(isZero, 1, y!)));
}, "xlogy(x, y)");

/** x·log(1 + y), and 0 for x = 0, y = −1. */
export const xlog1py: (x: TensorLike, y: TensorLike) => Tensor = lifted((x, y) => {
  const isZero = logicalAnd(isAt("xlog1py", x!, 0), isAt("xlog1py", y!, -1));
  return mul(x!, exponential.log1p(select(isZero, 0, y!)));
}, "xlog1py(x, y)");

/** x − log Σ eˣ over the last axis: as tf.logSoftmax, whose derivative goes through the maximum. */
export const logSoftmax: (x: TensorLike) => Tensor = lifted((x) => shiftedLogSoftmax(x!), "logSoftmax(x)");

/**
 * log Σ eˣ over axes, −∞ for a group of nothing but −∞ (where tf.logSumExp is NaN).
 *
 * @param axis - one or several axes; all of them unless stated
 * @param keepDims - keeps reduced axes with size 1
 */
export function logSumExp(x: TensorLike, axis?: number | readonly number[], keepDims = false): Tensor {
  const tensor = asTensor(x, "float32", "logSumExp: x");
  const listed = axis === undefined ? range(tensor.rank) : typeof axis === "number" ? [axis] : axis;
  if (axis !== undefined && typeof axis !== "number")
    checkArray("logSumExp", "the axis", axis, "Write one axis, -1 for the last one, or an array of axes.");
  const axes = listed.map((each) => normalAxis(each, tensor.rank));
  return applyEmitter(
    (v) => {
      const result = reduceLogSumExp(v!, axes);
      return [keepDims ? expandAxes(result, v!.shape, axes) : result];
    },
    [tensor],
  )[0]!;
}

/** x·log(x/m) + m − x ≥ 0, without cancellation near x = m; m for x = 0. */
export const deviance: (x: TensorLike, m: TensorLike) => Tensor = lifted(
  (x, m) => deviances.deviance(x!, m!),
  "deviance(x, m)",
);

/** log Γ(x + 1) less Stirling's formula (x + ½) log x − x + ½ log 2π, for x > 0. */
export const stirlingError: (x: TensorLike) => Tensor = lifted((x) => deviances.stirlingError(x!), "stirlingError(x)");
