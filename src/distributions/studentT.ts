import * as tf from "@tensorflow/tfjs-core";
import { asTensor, lifted, type TensorLike } from "../ir/lifted.js";
import * as quantiles from "../ir/primitives/quantiles.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey, standardNormal } from "../ops/random.js";
import { logGammaDraws } from "../ops/samplers.js";
import { stirlingError } from "../ops/special.js";
import { where } from "../ops/where.js";
import { finite, positive } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";
import { digammaRemainder } from "./gammaParts.js";

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

const reducedCdf = lifted((half, r) => quantiles.studentTCdf(half!, r!));
const reducedQuantile = lifted((p, half) => quantiles.studentTQuantile(p!, half!));

type Parameters = Readonly<Record<"df" | "loc" | "scale", tf.Tensor>>;

/** Whether there are more degrees of freedom than a moment needs. */
const isAbove = (df: tf.Tensor, least: number): tf.Tensor => tf.greater(stopGradient(df), least);

/** log Γ(h + ½)/Γ(h) − ½ log 2πh */
function logVolume(half: tf.Tensor): tf.Tensor {
  const stirling = tf.sub(stirlingError(tf.add(half, 0.5)), stirlingError(half));
  return tf.add(tf.sub(tf.mul(half, tf.log1p(tf.div(0.5, half))), asTensor(0.5 + halfLogTwoPi)), stirling);
}

/** (x − m)/(s√ν): there the distribution function is that of a beta variable. */
const reduced = ({ df, loc, scale }: Parameters, x: tf.Tensor): tf.Tensor =>
  tf.div(tf.sub(x, loc), tf.mul(scale, tf.sqrt(df)));

/** m + s√ν·r */
const fromReduced = ({ df, loc, scale }: Parameters, r: tf.Tensor): tf.Tensor =>
  tf.add(loc, tf.mul(tf.mul(scale, tf.sqrt(df)), r));

const studentTFamily = family({
  name: "studentT",
  support: "real",
  parameters: ["df", "loc", "scale"],
  // log Γ(h + ½)/Γ(h) − ½ log πν − log s − (h + ½) log(1 + z²/ν) for h = ν/2, with Stirling's formula for the gamma
  // functions, which does not cancel for many degrees of freedom
  logDensity: ({ df, loc, scale }, x) => {
    const half = tf.mul(0.5, df);
    const tail = tf.log1p(tf.div(tf.square(tf.div(tf.sub(x, loc), scale)), df));
    return tf.sub(logVolume(half), tf.add(tf.log(scale), tf.mul(tf.add(half, 0.5), tail)));
  },
  // m + sZ/√(G/h) for a gamma variable G of shape h = ν/2, which moves with its shape
  draw: ({ df, loc, scale }, key, batch) => {
    const half = tf.mul(0.5, df);
    const logGamma = logGammaDraws(namedKey(key, "gamma"), batch, half);
    const spread = tf.exp(tf.mul(0.5, tf.sub(tf.log(half), logGamma)));
    return tf.add(loc, tf.mul(scale, tf.mul(standardNormal(namedKey(key, "normal"), batch), spread)));
  },
  // undefined for ν ≤ 1
  mean: ({ df, loc, scale }) => where(isAbove(df, 1), tf.add(loc, tf.zerosLike(scale)), Number.NaN),
  // s²ν/(ν − 2); infinite for ν ≤ 2, undefined for ν ≤ 1
  variance: ({ df, loc, scale }) => {
    const safe = where(isAbove(df, 2), df, 3);
    const finite = tf.add(tf.mul(tf.square(scale), tf.div(safe, tf.sub(safe, 2))), tf.zerosLike(loc));
    return where(isAbove(df, 2), finite, where(isAbove(df, 1), Number.POSITIVE_INFINITY, Number.NaN));
  },
  // log s + (h + ½)(ψ(h + ½) − ψ(h)) + log √ν B(h, ½)
  entropy: ({ df, scale }) => {
    const half = tf.mul(0.5, df);
    const more = tf.add(half, 0.5);
    const rise = tf.add(tf.log1p(tf.div(0.5, half)), tf.sub(digammaRemainder(half), digammaRemainder(more)));
    return tf.add(tf.log(scale), tf.sub(tf.mul(more, rise), logVolume(half)));
  },
  cdf: (parameters, x) => reducedCdf(tf.mul(0.5, parameters.df), reduced(parameters, x)),
  logSurvival: (parameters, x) => tf.log(reducedCdf(tf.mul(0.5, parameters.df), tf.neg(reduced(parameters, x)))),
  quantile: (parameters, p) => fromReduced(parameters, reducedQuantile(p, tf.mul(0.5, parameters.df))),
  upperQuantile: (parameters, q) => fromReduced(parameters, tf.neg(reducedQuantile(q, tf.mul(0.5, parameters.df)))),
  constraints: { df: positive, loc: finite, scale: positive },
});

/**
 * Student's t distribution, of density ∝ (1 + ((x − m)/s)²/ν)^{−(ν + 1)/2}; s is not its standard deviation.
 *
 * Offers reparam (in the degrees of freedom too, through a gamma variable), reinforce and muProp.
 *
 * @param df - degrees of freedom ν > 0, any shape
 * @param loc - median m, broadcasts with it
 * @param scale - s > 0, broadcasts with both
 * @example
 * ```ts
 * import { run, sample, studentT } from "elbow";
 * const x = run(0, sample("x", studentT([1, 5], 0, 1)));
 * console.log(x.shape); // => [ 2 ]
 * ```
 */
export const studentT = (
  df: TensorLike,
  loc: TensorLike,
  scale: TensorLike,
): Distribution<Real, "reparam" | "reinforce" | "muProp"> => distribution(studentTFamily, [df, loc, scale]);
