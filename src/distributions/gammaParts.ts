// What entropies and quantiles of gamma and beta variables share.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, lifted } from "../ir/lifted.js";
import * as deviance from "../ir/primitives/deviance.js";
import * as quantiles from "../ir/primitives/quantiles.js";

/** log x − ψ(x) */
export const digammaRemainder = lifted((x) => deviance.digammaRemainder(x!));

const stirlingError = lifted((x) => deviance.stirlingError(x!));

/** log Γ(x) − (x − ½) log x + x */
export const stirlingPart = (x: Tensor): Tensor => tf.add(stirlingError(x), asTensor(0.5 * Math.log(2 * Math.PI)));

/** The logarithm of the x of P(a, x) = p. */
export const logGammaQuantile = lifted((p, a) => quantiles.logGammaQuantile(p!, a!));

/** The logarithm of the x of 1 − P(a, x) = q. */
export const logGammaUpperQuantile = lifted((q, a) => quantiles.logGammaUpperQuantile(q!, a!));
