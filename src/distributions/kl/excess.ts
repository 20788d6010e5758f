// Differences between a convex function and its tangent. Divergences within exponential families are made of them, and written
// so they do not cancel where p and q are close.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { lifted } from "../../ir/lifted.js";
import { digammaRemainder as remainder } from "../../ir/primitives/deviance.js";
import { deviance, stirlingError } from "../../ops/special.js";

/** log x − ψ(x) */
const digammaRemainder = lifted((x) => remainder(x!));

/** r − 1 − log r ≥ 0 for r > 0 */
export const logExcess = (r: Tensor): Tensor => deviance(1, r);

/** log Γ(b) − log Γ(a) − ψ(a)(b − a) ≥ 0, by Stirling's formula log Γ(a) = (a − ½) log a − a + ½ log 2π + s(a). */
export function gammaExcess(b: Tensor, a: Tensor): Tensor {
  const difference = tf.sub(b, a);
  const ofPowers = tf.add(deviance(b, a), tf.mul(0.5, logExcess(tf.div(b, a))));
  const slope = tf.sub(tf.div(0.5, a), digammaRemainder(a));
  return tf.add(ofPowers, tf.sub(tf.sub(stirlingError(b), stirlingError(a)), tf.mul(difference, slope)));
}
