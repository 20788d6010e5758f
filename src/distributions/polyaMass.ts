// The probability of counts under Pólya's urn, which the beta-binomial and the Dirichlet-multinomial distribution share.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { logPoissonTerm } from "./saddlePoint.js";

/** log Γ(Σv + 1)/Π Γ(v + 1)·Π wᵛ over the last axis, for shares w that add up to 1, as Poisson terms of the means w·Σv. */
function logMultinomialTerm(v: Tensor, total: Tensor, share: Tensor): Tensor {
  const isZero = tf.equal(stopGradient(v), 0);
  const mean = tf.mul(tf.expandDims(total, -1), share);
  const terms = where(isZero, tf.neg(mean), logPoissonTerm(where(isZero, 1, v), where(isZero, 1, mean)));
  const isNothing = tf.equal(stopGradient(total), 0);
  const safe = where(isNothing, 1, total);
  return tf.sub(tf.sum(terms, -1), where(isNothing, 0, logPoissonTerm(safe, safe)));
}

/**
 * log n!/Π xₖ! · Γ(A)/Γ(n + A) · Π Γ(xₖ + αₖ)/Γ(αₖ) over the last axis, for counts x ≥ 0 with sum n and A = Σ αₖ.
 *
 * The powers of w = (x + α)/(n + A) that the three multinomial terms contain cancel, so that w is a constant; it is where
 * nothing else cancels.
 */
export function logPolyaMass(x: Tensor, concentration: Tensor): Tensor {
  const [n, total] = [tf.sum(x, -1), tf.sum(concentration, -1)];
  const reached = tf.add(x, concentration);
  const all = tf.add(n, total);
  const share = stopGradient(tf.div(reached, tf.expandDims(all, -1)));
  const terms = tf.sub(
    tf.add(logMultinomialTerm(x, n, share), logMultinomialTerm(concentration, total, share)),
    logMultinomialTerm(reached, all, share),
  );
  // from Γ(v + 1) to Γ(v)
  const volume = tf.sum(tf.log(tf.div(concentration, reached)), -1);
  return tf.add(terms, tf.sub(volume, tf.log(tf.div(total, all))));
}
