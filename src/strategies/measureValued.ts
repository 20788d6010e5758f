import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import type { SiteContext, Strategy, WeakDerivative } from "../ir/site.js";
import { stopGradient, weakProduct } from "../ops/marks.js";
import { namedKey } from "../ops/random.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape, range, sizeOf } from "../util/shapes.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** The largest number of lanes for elements that a leaf mixes. */
const laneLimit = 65536;

/**
 * One mask per element that a leaf mixes, [M, …batch axes of size 1 where elements stay apart]: such elements are
 * exchanged one at a time.
 */
function elementMasks(batch: readonly number[], isMixed: readonly boolean[]): { masks: Tensor; elements: number } {
  const shape = batch.map((size, axis) => (isMixed[axis] ? size : 1));
  const elements = sizeOf(shape);
  return { masks: tf.reshape(tf.eye(elements), [elements, ...shape]), elements };
}

/** The family's weak derivative about a drawn value: both sides of a pair share their random numbers. */
const coupledPairs = ({ family, parameters, key, batch }: SiteContext, drawn: Tensor): WeakDerivative =>
  family.weakDerivative!(parameters, drawn, namedKey(key, "weak derivative"), batch);

/** The same, with what is subtracted taken from a second weak derivative about a second drawn value. */
function independentPairs(site: SiteContext, drawn: Tensor): WeakDerivative {
  const first = coupledPairs(site, drawn);
  const otherKey = namedKey(site.key, "independent");
  const other = stopGradient(site.family.draw(site.parameters, otherKey, site.batch));
  const second = coupledPairs({ ...site, key: otherKey }, other);
  const lanes: Tensor[] = [];
  const places = new Map<Tensor, number>([[drawn, 0]]);
  const placeOf = (lane: Tensor): number => {
    if (!places.has(lane)) places.set(lane, lanes.push(lane));
    return places.get(lane)!;
  };
  const terms = first.terms.map((term) => ({
    ...term,
    plus: placeOf([drawn, ...first.lanes][term.plus]!),
    ...(term.minus !== undefined && { minus: placeOf([other, ...second.lanes][term.minus]!) }),
  }));
  return { lanes, terms };
}

/** The drawn value, then every alternative for every mixed element; with the signed weight of each lane. */
function weakLanes(site: SiteContext, pairs: typeof coupledPairs): { value: Tensor; lanes: number; weight: Tensor } {
  const { address, family, parameters, key, batch, isMixed } = site;
  const drawn = stopGradient(family.draw(parameters, key, batch));
  const { lanes: alternatives, terms } = pairs(site, drawn);
  const { masks, elements } = elementMasks(batch, isMixed);
  const lanes = 1 + alternatives.length * elements;
  if (lanes > laneLimit)
    throw new ElbowError("too-many-lanes", {
      message: `measureValued: a leaf of the objective mixes ${elements} elements of "${address}" (batch shape ${formatShape(batch)}), which needs ${lanes} lanes; the limit is ${laneLimit}`,
      hint: "Use reinforce with copies, or write the cost so that it stays separate along this axis.",
      at: { address },
    });
  const exchanged = alternatives.map((alternative) => {
    const fixed = stopGradient(alternative);
    return tf.where(
      tf.cast(tf.broadcastTo(masks, [elements, ...batch]), "bool"),
      tf.broadcastTo(fixed, [elements, ...batch]),
      tf.broadcastTo(drawn, [elements, ...batch]),
    );
  });
  const weights = range(alternatives.length).map((lane) => {
    const signed = terms.flatMap(({ parameter, constant, plus, minus }) => {
      const change = tf.mul(tf.sub(parameter, stopGradient(parameter)), stopGradient(constant));
      return [...(plus === lane + 1 ? [change] : []), ...(minus === lane + 1 ? [tf.neg(change)] : [])];
    });
    const total =
      signed.length > 0 ? tf.addN(signed.map((each) => tf.broadcastTo(each, [...batch]))) : tf.zeros([...batch]);
    return tf.mul(masks, total);
  });
  // terms that refer to the drawn value itself (lane 0) are spread over that lane
  const atDrawn = terms.flatMap(({ parameter, constant, plus, minus }) => {
    const change = tf.mul(tf.sub(parameter, stopGradient(parameter)), stopGradient(constant));
    return [...(plus === 0 ? [change] : []), ...(minus === 0 ? [tf.neg(change)] : [])];
  });
  const first =
    atDrawn.length > 0 ? tf.addN(atDrawn.map((each) => tf.broadcastTo(each, [...batch]))) : tf.zeros([...batch]);
  return {
    value: tf.concat([tf.expandDims(drawn, 0), ...exchanged], 0),
    lanes,
    weight: tf.concat([tf.expandDims(first, 0), ...weights], 0),
  };
}

