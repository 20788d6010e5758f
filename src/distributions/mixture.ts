import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { loop } from "../ops/control.js";
import { stopGradient } from "../ops/marks.js";
import { namedKey } from "../ops/random.js";
import { logSoftmax, logSumExp } from "../ops/special.js";
import { where } from "../ops/where.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape, type Shape } from "../util/shapes.js";
import { categoriesOf, drawCategory } from "./categories.js";
import { checkDistribution } from "./checkDistribution.js";
import { real, simplex } from "./constraints.js";
import { batchOf, type Distribution, distribution } from "./distribution.js";
import { type Components, type OfFamily, ofOneFamily, ofSeveralFamilies } from "./mixtureComponents.js";
import type { ProbsOrLogits } from "./probsOrLogits.js";
import { logProbability } from "./support.js";

/** How the weights are given. */
interface Weights {
  readonly name: "weights" | "logits";
  readonly probs: (weights: Tensor) => Tensor;
  readonly logProbs: (weights: Tensor) => Tensor;
}

const byProbs: Weights = { name: "weights", probs: (weights) => weights, logProbs: logProbability };
const byLogits: Weights = { name: "logits", probs: (weights) => tf.softmax(weights, -1), logProbs: logSoftmax };

const density: OfFamily = { of: (family, parameters, value) => family.logDensity(parameters, value!), rank: 0 };
const inverse: OfFamily = { of: (family, parameters, value) => family.quantile!(parameters, value!), rank: 0 };
const cumulative: OfFamily = { of: (family, parameters, value) => family.cdf!(parameters, value!), rank: 0 };

/** Supports without gaps, on which a quantile moves smoothly with the parameters. */
const connected: readonly string[] = ["real", "positive", "nonNegative", "unitInterval"];

/** Whether draws of scalars may be differentiated through their distribution function. */
const isImplicit = ({ families, event }: Components): boolean =>
  event.length === 0 &&
  families.every(
    ({ cdf, isPathwise, isScorable, supportParameters, support }) =>
      cdf && isPathwise && isScorable && !supportParameters?.length && connected.includes(support),
  );

/** Enough halvings for the digits of a double, from any interval. */
const halvings = 64;

/**
 * The smallest x with F(x) ≥ u between the least and the largest quantile of the components, along the last axis: a whole
 * number, or to the last digit.
 */
function bisect(u: Tensor, cdf: (x: Tensor) => Tensor, ends: Tensor, isWhole: boolean): Tensor {
  const halve = ([low, high]: readonly Tensor[]): Tensor[] => {
    const half = tf.add(low!, tf.mul(0.5, tf.sub(high!, low!)));
    const middle = isWhole ? tf.floor(half) : half;
    const isReached = tf.greaterEqual(cdf(middle), u);
    const above = isWhole ? tf.minimum(tf.add(middle, 1), high!) : middle;
    return [where(isReached, low!, above), where(isReached, middle, high!)];
  };
  const step = (carry: readonly Tensor[]) => ({ carry: halve(carry), outputs: [] });
  return loop(step, [tf.min(ends, -1), tf.max(ends, -1)], [], { length: halvings }).carry[1]!;
}

