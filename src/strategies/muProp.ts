import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { SiteContext, Strategy } from "../ir/site.js";
import { stopGradient, weakProduct } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { range } from "../util/shapes.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** x − sg x: zero, with the derivative of x. */
const change = (x: Tensor): Tensor => tf.sub(x, stopGradient(x));

/** All sets of axes out of those that some leaf mixes, the empty one first. */
const subsets = (axes: readonly number[]): number[][] =>
  range(2 ** axes.length).map((code) => axes.filter((_, i) => (code >> i) & 1));

/**
 * The mean as a lane of its own: μ in value, with the derivative ∂μ − (x − μ)·∂ℓ, which is zero in expectation. The cost
 * there passes it on times its own slope. ℓ is the log density of all elements along the axes of `joint`.
 */
function meanLane({ batch }: SiteContext, drawn: Tensor, mean: Tensor, logDensity: Tensor, joint: number[]): Tensor {
  const log = joint.length > 0 ? tf.sum(logDensity, joint, true) : logDensity;
  const perEvent = tf.reshape(change(log), [...log.shape, ...drawn.shape.slice(batch.length).map(() => 1)]);
  const fixed = stopGradient(mean);
  return tf.add(fixed, tf.sub(change(mean), tf.mul(tf.sub(drawn, fixed), perEvent)));
}

const axesOf = (isMixed: readonly boolean[]): number[] => isMixed.flatMap((mixed, axis) => (mixed ? [axis] : []));

/** The score function with the cost's linear part about the mean as control variate. */
export const muPropStrategy: Strategy = {
  name: "muProp",
  isUnbiased: true,
  isPathwise: false,
  maximumOrder: 1,
  objection: ({ mean, support, isScorable }) => {
    if (!isScorable) return "its support moves with its parameters, which the score function misses; use reparam";
    if (!mean) return "it has no mean to expand the cost about; use reinforce";
    return support === "categoryIndex" ? "the mean of an index says nothing of the cost; use reinforce" : undefined;
  },
  // lanes: the draw, the mean for every set of axes that a leaf may mix, the mean held constant
  draw: (site) => {
    const { family, parameters, key, batch, event, isMixed } = site;
    const drawn = stopGradient(family.draw(parameters, key, batch));
    const mean = tf.broadcastTo(family.mean!(parameters), [...batch, ...event]);
    const logDensity = family.logDensity(parameters, drawn);
    const means = subsets(axesOf(isMixed)).map((joint) => meanLane(site, drawn, mean, logDensity, joint));
    const value = tf.stack([drawn, ...means, stopGradient(mean)]);
    const lanes = value.shape[0]!;
    return { value, lanes, keep: { logDensity: tf.broadcastTo(logDensity, [lanes, ...batch]) } };
  },
  // (s(x) − sg h)·exp(ℓ − sg ℓ) + sg h + s(μ′) − h for h = s(sg μ) and the lane μ′ of the axes that this leaf mixes
  contract: ({ cost, keep, isMixed, isMixedBySome }) => {
    const [drawn, ...means] = tf.unstack(cost) as [Tensor, ...Tensor[]];
    const [logDensity] = tf.unstack(keep.logDensity!);
    const own = subsets(axesOf(isMixedBySome)).findIndex((joint) =>
      isMixedBySome.every((_, axis) => joint.includes(axis) === (isMixed[axis] && isMixedBySome[axis])),
    );
    const [fixed, moving] = [means.at(-1)!, means[own]!];
    // a cost that is infinite at the mean is left without a control variate
    const isSound = tf.isFinite(fixed);
    const control = stopGradient(where(isSound, fixed, 0));
    const slope = where(isSound, tf.sub(moving, fixed), 0);
    const score = tf.exp(change(logDensity!));
    return {
      estimate: tf.add(
        tf.add(tf.mul(tf.sub(drawn, control), score), control),
        weakProduct(slope, score, 1, orderMessage),
      ),
    };
  },
};

const orderMessage =
  "a second derivative through a muProp site was asked for; its estimate is exact to first order only (use enumerate or reinforce)";

/**
 * Estimates a site by the score function with a control variate: the cost's first-order expansion about the mean μ of the
 * distribution, h(x) = s(μ) + s′(μ)·(x − μ), whose derivative s′(μ)·∂μ is added back. Low variance where the cost is
 * nearly linear; none at all where it is linear and its own parameters are fixed.
 *
 * ∂ E s ≈ (s(x) − h(x))·∂ log p(x) + s′(μ)·∂μ
 *
 * Any distribution with a mean and a fixed support, discrete ones too: unbiased whatever the cost, first derivatives only.
 * The cost is evaluated at the mean, and so must be finite there and have a finite slope (a slope that is no derivative
 * costs variance, not truth); where it is infinite, as the log density of a coin at ½ is, the control variate is left
 * out. It costs three lanes; where leaves mix the site's elements along some axes, another one for every set of them.
 *
 * Gu, Levine, Sutskever & Mnih, "MuProp: unbiased backpropagation for stochastic neural networks" (2016), section 3.
 *
 * @throws ElbowError "derivative-order" if it is differentiated twice
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { flip, muProp, objective, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   return (yield* sample("x", muProp(flip(p)))).mul(2);
 * });
 * const { p } = await L.gradEstimate(0, { p: tf.scalar(0.5) });
 * console.log(p.dataSync()[0]); // => 2
 * ```
 */
export const muProp = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<
      O,
      "muProp",
      "this distribution has no mean, or no score function with fixed support; use reinforce or reparam"
    >,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, muPropStrategy);
