// Special functions for tfjs backends, which have no kernels: as compositions of tfjs operations, to single precision.
import * as tf from "@tensorflow/tfjs-core";
import { centre, tails } from "../../util/special/erfinv.js";
import { excessSeries } from "../../util/special/millsCumulant.js";
import { horner } from "./polynomialKernel.js";

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
