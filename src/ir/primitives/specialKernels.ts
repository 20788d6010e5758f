// Special functions for tfjs backends, which have no kernels: as compositions of tfjs operations, to single precision.
import * as tf from "@tensorflow/tfjs-core";
import { range } from "../../util/shapes.js";
import { centre, tails } from "../../util/special/erfinv.js";
import { eulerMaclaurin } from "../../util/special/hurwitzZeta.js";
import { excessSeries } from "../../util/special/millsCumulant.js";
import { cotangentPolynomial, factorial } from "../../util/special/polygamma.js";

/** Backends whose tensors lie in memory that JavaScript reads at once. */
const inMemory = ["cpu", "wasm", "tensorflow"];

/**
 * The double-precision function, element by element, where that costs no more than the many passes of a composition: single
 * precision loses the zeros of log Γ and the tails of the normal distribution. On graphics processors, the composition.
 */
export const exactInMemory =
  (evaluate: (x: number) => number, composition: (x: tf.Tensor) => tf.Tensor) =>
  (x: tf.Tensor): tf.Tensor =>
    inMemory.includes(tf.getBackend())
      ? tf.tensor(Float32Array.from(x.dataSync(), evaluate), x.shape, "float32")
      : composition(x);

const { add, div, exp, log, mul, neg, sub, where } = tf;

/** Polynomial, highest power first. */
const horner = (coefficients: readonly number[], x: tf.Tensor): tf.Tensor =>
  coefficients.reduce<tf.Tensor>((sum, each, i) => (i === 0 ? tf.fill(x.shape, each) : add(mul(sum, x), each)), x);

/** How far arguments are moved up before an asymptotic series is used. */
const steps = 8;

/** The fractional part nearest to zero, so that periodic functions lose nothing for large x. */
const fraction = (x: tf.Tensor): tf.Tensor => sub(x, tf.round(x));

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

/** log Γ for x > 0: Stirling at x + 8, minus log x(x + 1)…(x + 7); no shift from 8 on. */
function positiveLgamma(x: tf.Tensor): tf.Tensor {
  const isSmall = tf.less(x, steps);
  const z = where(isSmall, add(x, steps), x);
  const inverse = tf.reciprocal(z);
  const series = mul(inverse, sub(1 / 12, mul(tf.square(inverse), 1 / 360)));
  const stirling = add(add(sub(mul(sub(z, 0.5), sub(log(z), 1)), 0.5), 0.5 * Math.log(2 * Math.PI)), series);
  const small = where(isSmall, x, tf.onesLike(x));
  const product = range(steps).reduce<tf.Tensor>((total, k) => mul(total, add(small, k)), tf.onesLike(x));
  return where(isSmall, sub(stirling, log(product)), stirling);
}

export const lgamma = (x: tf.Tensor): tf.Tensor =>
  reflected(x, positiveLgamma, (value, at) => {
    const sine = tf.abs(tf.sin(mul(fraction(at), Math.PI)));
    return sub(sub(Math.log(Math.PI), log(sine)), value);
  });

/** ψ for x > 0: the asymptotic series at x + 8, minus Σ 1/(x + k). */
function positiveDigamma(x: tf.Tensor): tf.Tensor {
  const z = add(x, steps);
  const inverse = tf.reciprocal(z);
  const squared = tf.square(inverse);
  const series = mul(squared, sub(1 / 12, mul(squared, sub(1 / 120, mul(squared, 1 / 252)))));
  const asymptotic = sub(sub(log(z), mul(inverse, 0.5)), series);
  return range(steps).reduceRight<tf.Tensor>((sum, k) => sub(sum, tf.reciprocal(add(x, k))), asymptotic);
}

const cotangent = (x: tf.Tensor): tf.Tensor => tf.reciprocal(tf.tan(mul(fraction(x), Math.PI)));

export const digamma = (x: tf.Tensor): tf.Tensor =>
  reflected(x, positiveDigamma, (value, at) => sub(value, mul(cotangent(at), Math.PI)));

/** n!·ζ(n + 1, x) for x > 0: terms up to x + 8, then Euler–Maclaurin. */
function positiveZeta(n: number, x: tf.Tensor): tf.Tensor {
  const inverse = tf.reciprocal(add(x, steps));
  const power = tf.pow(inverse, n);
  const squared = tf.square(inverse);
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

export function polygamma(n: number, x: tf.Tensor): tf.Tensor {
  const sign = (-1) ** (n + 1);
  return reflected(
    x,
    (at) => mul(positiveZeta(n, at), sign),
    (value, at) => sub(mul(value, -sign), mul(horner(cotangentPolynomial(n).toReversed(), cotangent(at)), Math.PI)),
  );
}

/** Coefficients, highest power first, of log(erfc(z)·e^{z²}/t) in t = 1/(1 + z/2) (Numerical Recipes, "erfcc"). */
const tailCoefficients = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  -1.26551223,
];

/** log erfc z + z² for z ≥ 0, to 1.2e−7. */
function logScaledTail(z: tf.Tensor): tf.Tensor {
  const t = tf.reciprocal(add(mul(z, 0.5), 1));
  return add(log(t), horner(tailCoefficients, t));
}

export function erfc(x: tf.Tensor): tf.Tensor {
  const size = tf.abs(x);
  const tail = exp(sub(logScaledTail(size), tf.square(size)));
  return where(tf.less(x, 0), sub(2, tail), tail);
}

export function logNdtr(x: tf.Tensor): tf.Tensor {
  const z = mul(tf.abs(x), Math.SQRT1_2);
  const logTail = sub(sub(logScaledTail(z), mul(tf.square(x), 0.5)), Math.LN2);
  return where(tf.greater(x, 0), tf.log1p(neg(exp(logTail))), logTail);
}

export function inverseMills(x: tf.Tensor): tf.Tensor {
  const z = mul(tf.abs(x), Math.SQRT1_2);
  const density = exp(mul(tf.square(x), -0.5));
  const above = div(mul(density, 1 / Math.sqrt(2 * Math.PI)), sub(1, mul(erfc(z), 0.5)));
  return where(tf.greater(x, 0), above, mul(exp(neg(logScaledTail(z))), Math.sqrt(2 / Math.PI)));
}

export function millsExcess(x: tf.Tensor): tf.Tensor {
  const a = tf.maximum(neg(x), 0.5);
  const q = sub(1, div(6, add(a, 3)));
  const below = div(horner(excessSeries.toReversed(), q), add(a, 2));
  return where(tf.greater(x, -0.5), add(x, inverseMills(x)), below);
}

export function erfinv(y: tf.Tensor): tf.Tensor {
  const w = neg(log(mul(sub(1, y), add(1, y))));
  const near = horner(centre, sub(tf.minimum(w, 5), 2.5));
  const far = horner(tails, sub(tf.sqrt(tf.maximum(w, 5)), 3));
  const inside = mul(y, where(tf.less(w, 5), near, far));
  return where(tf.equal(tf.abs(y), 1), div(y, sub(1, tf.abs(y))), inside);
}