/** The family of mixtures: its parameters are the weights and those of the components. */
function mixtureFamily(weights: Weights, components: Components): Family {
  const { families, event, shape } = components;
  const rank = event.length;
  const logDensity = ([own, ...rest]: readonly Tensor[], value: Tensor): Tensor =>
    logSumExp(tf.add(weights.logProbs(own!), components.each(density, rest, value)), -1);
  const cdf = ([own, ...rest]: readonly Tensor[], value: Tensor): Tensor =>
    tf.sum(tf.mul(weights.probs(own!), components.each(cumulative, rest, value)), -1);
  /** Σ w·x over the axis of components. */
  const weighted = ([own]: readonly Tensor[], each: Tensor): Tensor => {
    const probs = weights.probs(own!);
    return tf.sum(tf.mul(tf.reshape(probs, [...probs.shape, ...event.map(() => 1)]), each), -1 - rank);
  };
  const quantile = (parameters: readonly Tensor[], u: Tensor): Tensor => {
    const { batch } = shapes(parameters.map(({ shape }) => shape));
    const fixed = parameters.map((each) => stopGradient(each));
    const full = tf.add(u, tf.zeros([...batch]));
    const endsAt = (level: Tensor) => components.each(inverse, fixed.slice(1), level);
    const isBetween = tf.logicalAnd(tf.greater(full, 0), tf.less(full, 1));
    const level = where(isBetween, full, 0.5);
    const constant = stopGradient(level);
    const found = bisect(constant, (each) => cdf(fixed, each), endsAt(constant), isCounting);
    const x = isCounting ? found : implicit(parameters, found, tf.sub(level, constant));
    const ends = endsAt(stopGradient(full));
    return where(isBetween, x, where(tf.lessEqual(full, 0), tf.min(ends, -1), tf.max(ends, -1)));
  };
  const means: OfFamily = { of: (family, parameters) => full(family, "mean", parameters), rank };
  const variances: OfFamily = { of: (family, parameters) => full(family, "variance", parameters), rank };
  const mean = (parameters: readonly Tensor[]): Tensor =>
    weighted(parameters, components.each(means, parameters.slice(1)));
  const hasMean = families.every((family) => family.mean);
  const isPathwise = isImplicit(components);
  const { support, dtype } = families[0]!;
  const isCounting = support === "nonNegativeInteger";
  const hasQuantile =
    rank === 0 && (isPathwise || isCounting) && families.every((family) => family.cdf && family.quantile);
  const shapes = (parameters: readonly Shape[]): { batch: Shape; event: Shape } => {
    const [own, side] = [parameters[0]!, shape(parameters.slice(1))];
    if (categoriesOf(own, "mixture") !== side.at(-1))
      throw new ElbowError("shape", {
        message: `mixture: there are ${own.at(-1)} weights and ${side.at(-1)} components\n  weights: ${formatShape(own)}\n  components: ${formatShape(side)}`,
      });
    return { batch: batchOf("mixture", ["weights", "components"], [own.slice(0, -1), side.slice(0, -1)]), event };
  };
  return {
    name: `mixture(${components.name})`,
    support,
    dtype,
    parameterNames: [weights.name, ...components.parameterNames],
    parameterEventRanks: [1, ...components.parameterEventRanks],
    isPathwise,
    isScorable: families.every(({ isScorable }) => isScorable),
    supportParameters: components.supportParameters.map((at) => at + 1),
    shapes,
    logDensity,
    draw: (parameters, key, batch) => {
      const [own, ...rest] = parameters;
      const chosen = drawCategory(weights.probs(own!), namedKey(key, "component"), batch);
      const drawn = components.draw(rest, chosen, namedKey(key, "value"), batch);
      return isPathwise ? implicit(parameters, drawn) : drawn;
    },
    ...(families.every(({ supportValues }) => supportValues) && {
      supportValues: (parameters: readonly Shape[]) => components.supportValues(parameters.slice(1))!,
    }),
    ...(hasMean && { mean }),
    // Σ w·(v + (m − μ)²)
    ...(hasMean &&
      families.every((family) => family.variance) && {
        variance: (parameters: readonly Tensor[]) => {
          const rest = parameters.slice(1);
          const deviation = tf.sub(components.each(means, rest), tf.expandDims(mean(parameters), -1 - rank));
          return weighted(parameters, tf.add(components.each(variances, rest), tf.square(deviation)));
        },
      }),
    ...(rank === 0 && families.every((family) => family.cdf) && { cdf }),
    ...(hasQuantile && { quantile }),
    constraints: [weights === byProbs ? simplex : real, ...components.constraints],
    relations: components.relations.map((relation) => ({
      ...relation,
      parameters: relation.parameters.map((at) => at + 1),
    })),
  };

  /**
   * The draw, which moves with the parameters at a fixed value of F: two steps of Newton's method from it, x + (F₀ − F(x))/p(x)
   * for the constant F₀ = F(x), leave it where it is, and have the derivatives of the quantile up to the third.
   *
   * @param shift - 0, which moves as the probability does that x is the quantile of
   */
  function implicit(parameters: readonly Tensor[], drawn: Tensor, shift?: Tensor): Tensor {
    const step = (x: Tensor): Tensor => {
      const reached = cdf(parameters, x);
      const missing = tf.sub(stopGradient(reached), reached);
      const density = tf.exp(logDensity(parameters, x));
      if (!shift) return tf.add(x, tf.div(missing, density));
      // between components that are far apart, there may be none
      return tf.add(x, tf.div(tf.add(missing, shift), where(tf.greater(density, 0), density, 1)));
    };
    return step(step(stopGradient(drawn)));
  }
}

/** A moment with all axes of the components: one that does not depend on some parameter may lack theirs. */
function full(family: Family, moment: "mean" | "variance", parameters: readonly Tensor[]): Tensor {
  const { batch, event } = family.shapes(parameters.map(({ shape }) => shape));
  return tf.broadcastTo(family[moment]!(parameters), [...batch, ...event]);
}

/** Probabilities of components that add up to 1, or `{ probs }`, or `{ logits }`, their logarithms up to a constant. */
export type MixtureWeights = TensorLike | ProbsOrLogits;

