import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import type { SiteContext, Strategy } from "../ir/site.js";
import { formatShape, range, sizeOf } from "../util/shapes.js";
import { eventObjection, eventsOf } from "./finiteSupport.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** The largest joint support of elements that a leaf mixes. */
const jointLimit = 65536;

/**
 * All values of a site, side by side. Elements that every leaf keeps apart are enumerated together: lane k holds value k
 * for all of them. Elements that some leaf mixes are enumerated jointly: Kᴹ lanes for M of them.
 */
function supportTable(site: SiteContext): { table: Tensor; lanes: number } {
  const { address, batch, event, isMixed } = site;
  const values = eventsOf(site);
  const mixedShape = batch.map((size, axis) => (isMixed[axis] ? size : 1));
  const elements = sizeOf(mixedShape);
  const lanes = values.length ** elements;
  if (lanes > jointLimit)
    throw new ElbowError("support-too-large", {
      message:
        `enumerate: a leaf of the objective mixes ${elements} elements of "${address}" (batch shape ${formatShape(batch)}), ` +
        `so their joint support of ${values.length}^${elements} values would have to be enumerated; the limit is ${jointLimit}`,
      hint: "Use reinforce with copies, or write the cost so that it stays separate along this axis.",
      at: { address },
    });
  const table = range(lanes).flatMap((lane) =>
    range(elements).flatMap((element) => values[Math.floor(lane / values.length ** element) % values.length]!),
  );
  return { table: tf.tensor(table, [lanes, ...mixedShape, ...event], "float32"), lanes };
}

/** The probability of every lane: that of all elements together along the mixed axes, which become 1. */
function jointProbability({ family, parameters }: SiteContext, value: Tensor, mixed: number[]): Tensor {
  if (family.probability) {
    const each = family.probability(parameters, value);
    return mixed.length > 0 ? tf.prod(each, mixed, true) : each;
  }
  const logDensity = family.logDensity(parameters, value);
  return tf.exp(mixed.length > 0 ? tf.sum(logDensity, mixed, true) : logDensity);
}

/** Exact expectation over a finite support: no variance, one lane per value. */
export const enumerateStrategy: Strategy = {
  name: "enumerate",
  isUnbiased: true,
  isExact: true,
  isPathwise: false,
  maximumOrder: Number.POSITIVE_INFINITY,
  objection: (family) => eventObjection(family) && "enumerate needs a distribution with finite support",
  draw: (site) => {
    const { table, lanes } = supportTable(site);
    const value = tf.broadcastTo(table, [lanes, ...site.batch, ...site.event]);
    const mixed = site.isMixed.flatMap((isMixed, axis) => (isMixed ? [axis + 1] : []));
    return { value, lanes, keep: { probability: jointProbability(site, value, mixed) } };
  },
  // Σ_k p_k s[k]; a lane of probability 0 must not let an infinite cost in
  contract: ({ cost, keep }) => {
    const probability = keep.probability!;
    const isVoid = tf.logicalAnd(tf.equal(probability, 0), tf.logicalNot(tf.isFinite(cost)));
    return { estimate: tf.sum(tf.mul(probability, tf.where(isVoid, tf.zerosLike(cost), cost)), 0) };
  },
};

/**
 * Estimates a site exactly, by its expectation over a finite support: no variance, any order of derivative. Elements of a
 * batch whose costs are separate need one lane per value whatever their number; elements that a cost mixes are
 * enumerated jointly. Chains of enumerated sites cost a sum-product, not the product of their supports.
 *
 * @throws ElbowError "support-too-large" if a joint support exceeds 65536 values
 */
export const enumerate = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> & Offering<O, "enumerate", "enumerate needs a distribution with finite support">,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, enumerateStrategy);
