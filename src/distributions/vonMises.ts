import * as tf from "@tensorflow/tfjs-core";
import { asTensor, lifted, type TensorLike } from "../ir/lifted.js";
import * as primitives from "../ir/primitives/vonMises.js";
import type { Family } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { vonMisesDraws } from "../ops/samplers.js";
import { where } from "../ops/where.js";
import { finite, nonNegative } from "./constraints.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";
import { logProbability } from "./support.js";

const logBesselI0e = lifted((kappa) => primitives.logBesselI0e(kappa!));

const besselShortfall = lifted((kappa) => primitives.besselShortfall(kappa!));
const centredCdf = lifted((kappa, angle) => primitives.vonMisesCdf(kappa!, angle!));
const centredQuantile = lifted((p, kappa) => primitives.vonMisesQuantile(p!, kappa!));
const centredVariance = lifted((kappa) => primitives.vonMisesVariance(kappa!));

/** The angle, or the end of [−π, π] that it is beyond. */
function clipped(angle: tf.Tensor): tf.Tensor {
  const isInside = tf.lessEqual(tf.abs(stopGradient(angle)), asTensor(Math.PI));
  return where(isInside, angle, tf.mul(asTensor(Math.PI), tf.sign(stopGradient(angle))));
}

const logTwoPi = Math.log(2 * Math.PI);

/** @param isScorable - whether the ends of the interval of draws are fixed */
const vonMisesFamily = (isScorable: boolean): Family =>
  family({
    name: "vonMises",
    support: "real",
    parameters: ["loc", "concentration"],
    // κ(cos(x − m) − 1) − log 2π − log e^{−κ}I₀(κ)
    logDensity: ({ loc, concentration }, x) => {
      const half = tf.sin(tf.mul(0.5, tf.sub(x, loc)));
      const rise = tf.mul(tf.mul(-2, concentration), tf.square(half));
      return tf.sub(rise, tf.add(asTensor(logTwoPi), logBesselI0e(concentration)));
    },
    // a draw of mean 0 moves with the concentration at a fixed quantile
    draw: ({ loc, concentration }, key, batch) => tf.add(loc, vonMisesDraws(key, batch, concentration)),
    isScorable,
    supportParameters: ["loc"],
    bounds: ({ loc }) => [tf.sub(loc, asTensor(Math.PI)), tf.add(loc, asTensor(Math.PI))],
    mean: ({ loc, concentration }) => tf.add(loc, tf.zerosLike(concentration)),
    // on (m − π, m + π]; that of the direction is 1 − I₁/I₀
    variance: ({ loc, concentration }) => tf.add(centredVariance(concentration), tf.zerosLike(loc)),
    // log 2πI₀(κ) − κI₁/I₀
    entropy: ({ concentration }) =>
      tf.add(
        asTensor(logTwoPi),
        tf.sub(logBesselI0e(concentration), tf.mul(concentration, besselShortfall(concentration))),
      ),
    cdf: ({ loc, concentration }, x) => centredCdf(concentration, clipped(tf.sub(x, loc))),
    logSurvival: ({ loc, concentration }, x) => logProbability(centredCdf(concentration, clipped(tf.sub(loc, x)))),
    quantile: ({ loc, concentration }, p) => tf.add(loc, centredQuantile(p, concentration)),
    upperQuantile: ({ loc, concentration }, q) => tf.sub(loc, centredQuantile(q, concentration)),
    constraints: { loc: finite, concentration: nonNegative },
  });

const withFixedLoc = vonMisesFamily(true);
const withLoc = vonMisesFamily(false);

/**
 * The von Mises distribution of angles, of density e^{κ cos(x − m)}/2πI₀(κ), which has the period 2π.
 *
 * Draws lie in (m − π, m + π]; they are not wrapped, so that pathwise derivatives are right for costs without that period
 * too. Where the mean is no plain number, that interval moves, which the score function would miss.
 *
 * Its distribution function, quantiles and variance are those of such draws.
 *
 * Offers reparam (implicit in the concentration: Figurnov, Mohamed & Mnih 2018), and for a plain number as mean reinforce
 * and muProp.
 *
 * @param loc - mean direction m, in radians
 * @param concentration - κ ≥ 0, broadcasts with it
 * @example
 * ```ts
 * import { run, sample, vonMises } from "elbow";
 * const angle = run(0, sample("angle", vonMises(0, [0.5, 5])));
 * console.log(angle.shape); // => [ 2 ]
 * ```
 */
export function vonMises(
  loc: number,
  concentration: TensorLike,
): Distribution<Real, "reparam" | "reinforce" | "muProp">;
export function vonMises(loc: TensorLike, concentration: TensorLike): Distribution<Real, "reparam">;
export function vonMises(loc: TensorLike, concentration: TensorLike): Distribution<Real, "reparam"> {
  return distribution(typeof loc === "number" ? withFixedLoc : withLoc, [loc, concentration]);
}
