// Densities in saddle-point form (Loader 2000): Stirling's formula for the gamma functions and the deviance for the powers,
// so that nothing cancels for large counts and shapes.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor } from "../ir/lifted.js";
import { deviance, stirlingError } from "../ops/special.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** log of xᵃe⁻ˣ/Γ(a + 1) for a > 0: −½ log 2πa − (the error of Stirling's formula) − (the deviance). */
export const logPoissonTerm = (a: Tensor, x: Tensor): Tensor =>
  tf.neg(tf.add(tf.add(tf.mul(0.5, tf.log(a)), asTensor(halfLogTwoPi)), tf.add(stirlingError(a), deviance(a, x))));

/** log of Γ(a + b + 1)/(Γ(a + 1)Γ(b + 1))·xᵃyᵇ for a, b > 0 and y = 1 − x. */
export function logBinomialTerm(a: Tensor, b: Tensor, x: Tensor, y: Tensor): Tensor {
  const n = tf.add(a, b);
  const stirling = tf.sub(stirlingError(n), tf.add(stirlingError(a), stirlingError(b)));
  const volume = tf.sub(tf.mul(0.5, tf.sub(tf.log(n), tf.add(tf.log(a), tf.log(b)))), asTensor(halfLogTwoPi));
  return tf.sub(tf.add(volume, stirling), tf.add(deviance(a, tf.mul(n, x)), deviance(b, tf.mul(n, y))));
}
