// The gamma function in normalising constants of several dimensions.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor } from "../ir/lifted.js";
import { deviance, digamma, lgamma, stirlingError } from "../ops/special.js";
import { range } from "../util/shapes.js";

/**
 * log Γ(h + t)/Γ(h) − t log h = (t − ½) log(1 + t/h) − D(h, h + t) + δ(h + t) − δ(h) for a number t ≥ 0, the deviance
 * D(x, m) = x log(x/m) + m − x and Stirling's error δ: for large h no difference of large numbers.
 */
export function logGammaRatio(h: Tensor, t: number): Tensor {
  const sum = tf.add(h, t);
  const growth = tf.mul(t - 0.5, tf.log1p(tf.div(asTensor(t), h)));
  return tf.add(tf.sub(growth, deviance(h, sum)), tf.sub(stirlingError(sum), stirlingError(h)));
}

/** log Γₚ(a) = ¼p(p − 1) log π + Σ log Γ(a − ½j) for j = 0 … p − 1, a > ½(p − 1) */
export const logMultivariateGamma = (a: Tensor, p: number): Tensor =>
  range(p).reduce<Tensor>(
    (sum, j) => tf.add(sum, lgamma(tf.sub(a, 0.5 * j))),
    asTensor(0.25 * p * (p - 1) * Math.log(Math.PI)),
  );

/** d log Γₚ(a)/da = Σ ψ(a − ½j) */
export const multivariateDigamma = (a: Tensor, p: number): Tensor =>
  range(p)
    .map((j) => digamma(tf.sub(a, 0.5 * j)))
    .reduce((sum, each) => tf.add(sum, each));
