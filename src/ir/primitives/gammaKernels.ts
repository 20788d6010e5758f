// The gamma function's kin for tfjs backends, which have no kernels: as compositions of tfjs operations, to single precision.
import * as tf from "@tensorflow/tfjs-core";
import { range } from "../../util/shapes.js";
import { eulerMaclaurin } from "../../util/special/hurwitzZeta.js";
import { cotangentPolynomial, factorial } from "../../util/special/polygamma.js";
import { cosinePi, lgammaNearTwo, sinePi, stirlingTail } from "../../util/special/singlePrecision.js";
import { polynomial } from "./polynomialKernel.js";

const { add, div, log, mul, neg, square, sub, where } = tf;

const halfLogTwoPi = 0.9189385332046728;

/** The fractional part nearest to zero, so that periodic functions lose nothing for large x. */
const fraction = (x: tf.Tensor): tf.Tensor => sub(x, tf.round(x));

/** sin πf for |f| ≤ ½: a GPU's own sine need not be precise */
const sinPi = (f: tf.Tensor): tf.Tensor => mul(polynomial(square(f), sinePi), f);

/** cot πx */
function cotPi(x: tf.Tensor): tf.Tensor {
  const f = fraction(x);
  const cosine = mul(polynomial(square(f), cosinePi), mul(sub(0.5, f), add(0.5, f)));
  return div(cosine, sinPi(f));
}

/** log |Γ(x)| for x ≥ −½: by log Γ(2 + z) and the recurrence below 3, by Stirling's formula above. */
function lgammaMain(x: tf.Tensor): tf.Tensor {
  const isLarge = tf.greaterEqual(x, 3);
  const isNearZero = tf.less(x, 0.5);
  const isBelowOne = tf.less(x, 1);
  // z = x, x − 1 or x − 2; log Γ(x) = log Γ(2 + z) − log |x(x + 1)|, − log x or − 0
  const z = sub(x, sub(sub(2, tf.cast(isNearZero, "float32")), tf.cast(isBelowOne, "float32")));
  const small = mul(polynomial(z, lgammaNearTwo), mul(z, add(z, 1)));
  const product = where(isNearZero, tf.abs(mul(x, add(x, 1))), where(isBelowOne, x, tf.onesLike(x)));
  // one logarithm for all
  const logarithm = log(where(isLarge, x, product));
  const inverse = tf.reciprocal(x);
  const series = mul(polynomial(square(inverse), stirlingTail), inverse);
  // (x − ½)(log x − 1) − ½ + ½ log 2π + …: nothing cancels
  const above = add(mul(sub(x, 0.5), sub(logarithm, 1)), add(series, halfLogTwoPi - 0.5));
  return where(isLarge, above, sub(small, logarithm));
}

/** log |Γ(x)|; Γ(x)·Γ(−x) = −π/(x·sin πx) for x < −½ */
export function lgamma(x: tf.Tensor): tf.Tensor {
  const isReflected = tf.less(x, -0.5);
  const size = tf.abs(x);
  const main = lgammaMain(where(isReflected, size, x));
  const sine = tf.abs(sinPi(fraction(size)));
  return where(isReflected, sub(neg(log(mul(mul(size, 1 / Math.PI), sine))), main), main);
}

/** How far arguments are moved up before an asymptotic series is used. */
const steps = 8;

/** Uses `positive` where x > 0, and `reflect(value at 1 − x, x)` elsewhere. */
function reflected(
  x: tf.Tensor,
  positive: (x: tf.Tensor) => tf.Tensor,
  reflect: (value: tf.Tensor, x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const isPositive = tf.greater(x, 0);
  const value = positive(where(isPositive, x, sub(1, x)));
  return where(isPositive, value, reflect(value, x));
}

/** ψ for x > 0: the asymptotic series at x + 8, minus Σ 1/(x + k). */
function positiveDigamma(x: tf.Tensor): tf.Tensor {
  const z = add(x, steps);
  const inverse = tf.reciprocal(z);
  const squared = square(inverse);
  const series = mul(squared, sub(1 / 12, mul(squared, sub(1 / 120, mul(squared, 1 / 252)))));
  const asymptotic = sub(sub(log(z), mul(inverse, 0.5)), series);
  return range(steps).reduceRight<tf.Tensor>((sum, k) => sub(sum, tf.reciprocal(add(x, k))), asymptotic);
}

/** ψ(x) */
export const digamma = (x: tf.Tensor): tf.Tensor =>
  reflected(x, positiveDigamma, (value, at) => sub(value, mul(cotPi(at), Math.PI)));

/** n!·ζ(n + 1, x) for x > 0: terms up to x + 8, then Euler–Maclaurin. */
function positiveZeta(n: number, x: tf.Tensor): tf.Tensor {
  const inverse = tf.reciprocal(add(x, steps));
  const power = tf.pow(inverse, n);
  const squared = square(inverse);
  // (n − 1)!/zⁿ + n!/(2zⁿ⁺¹) + Σ B₂ₖ/(2k)!·(n + 2k − 1)!/zⁿ⁺²ᵏ
  let sum = mul(power, add(factorial(n - 1), mul(inverse, factorial(n) / 2)));
  let term = mul(power, squared);
  for (let k = 1; k <= 4; k++, term = mul(term, squared))
    sum = add(sum, mul(term, eulerMaclaurin[k - 1]! * factorial(n + 2 * k - 1)));
  return range(steps).reduceRight<tf.Tensor>(
    (total, k) => add(total, mul(tf.pow(tf.reciprocal(add(x, k)), n + 1), factorial(n))),
    sum,
  );
}

/** ψ⁽ⁿ⁾(x), n ≥ 1 */
export function polygamma(n: number, x: tf.Tensor): tf.Tensor {
  const sign = (-1) ** (n + 1);
  return reflected(
    x,
    (at) => mul(positiveZeta(n, at), sign),
    (value, at) => sub(mul(value, -sign), mul(polynomial(cotPi(at), cotangentPolynomial(n)), Math.PI)),
  );
}
