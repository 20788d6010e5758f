import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "../../ops/marks.js";
import { where } from "../../ops/where.js";
import { logExcess } from "./excess.js";
import { type KlEntry, within } from "./rule.js";

type Interval = { readonly low: Tensor; readonly high: Tensor };
type Pareto = { readonly scale: Tensor; readonly alpha: Tensor };

/** What is finite where p lives inside the support of q. */
const ifNested = (isNested: Tensor, value: Tensor): Tensor => where(isNested, value, Number.POSITIVE_INFINITY);

/** log(h_q − l_q)/(h_p − l_p), for an interval inside the other */
const uniform = (p: Interval, q: Interval): Tensor => {
  const isAbove = tf.lessEqual(stopGradient(q.low), stopGradient(p.low));
  const isBelow = tf.lessEqual(stopGradient(p.high), stopGradient(q.high));
  const logRatio = tf.sub(tf.log(tf.sub(q.high, q.low)), tf.log(tf.sub(p.high, p.low)));
  return ifNested(tf.logicalAnd(isAbove, isBelow), logRatio);
};

/** α_q·log(s_p/s_q) + r − 1 − log r with r = α_q/α_p, for s_p ≥ s_q */
const pareto = (p: Pareto, q: Pareto): Tensor =>
  ifNested(
    tf.greaterEqual(stopGradient(p.scale), stopGradient(q.scale)),
    tf.add(tf.mul(q.alpha, tf.log(tf.div(p.scale, q.scale))), logExcess(tf.div(q.alpha, p.alpha))),
  );

export const bounded: readonly KlEntry[] = [within("uniform", uniform), within("pareto", pareto)];
