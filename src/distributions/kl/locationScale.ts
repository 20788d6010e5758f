import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor } from "../../ir/lifted.js";
import { lgamma } from "../../ops/special.js";
import { logExcess } from "./excess.js";
import { type KlEntry, within } from "./rule.js";

const euler = 0.5772156649015329;

type Scaled = { readonly scale: Tensor };
type Located = Scaled & { readonly loc: Tensor };

/** ½(r² − 1 − log r²) + ½d² for r = s_p/s_q, d = (m_p − m_q)/s_q */
const normal = (p: Located, q: Located): Tensor =>
  tf.mul(0.5, tf.add(squareExcess(p, q), tf.square(tf.div(tf.sub(p.loc, q.loc), q.scale))));

/** r² − 1 − log r² */
const squareExcess = (p: Scaled, q: Scaled): Tensor => logExcess(tf.square(tf.div(p.scale, q.scale)));

/** r − 1 − log r + r(u + e⁻ᵘ − 1) for r = b_p/b_q, u = |m_p − m_q|/b_p */
function laplace(p: Located, q: Located): Tensor {
  const ratio = tf.div(p.scale, q.scale);
  const distance = tf.div(tf.abs(tf.sub(p.loc, q.loc)), p.scale);
  return tf.add(logExcess(ratio), tf.mul(ratio, tf.add(distance, tf.expm1(tf.neg(distance)))));
}

/** log((s_p + s_q)² + d²)/(4·s_p·s_q) for d = m_p − m_q: Chyzak & Nielsen (2019) */
function cauchy(p: Located, q: Located): Tensor {
  const distances = tf.add(tf.square(tf.sub(p.scale, q.scale)), tf.square(tf.sub(p.loc, q.loc)));
  return tf.log1p(tf.div(distances, tf.mul(4, tf.mul(p.scale, q.scale))));
}

/** eᵗ − 1 − t + log Γ(r) + γ(r − 1) with t = log Γ(1 + r) − d, for Gumbel variables: r = s_p/s_q, d = (m_p − m_q)/s_q */
function extreme(ratio: Tensor, distance: Tensor): Tensor {
  const t = tf.sub(lgamma(tf.add(1, ratio)), distance);
  const rest = tf.add(lgamma(ratio), tf.mul(asTensor(euler), tf.sub(ratio, 1)));
  return tf.add(tf.sub(tf.expm1(t), t), rest);
}

const gumbel = (p: Located, q: Located): Tensor =>
  extreme(tf.div(p.scale, q.scale), tf.div(tf.sub(p.loc, q.loc), q.scale));

/** −log X of a Weibull variable is a Gumbel one with the mode −log l and the scale 1/k. */
const weibull = (p: Scaled & { readonly shape: Tensor }, q: Scaled & { readonly shape: Tensor }): Tensor =>
  extreme(tf.div(q.shape, p.shape), tf.mul(q.shape, tf.log(tf.div(q.scale, p.scale))));

export const locationScale: readonly KlEntry[] = [
  within("normal", normal),
  within("logNormal", normal),
  within("halfNormal", (p: Scaled, q: Scaled) => tf.mul(0.5, squareExcess(p, q))),
  within("laplace", laplace),
  within("cauchy", cauchy),
  within("gumbel", gumbel),
  within("weibull", weibull),
];
