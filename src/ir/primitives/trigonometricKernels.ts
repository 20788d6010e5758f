// Trigonometric functions as compositions of tfjs operations, to single precision: GPUs' own are allowed to be coarse.
import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes } from "../../util/shapes.js";
import { atanTail, cosineTail, sineTail } from "../../util/special/singlePrecision.js";
import { polynomial } from "./polynomialKernel.js";

const { abs, add, div, equal, greater, less, mul, neg, sqrt, square, sub, where } = tf;

/** π/2 in three parts (Cody and Waite): small multiples of the first two are exact. */
const parts = [1.5703125, 4.837512969970703125e-4, 7.54978995489188216e-8];

/** |x| = q·π/2 + r with q modulo 4 and |r| ≤ π/4: r to 1e−7 for |x| < 10⁴. */
function reduced(x: tf.Tensor) {
  const count = tf.round(mul(x, 2 / Math.PI));
  const rest = parts.reduce<tf.Tensor>((before, part) => sub(before, mul(count, part)), x);
  // where nothing is known of the angle, what comes of it shall still be a sine
  const r = tf.clipByValue(rest, -Math.PI / 4, Math.PI / 4);
  const q = sub(count, mul(tf.floor(mul(count, 0.25)), 4));
  const squared = square(r);
  const sine = add(mul(mul(polynomial(squared, sineTail), squared), r), r);
  const quartic = mul(square(squared), polynomial(squared, cosineTail));
  const cosine = add(sub(quartic, mul(squared, 0.5)), 1);
  return { q, sine, cosine, isOdd: tf.logicalOr(equal(q, 1), equal(q, 3)) };
}

/** sin x */
export function sin(x: tf.Tensor): tf.Tensor {
  const { q, sine, cosine, isOdd } = reduced(x);
  const size = where(isOdd, cosine, sine);
  return where(greater(q, 1.5), neg(size), size);
}

/** cos x */
export function cos(x: tf.Tensor): tf.Tensor {
  const { q, sine, cosine, isOdd } = reduced(x);
  const size = where(isOdd, sine, cosine);
  return where(less(abs(sub(q, 1.5)), 1), neg(size), size);
}

/** tan x = sin r/cos r, or −cos r/sin r in odd quadrants */
export function tan(x: tf.Tensor): tf.Tensor {
  const { sine, cosine, isOdd } = reduced(x);
  return div(where(isOdd, neg(cosine), sine), where(isOdd, sine, cosine));
}

/** The angle of the point (x, y) in [−π, π] */
export function atan2(above: tf.Tensor, right: tf.Tensor): tf.Tensor {
  const shape = [...broadcastShapes(above.shape, right.shape)!];
  const [y, x] = [tf.broadcastTo(above, shape), tf.broadcastTo(right, shape)];
  const [tall, wide] = [abs(y), abs(x)];
  const isSteep = greater(tall, wide);
  const longer = where(isSteep, tall, wide);
  const shorter = where(isSteep, wide, tall);
  // 0/0 is to be 0, ∞/∞ is to be 1
  const divisor = where(equal(longer, 0), tf.onesLike(longer), longer);
  const slope = where(equal(shorter, divisor), tf.onesLike(longer), div(shorter, divisor));
  const squared = square(slope);
  const inner = add(mul(mul(polynomial(squared, atanTail), squared), slope), slope);
  const first = where(isSteep, sub(Math.PI / 2, inner), inner);
  const size = where(less(x, 0), sub(Math.PI, first), first);
  return where(less(y, 0), neg(size), size);
}

/** atan x */
export const atan = (x: tf.Tensor): tf.Tensor => atan2(x, tf.onesLike(x));

/** √(1 − x²) */
const complement = (x: tf.Tensor): tf.Tensor => sqrt(mul(sub(1, x), add(1, x)));

/** asin x */
export const asin = (x: tf.Tensor): tf.Tensor => atan2(x, complement(x));

/** acos x */
export const acos = (x: tf.Tensor): tf.Tensor => atan2(complement(x), x);
