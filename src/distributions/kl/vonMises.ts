import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { lifted } from "../../ir/lifted.js";
import { besselOfOrder } from "../../ir/primitives/vonMises.js";
import { type KlEntry, within } from "./rule.js";

/** L(κ) = log e^{−κ}I₀(κ), and its derivative I₁/I₀ − 1 */
const logI0e = lifted((kappa) => besselOfOrder(0)(kappa!));
const slope = lifted((kappa) => besselOfOrder(1)(kappa!));

type VonMises = { readonly loc: Tensor; readonly concentration: Tensor };

/** L(κ_q) − L(κ_p) − L′(κ_p)(κ_q − κ_p) + (1 + L′(κ_p))·κ_q·(1 − cos(m_p − m_q)) */
const divergence = ({ loc: m, concentration: a }: VonMises, { loc, concentration: b }: VonMises): Tensor => {
  const ofConcentrations = tf.sub(tf.sub(logI0e(b), logI0e(a)), tf.mul(slope(a), tf.sub(b, a)));
  const chord = tf.mul(2, tf.square(tf.sin(tf.mul(0.5, tf.sub(m, loc)))));
  return tf.add(ofConcentrations, tf.mul(tf.mul(tf.add(1, slope(a)), b), chord));
};

export const vonMises: readonly KlEntry[] = [within("vonMises", divergence)];