/** Options of {@link measureValued}. */
export interface MeasureValuedOptions {
  /**
   * Whether both sides of a pair share their random numbers. That mostly lowers the variance; for a cost that oscillates
   * faster than the distribution is wide, independent sides may have less. @defaultValue true
   */
  readonly coupled?: boolean;
}

/** Measure-valued derivative: the difference of the costs of two couplings per parameter, exact to first order. */
export const measureValuedStrategy = ({ coupled = true }: MeasureValuedOptions = {}): Strategy => ({
  name: "measureValued",
  isUnbiased: true,
  isPathwise: false,
  maximumOrder: 1,
  objection: ({ weakDerivative }) => (weakDerivative ? undefined : "it has no measure-valued derivative"),
  draw: (site) => {
    const { value, lanes, weight } = weakLanes(site, coupled ? coupledPairs : independentPairs);
    return { value, lanes, keep: { weight } };
  },
  // s[0] + Σ_φ (φ − sg φ)·sg(c_φ·(s[φ⁺] − s[φ⁻]))
  contract: ({ cost, keep }) => {
    const message =
      "a second derivative through a measureValued site was asked for; its estimate is exact to first order only (use enumerate or reinforce)";
    const [drawn] = tf.split(cost, [1, cost.shape[0]! - 1], 0);
    return { estimate: tf.add(tf.squeeze(drawn!, [0]), tf.sum(weakProduct(keep.weight!, cost, 1, message), 0)) };
  },
});

const coupledStrategy = measureValuedStrategy();
const independentStrategy = measureValuedStrategy({ coupled: false });

/**
 * Estimates a site by its measure-valued (weak) derivative: ∂/∂φ E f = c_φ·(E⁺f − E⁻f), unbiased for any cost, also a
 * discontinuous one, with low variance; first derivatives only. It costs up to two lanes per parameter, and one for the
 * value itself; where a cost mixes the elements of a batch, as many again per element, exchanged one at a time.
 *
 * Mohamed, Rosca, Figurnov & Mnih, "Monte Carlo Gradient Estimation in Machine Learning" (2020), section 6.
 *
 * @throws ElbowError "too-many-lanes" beyond 65536 lanes; "derivative-order" if it is differentiated twice
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { measureValued, objective, poisson, sample } from "elbow";
 * const L = objective(function* ({ rate }: { rate: tf.Tensor }) {
 *   return (yield* sample("count", measureValued(poisson(rate)))).greater(1).toFloat();
 * });
 * const [gradient] = Object.values(await L.gradEstimate(0, { rate: tf.scalar(2) }));
 * console.log(gradient!.shape); // => []
 * ```
 */
export const measureValued = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "measureValued", "this distribution has no measure-valued derivative; use reinforce">,
  options: MeasureValuedOptions = {},
): Chosen<T> => {
  checkOptionNames("measureValued", options, ["coupled"]);
  const { coupled = true } = options;
  return withStrategy(distribution as Distribution<T, never>, coupled ? coupledStrategy : independentStrategy);
};
