// Convex functions f of u = p/q with f(1) = 0, as functions of log u, for fDivergence. Names and forms as in
// TensorFlow Probability's tfp.vi, which leaves some of them without the constant that makes f(1) = 0.

import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { asTensor } from "../../ir/lifted.js";
import { expm1, softplus } from "../../ops/special.js";
import { checkFunction } from "../../util/expected.js";
import type { CsiszarFunction } from "./fDivergence.js";

/** A function of log u, whose errors name it. */
const named =
  (name: string, f: CsiszarFunction): CsiszarFunction =>
  (l) =>
    f(asTensor(l, "float32", `${name}: log u`));

/**
 * u^α-divergence of Amari: (u^α − 1)/(α(α − 1)); −log u for α = 0, u log u for α = 1.
 *
 * @throws ElbowError "option" unless α is a finite number
 */
export function amariAlpha(alpha: number): CsiszarFunction {
  if (!Number.isFinite(alpha))
    throw new ElbowError("option", {
      message: `amariAlpha: alpha must be a finite number, not ${alpha}`,
      hint: "Write amariAlpha(0.5), for example.",
    });
  if (alpha === 0) return klReverse;
  if (alpha === 1) return klForward;
  return named("amariAlpha", (l) => tf.div(expm1(tf.mul(alpha, l)), alpha * (alpha - 1)));
}

/** −log u: KL(q‖p). For an unnormalised p it is the negative ELBO. */
export const klReverse = named("klReverse", (l) => tf.neg(l));

/** u log u: KL(p‖q). */
export const klForward = named("klForward", (l) => tf.mul(tf.exp(l), l));

/** ½(u − 1) log u: half of KL(q‖p) + KL(p‖q). */
export const jeffreys = named("jeffreys", (l) => tf.mul(0.5, tf.mul(expm1(l), l)));

/** u log u − (1 + u) log ((1 + u)/2): KL(p‖m) + KL(q‖m) with m = (p + q)/2. */
export const jensenShannon = named("jensenShannon", (l) =>
  tf.sub(tf.mul(tf.exp(l), l), tf.mul(tf.add(1, tf.exp(l)), tf.sub(softplus(l), Math.LN2))),
);

/** (1 + u) log ((1 + u)/(2√u)): KL(m‖p) + KL(m‖q) with m = (p + q)/2. */
export const arithmeticGeometric = named("arithmeticGeometric", (l) =>
  tf.mul(tf.add(1, tf.exp(l)), tf.sub(tf.sub(softplus(l), tf.mul(0.5, l)), Math.LN2)),
);

/** ½|u − 1|: the total variation distance. */
export const totalVariation = named("totalVariation", (l) => tf.mul(0.5, tf.abs(expm1(l))));

/** (u − 1)²: χ²(p‖q), of Pearson. */
export const pearson = named("pearson", (l) => tf.square(expm1(l)));

/** u² − 1: the same χ²(p‖q), with other variance of its estimate. */
export const chiSquare = named("chiSquare", (l) => expm1(tf.mul(2, l)));

/** (√u − 1)²: the squared Hellinger distance, ∫ (√p − √q)². */
export const squaredHellinger = named("squaredHellinger", (l) => tf.square(expm1(tf.mul(0.5, l))));

/** (u − 1)²/(1 + u): the triangular discrimination. */
export const triangular = named("triangular", (l) => tf.div(tf.square(expm1(l)), tf.add(1, tf.exp(l))));

/**
 * u^t-power: s·(u^t − 1) with s = −1 for 0 < t < 1 and 1 elsewhere.
 *
 * @throws ElbowError "option" unless t is a finite number
 */
export function tPower(t: number): CsiszarFunction {
  if (!Number.isFinite(t))
    throw new ElbowError("option", {
      message: `tPower: t must be a finite number, not ${t}`,
      hint: "Write tPower(2), for example.",
    });
  const sign = t > 0 && t < 1 ? -1 : 1;
  return named("tPower", (l) => tf.mul(sign, expm1(tf.mul(t, l))));
}

/** max(u, 1/u) − 1. */
export const log1pAbs = named("log1pAbs", (l) => expm1(tf.abs(l)));

/** log ((1 + u)/(2u)) + ½(u − 1): of modified generative adversarial networks. */
export const modifiedGan = named("modifiedGan", (l) =>
  tf.add(tf.sub(tf.sub(softplus(l), l), Math.LN2), tf.mul(0.5, expm1(l))),
);

/** u·f(1/u): the divergence with p and q exchanged, D_f(q‖p). */
export function dual(f: CsiszarFunction): CsiszarFunction {
  checkFunction("dual", "f", f, "Write dual(csiszar.pearson), for example.");
  return named("dual", (l) => tf.mul(tf.exp(l), f(tf.neg(l))));
}

/** ½(f(u) + u·f(1/u)): the mean of both directions. */
export function symmetrized(f: CsiszarFunction): CsiszarFunction {
  checkFunction("symmetrized", "f", f, "Write symmetrized(csiszar.pearson), for example.");
  return named("symmetrized", (l) => tf.mul(0.5, tf.add(f(l), dual(f)(l))));
}
