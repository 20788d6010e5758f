import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { positive } from "./constraints.js";
import { type Distribution, distribution, family, type Positive } from "./distribution.js";
import { gammaFamily } from "./gamma.js";

/** Shape and rate of the gamma variable that it is. */
const asGamma = ({ df }: Readonly<Record<"df", tf.Tensor>>): [tf.Tensor, tf.Tensor] => {
  const shape = tf.mul(0.5, df);
  return [shape, tf.add(tf.zerosLike(shape), 0.5)];
};

const chi2Family = family({
  name: "chi2",
  support: "positive",
  parameters: ["df"],
  logDensity: (parameters, x) => gammaFamily.logDensity(asGamma(parameters), x),
  draw: (parameters, key, batch) => gammaFamily.draw(asGamma(parameters), key, batch),
  mean: ({ df }) => df,
  variance: ({ df }) => tf.mul(2, df),
  entropy: (parameters) => gammaFamily.entropy!(asGamma(parameters)),
  cdf: (parameters, x) => gammaFamily.cdf!(asGamma(parameters), x),
  logSurvival: (parameters, x) => gammaFamily.logSurvival!(asGamma(parameters), x),
  quantile: (parameters, p) => gammaFamily.quantile!(asGamma(parameters), p),
  upperQuantile: (parameters, q) => gammaFamily.upperQuantile!(asGamma(parameters), q),
  constraints: { df: positive },
});

/**
 * The χ² distribution of ν degrees of freedom, of density x^{ν/2 − 1}e^{−x/2}/(2^{ν/2}Γ(ν/2)): a gamma variable of shape ν/2
 * and rate ½.
 *
 * Offers reparam (implicit, through the gamma variable), reinforce and muProp.
 *
 * @param df - degrees of freedom ν > 0, any shape
 * @example
 * ```ts
 * import { chi2, run, sample } from "elbow";
 * const x = run(0, sample("x", chi2([1, 5])));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const chi2 = (df: TensorLike): Distribution<Positive, "reparam" | "reinforce" | "muProp"> =>
  distribution(chi2Family, [df]);
