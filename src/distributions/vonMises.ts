import * as tf from "@tensorflow/tfjs-core";
import { asTensor, lifted, type TensorLike } from "../ir/lifted.js";
import * as primitives from "../ir/primitives/vonMises.js";
import type { Family } from "../ir/site.js";
import { vonMisesDraws } from "../ops/samplers.js";
import { type Distribution, distribution, family, type Real } from "./distribution.js";

const logBesselI0e = lifted((kappa) => primitives.logBesselI0e(kappa!));

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
    mean: ({ loc, concentration }) => tf.add(loc, tf.zerosLike(concentration)),
  });

const withFixedLoc = vonMisesFamily(true);
const withLoc = vonMisesFamily(false);

/**
 * The von Mises distribution of angles, of density e^{κ cos(x − m)}/2πI₀(κ), which has the period 2π.
 *
 * Draws lie in (m − π, m + π]; they are not wrapped, so that pathwise derivatives are right for costs without that period
 * too. Where the mean is no plain number, that interval moves, which the score function would miss.
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
