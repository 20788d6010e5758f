import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { knownElements } from "../../ir/tracing.js";
import { stopGradient } from "../../ops/marks.js";
import { deviance, logSoftmax } from "../../ops/special.js";
import { where } from "../../ops/where.js";
import { broadcastShapes, forEachBroadcast } from "../../util/shapes.js";
import { isPositive, logComplement, logProbability } from "../support.js";
import { type Applies, type KlEntry, type Named, within } from "./rule.js";

/** Probabilities with their logarithms. */
type Probabilities = readonly [probability: Tensor, logarithm: Tensor];

/**
 * p·log(p/q) + q − p: summed over all outcomes, the divergence. Where both are close it is computed without cancellation,
 * elsewhere from logarithms, which do not underflow.
 */
function term([p, logP]: Probabilities, [q, logQ]: Probabilities): Tensor {
  const [isPossible, isClose] = [isPositive(stopGradient(p)), isNear(logP, logQ)];
  const close = deviance(where(isClose, p, 1), where(isClose, q, 1));
  const isFar = tf.logicalAnd(isPossible, tf.logicalNot(isClose));
  const logRatio = tf.sub(where(isFar, logP, 0), where(isFar, logQ, 0));
  const far = tf.add(tf.mul(where(isFar, p, 0), logRatio), tf.sub(q, p));
  return where(isClose, close, far);
}

/** Whether two logarithms are finite and less than 1 apart, and their exponentials not too small for that to be seen. */
const isNear = (x: Tensor, y: Tensor): Tensor => {
  const [a, b] = [stopGradient(x), stopGradient(y)];
  const isVisible = tf.logicalAnd(tf.greater(a, -80), tf.greater(b, -80));
  const difference = tf.abs(tf.sub(where(isVisible, a, 0), where(isVisible, b, 0)));
  return tf.logicalAnd(isVisible, tf.less(difference, 1));
};

/** Success and failure. */
const outcomes = ({ probs, logits }: Named): readonly [Probabilities, Probabilities] =>
  probs
    ? [
        [probs, logProbability(probs)],
        [tf.sub(1, probs), logComplement(probs)],
      ]
    : [
        [tf.sigmoid(logits!), tf.neg(tf.softplus(tf.neg(logits!)))],
        [tf.sigmoid(tf.neg(logits!)), tf.neg(tf.softplus(logits!))],
      ];

/** p log(p/q) + (1 − p) log((1 − p)/(1 − q)) */
const bernoulli = (p: Named, q: Named): Tensor => {
  const [ofP, ofQ] = [outcomes(p), outcomes(q)];
  return tf.add(term(ofP[0], ofQ[0]), term(ofP[1], ofQ[1]));
};

const categories = ({ probs, logits }: Named): Probabilities =>
  probs ? [probs, logProbability(probs)] : [tf.softmax(logits!, -1), logSoftmax(logits!)];

/** Σ p_k log(p_k/q_k) */
const categorical = (p: Named, q: Named): Tensor => tf.sum(term(categories(p), categories(q)), -1);

/**
 * A divergence of counts whose totals are the same. Values above the total of q are impossible there; with fewer trials in p
 * than in q, or other totals of failures, there is no closed form: NaN where that is not known before.
 */
const ofTotals = (p: Named, q: Named, isBounded: boolean, divergence: Tensor): Tensor => {
  const [n, total] = [stopGradient(p.totalCount!), stopGradient(q.totalCount!)];
  const others = isBounded ? where(tf.greater(n, total), Number.POSITIVE_INFINITY, Number.NaN) : Number.NaN;
  return where(tf.equal(n, total), divergence, others);
};

/** Whether no pair of known totals differs, except by more trials in p where they bound the support. */
const haveTotals =
  (isBounded: boolean): Applies =>
  ({ totalCount: n }, { totalCount: total }) => {
    const [first, second] = [knownElements(n!), knownElements(total!)];
    if (!first || !second) return true;
    let isRight = true;
    const shape = broadcastShapes(n!.shape, total!.shape);
    if (shape)
      forEachBroadcast(shape, [n!.shape, total!.shape], (_, [i, j]) => {
        const difference = first[i!]! - second[j!]!;
        if (isBounded ? difference < 0 : difference !== 0) isRight = false;
      });
    return isRight;
  };

/** n times the divergence of one trial */
const ofTrials =
  (ofOne: (p: Named, q: Named) => Tensor) =>
  (p: Named, q: Named): Tensor =>
    ofTotals(p, q, true, tf.mul(p.totalCount!, ofOne(p, q)));

/** One trial's divergence times their expected number 1/p */
const geometric = (p: Named, q: Named): Tensor => tf.div(bernoulli(p, q), outcomes(p)[0][0]);

/** One trial's divergence times their expected number r/(1 − p) */
const negativeBinomial = (p: Named, q: Named): Tensor =>
  ofTotals(p, q, false, tf.mul(p.totalCount!, tf.div(bernoulli(p, q), outcomes(p)[1][0])));

/** λ_p log(λ_p/λ_q) + λ_q − λ_p */
const poisson = ({ rate: p }: { readonly rate: Tensor }, { rate: q }: { readonly rate: Tensor }): Tensor =>
  term([p, logProbability(p)], [q, logProbability(q)]);

export const counts: readonly KlEntry[] = [
  within("bernoulli", bernoulli),
  within("categorical", categorical),
  within("oneHotCategorical", categorical),
  within("binomial", ofTrials(bernoulli), haveTotals(true)),
  within("multinomial", ofTrials(categorical), haveTotals(true)),
  within("geometric", geometric),
  within("negativeBinomial", negativeBinomial, haveTotals(false)),
  within("poisson", poisson),
];
