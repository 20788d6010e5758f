import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { gammaExcess, logExcess } from "./excess.js";
import type { KlEntry, Named } from "./rule.js";
import { within } from "./rule.js";

interface Gamma {
  readonly shape: Tensor;
  readonly rate: Tensor;
}

/** a_p(r − 1 − log r) + (a_p − a_q) log r + log Γ(a_q)/Γ(a_p) − ψ(a_p)(a_q − a_p) for r = λ_q/λ_p */
export function gamma(p: Gamma, q: Gamma): Tensor {
  const ratio = tf.div(q.rate, p.rate);
  const ofRates = tf.add(tf.mul(p.shape, logExcess(ratio)), tf.mul(tf.sub(p.shape, q.shape), tf.log(ratio)));
  return tf.add(ofRates, gammaExcess(q.shape, p.shape));
}

/** Families of gamma distributions, by the parameters that they have as such. */
const special: Readonly<Record<string, (parameters: Named) => Gamma>> = {
  gamma: ({ shape, rate }) => ({ shape: shape!, rate: rate! }),
  exponential: ({ rate }) => ({ shape: tf.onesLike(rate!), rate: rate! }),
  chi2: ({ df }) => ({ shape: tf.mul(0.5, df!), rate: tf.mul(0.5, tf.onesLike(df!)) }),
};

const inverse = (p: Named, q: Named): Tensor => {
  const [first, second] = [p, q].map(({ shape, scale }) => ({ shape: shape!, rate: scale! }));
  return gamma(first!, second!);
};

export const gammas: readonly KlEntry[] = [
  ...Object.entries(special).flatMap(([nameP, asGammaP]) =>
    Object.entries(special).map(
      ([nameQ, asGammaQ]): KlEntry => [nameP, nameQ, (p, q) => gamma(asGammaP(p), asGammaQ(q))],
    ),
  ),
  ["exponential", "exponential", (p, q) => logExcess(tf.div(q.rate!, p.rate!))],
  within("inverseGamma", inverse),
];