const noComponents = (): ElbowError =>
  new ElbowError("option", {
    message: "mixture: there are no components",
    hint: "Write mixture([0.5, 0.5], [normal(0, 1), normal(5, 1)]), for example.",
  });

const isOptions = (weights: MixtureWeights): weights is ProbsOrLogits =>
  typeof weights === "object" && weights !== null && !Array.isArray(weights) && !(weights instanceof tf.Tensor);

/** What all distributions of a union offer. */
type CommonOffers<D> = (D extends Distribution<Tensor, infer O> ? (offers: O) => void : never) extends (
  offers: infer O,
) => void
  ? Extract<O, string>
  : never;

/** What mixtures offer of that which their components do. */
export type MixtureOffers<O extends string> = Extract<O, "reparam" | "reinforce" | "muProp" | "enumerate">;

/**
 * A mixture of distributions, of density Σ wₖ·pₖ(x).
 *
 * The components are the last batch axis of one distribution, or a list of distributions with values on the same support,
 * which may belong to different families.
 *
 * Offers reinforce, muProp and enumerate where all components do, and reparam for real, positive or unit-interval scalars
 * whose components have a distribution function: by implicit differentiation of that of the mixture, in the weights too;
 * derivatives of such draws are right up to the third. Mixtures of such scalars, and of counts, have quantiles where
 * the components do, by bisection. Their entropy has no closed form, and is not offered.
 *
 * Figurnov, Mohamed & Mnih, "Implicit Reparameterization Gradients" (2018); Graves, "Stochastic Backpropagation through
 * Mixture Density Distributions" (2016).
 *
 * @param weights - w [..., K], which add up to 1, or `{ logits }` [..., K]; the axes before broadcast with the batch shape
 * @param components - a distribution of batch shape [..., K], or a list of K distributions whose batch shapes broadcast
 * @throws ElbowError "strategy" if a strategy has been chosen for a component: choose one for the mixture; "shape" if the
 *   numbers of weights and components, or events, differ; "option" if supports differ, or there are no components
 * @example
 * ```ts
 * import { gamma, logNormal, mixture, normal, run, sample } from "elbow";
 * const x = run(0, sample("x", mixture([0.25, 0.75], normal([-2, 1], [0.5, 1]))));
 * console.log(x.shape); // => []
 * const y = run(0, sample("y", mixture({ logits: [0, 1] }, [gamma([1, 2], 2), logNormal(0, 1)])));
 * console.log(y.shape); // => [ 2 ]
 * ```
 */
export function mixture<T extends Tensor, O extends string>(
  weights: MixtureWeights,
  components: Distribution<T, O>,
): Distribution<T, MixtureOffers<O>>;
export function mixture<T extends Tensor, D extends Distribution<Tensor, never>>(
  weights: MixtureWeights,
  components: readonly (D & Distribution<T, never>)[],
): Distribution<T, MixtureOffers<CommonOffers<D>>>;
export function mixture<T extends Tensor>(
  weights: MixtureWeights,
  components: Distribution<T, never> | readonly Distribution<T, never>[],
): Distribution<T, never> {
  if (components === undefined) throw noComponents();
  const list = Array.isArray(components) ? (components as readonly Distribution<T, never>[]) : undefined;
  const all = list ?? [components as Distribution<T, never>];
  const [first, ...others] = all;
  if (!first) throw noComponents();
  for (const each of all) checkDistribution("mixture", each, list ? "every component" : "the components");
  const decided = all.find(({ strategy }) => strategy);
  if (decided)
    throw new ElbowError("strategy", {
      message: `${decided.strategy!.name} was chosen for ${decided.family.name} inside mixture`,
      hint: `Choose it for the whole: ${decided.strategy!.name}(mixture(…)).`,
    });
  const sides = list ? ofSeveralFamilies([first, ...others]) : ofOneFamily(first.family, first.batch, first.event);
  if (isOptions(weights)) checkOptionNames("mixture: the weights", weights, ["probs", "logits"]);
  const given = isOptions(weights) ? (weights.probs ?? weights.logits) : weights;
  if (given === undefined || (isOptions(weights) && weights.probs !== undefined && weights.logits !== undefined))
    throw new ElbowError("options", {
      message: `mixture takes probs or logits\n  received: ${given === undefined ? "neither" : "both"}`,
      hint: "Write mixture(weights, …) for probabilities, mixture({ logits }, …) for unnormalised logarithms.",
    });
  const kind = isOptions(weights) && weights.logits !== undefined ? byLogits : byProbs;
  return distribution(mixtureFamily(kind, sides), [given, ...all.flatMap(({ parameters }) => parameters)]);
}
