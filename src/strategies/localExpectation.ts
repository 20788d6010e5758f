import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { Strategy } from "../ir/site.js";
import { stopGradient, weakProduct } from "../ops/marks.js";
import { range } from "../util/shapes.js";
import { checkLanes, finiteObjection, mixedElements, probabilityOf, valuesOf, voidless } from "./finiteSupport.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** The j-th value after x in the circle of all values, for j = 1 … K − 1: [K − 1, ...batch]. */
function otherValues(x: Tensor, values: readonly number[]): Tensor {
  const count = values.length;
  const table = values.map((value) => tf.cast(tf.equal(x, value), "float32"));
  return tf.stack(
    range(count - 1).map((j) => tf.addN(table.map((isHere, i) => tf.mul(isHere, values[(i + j + 1) % count]!)))),
  );
}

/** Σᵢ Σ_k ∂p_ik f(x₋ᵢ, k) over the elements i that a leaf mixes. */
export const localExpectationStrategy: Strategy = {
  name: "localExpectation",
  isUnbiased: true,
  isPathwise: false,
  maximumOrder: 1,
  objection: finiteObjection,
  draw: (site) => {
    const { family, parameters, key, batch } = site;
    const { shape, elements } = mixedElements(site);
    const others = valuesOf(site).length - 1;
    const lanes = 1 + elements * others;
    checkLanes("localExpectation", lanes, site);
    const drawn = stopGradient(family.draw(parameters, key, batch));
    // a support of one value: nothing to exchange
    if (others === 0) return { value: drawn, keep: {} };
    const masks = tf.reshape(tf.eye(elements), [1, elements, ...shape]);
    /** [others, ...batch] as [others·elements, ...batch], for the element that a lane exchanges, with a filler elsewhere. */
    const perElement = (table: Tensor, filler: Tensor): Tensor =>
      tf.reshape(tf.add(tf.mul(masks, tf.expandDims(table, 1)), tf.mul(tf.sub(1, masks), filler)), [
        others * elements,
        ...batch,
      ]);
    const alternatives = otherValues(drawn, valuesOf(site));
    const all = tf.concat([tf.expandDims(drawn, 0), alternatives]);
    const [own, ...rest] = tf.split(probabilityOf(site, all), [1, others]);
    const none = tf.zeros([...batch]);
    const first = tf.ones([1, ...batch]);
    return {
      value: tf.concat([tf.expandDims(drawn, 0), perElement(alternatives, drawn)]),
      lanes,
      keep: {
        probability: tf.concat([own!, perElement(rest[0]!, none)]),
        // in the first lane the number of elements that a leaf mixes
        elements: tf.concat([first, tf.zeros([lanes - 1, ...batch])]),
      },
    };
  },
  contract: ({ cost, keep }) => {
    if (!keep.elements) return { estimate: cost };
    const probability = keep.probability!;
    const fixed = stopGradient(probability);
    const costs = voidless(probability, cost);
    const message =
      "a second derivative through a localExpectation site was asked for; its estimate is exact to first order only (use enumerate or reinforce)";
    const value = tf.div(tf.sum(tf.mul(fixed, costs), 0), tf.sum(keep.elements!, 0));
    return { estimate: tf.add(value, tf.sum(weakProduct(tf.sub(probability, fixed), costs, 1, message), 0)) };
  },
};

/**
 * Estimates a site by local expectations: the cost is summed exactly over the values of each element, with the others as
 * they were drawn: Σᵢ Σ_k ∂p_ik f(x₋ᵢ, k). For elements that a cost keeps apart this is the exact expectation; of M
 * elements that a cost mixes it takes 1 + M·(K − 1) lanes, where enumeration takes Kᴹ. The value is the mean over the
 * elements of their expectations.
 *
 * For every finite support, unbiased for any cost; first derivatives only.
 *
 * Titsias & Lázaro-Gredilla, "Local Expectation Gradients for Black Box Variational Inference" (2015).
 *
 * @throws ElbowError "too-many-lanes" beyond 65536 lanes; "derivative-order" if it is differentiated twice
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { flip, localExpectation, objective, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   return (yield* sample("b", localExpectation(flip(p)))).sum().square();
 * });
 * const { p } = await L.gradEstimate({ seed: 0, draws: 1000 }, { p: tf.fill([20], 0.5) });
 * console.log(p.shape); // => [ 20 ]
 * ```
 */
export const localExpectation = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "localExpectation", "localExpectation needs a distribution with finite support; use reinforce">,
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, localExpectationStrategy);
