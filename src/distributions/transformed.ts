import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Family, Support } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../util/shapes.js";
import type { Bijector, Fitting } from "./bijectors/bijector.js";
import { type BijectorRule, directed } from "./bijectors/rule.js";
import { fillsDomain, fits } from "./bijectors/supports.js";
import { allLast, sumLast } from "./bijectors/trailingAxes.js";
import type { Distribution, Supported, SupportOf } from "./distribution.js";

/** What a transformed distribution is made of, and how its parameters are told apart. */
interface Parts {
  readonly base: Family;
  readonly rule: BijectorRule;
  /** How many axes of the base's events the bijector works through one by one. */
  readonly extra: number;
  readonly ofBase: <E>(all: readonly E[]) => E[];
  readonly ofRule: <E>(all: readonly E[]) => E[];
}

/** Batch and event shape, from the shapes of all parameters. */
function shapesOf({ base, rule, extra, ofBase, ofRule }: Parts, parameters: readonly Shape[]) {
  const { batch, event } = base.shapes(ofBase(parameters));
  const parts = ofRule(parameters).map((shape, i) => {
    const kept = shape.slice(0, Math.max(0, shape.length - rule.parameterRanks[i]!));
    return {
      own: kept.slice(0, Math.max(0, kept.length - extra)),
      event: kept.slice(Math.max(0, kept.length - extra)),
    };
  });
  const full = broadcastShapes(batch, ...parts.map(({ own }) => own));
  const outer = event.slice(0, extra);
  const stretched = broadcastShapes(outer, ...parts.map((part) => part.event));
  if (!full || !stretched || !sameShape(stretched, outer))
    throw new ElbowError("shape", {
      message: `the parameters of ${rule.name} do not fit the distribution that it transforms\n  ${base.name}: batch ${formatShape(batch)}, event ${formatShape(event)}\n  parameters: ${ofRule(parameters).map(formatShape).join(", ")}`,
    });
  return { batch: full, event: [...outer, ...rule.forwardShape(event.slice(extra))] };
}

/** The ends of the support of scalar values, where it is an interval. */
function endsOf(
  { support, bounds }: Family,
  parameters: readonly Tensor[],
): readonly [TensorLike, TensorLike] | undefined {
  if (bounds) return bounds(parameters);
  if (support === "positive" || support === "nonNegative") return [0, Number.POSITIVE_INFINITY];
  return support === "unitInterval" ? [0, 1] : undefined;
}

/**
 * The ends of the support of the transformed values, where it is not all of the codomain, or an interval whose ends only
 * the bijector knows.
 */
function boundsOf({ base, rule, ofBase, ofRule }: Parts): Family["bounds"] {
  const { monotone } = rule;
  if (!monotone) return undefined;
  if (fillsDomain(base.support, rule.domain) && !base.bounds)
    return rule.codomain !== "interval"
      ? undefined
      : (parameters) => monotone.codomain(ofRule(parameters)).map((end) => asTensor(end)) as [Tensor, Tensor];
  return (parameters) => {
    const [low, high] = endsOf(base, ofBase(parameters)) ?? monotone.domain(ofRule(parameters));
    const image = [low, high].map((end) => rule.forward(ofRule(parameters), asTensor(end))) as [Tensor, Tensor];
    return directed(image, monotone.direction(ofRule(parameters))) as [Tensor, Tensor];
  };
}

/** The least distance that draws keep from the ends of their interval, relative to them and at least. */
const [spacing, least] = [2 ** -23, 2 ** -126];

/** y, moved off the finite ends of its interval where rounding put it there, so that every draw can be scored. */
function offEnds(y: Tensor, ends: readonly [TensorLike, TensorLike]): Tensor {
  const [low, high] = ends.map((end) => (typeof end === "number" && !Number.isFinite(end) ? undefined : asTensor(end)));
  const gap = (end: Tensor) => tf.maximum(tf.mul(spacing, tf.abs(end)), least);
  let kept = y;
  if (low) kept = tf.maximum(kept, tf.add(low, gap(low)));
  if (high) kept = tf.minimum(kept, tf.sub(high, gap(high)));
  return kept === y ? y : tf.add(y, stopGradient(where(tf.isFinite(y), tf.sub(kept, y), 0)));
}

/** Distribution function and quantiles of scalar values, from those of the base. */
function tailsOf({ base, rule, extra, ofBase, ofRule }: Parts) {
  const { monotone } = rule;
  if (!monotone || extra > 0) return {};
  const { cdf, quantile, logCdf, logSurvival, upperQuantile } = base;
  const isIncreasing = (all: readonly Tensor[]) => {
    const direction = monotone.direction(ofRule(all));
    return typeof direction === "number" ? direction > 0 : tf.greater(direction, 0);
  };
  /** The first one where the bijector increases, the second one where it decreases. */
  const chosen = (all: readonly Tensor[], whenUp: () => Tensor, whenDown: () => Tensor): Tensor => {
    const up = isIncreasing(all);
    return typeof up === "boolean" ? (up ? whenUp() : whenDown()) : where(up, whenUp(), whenDown());
  };
  const at = (all: readonly Tensor[], y: Tensor) => monotone.extendedInverse(ofRule(all), y);
  const complement = (p: Tensor) => tf.sub(1, p);
  return {
    ...(cdf && {
      cdf: (all: readonly Tensor[], y: Tensor) => {
        const share = cdf(ofBase(all), at(all, y));
        return chosen(
          all,
          () => share,
          () => complement(share),
        );
      },
    }),
    ...(quantile && {
      quantile: (all: readonly Tensor[], p: Tensor) => {
        const upper = upperQuantile ?? ((own: readonly Tensor[], q: Tensor) => quantile(own, complement(q)));
        const x = chosen(
          all,
          () => quantile(ofBase(all), p),
          () => upper(ofBase(all), p),
        );
        return rule.forward(ofRule(all), x);
      },
    }),
    ...(upperQuantile &&
      quantile && {
        upperQuantile: (all: readonly Tensor[], q: Tensor) => {
          const x = chosen(
            all,
            () => upperQuantile(ofBase(all), q),
            () => quantile(ofBase(all), q),
          );
          return rule.forward(ofRule(all), x);
        },
      }),
    ...(logCdf &&
      logSurvival && {
        logCdf: (all: readonly Tensor[], y: Tensor) => {
          const x = at(all, y);
          return chosen(
            all,
            () => logCdf(ofBase(all), x),
            () => logSurvival(ofBase(all), x),
          );
        },
        logSurvival: (all: readonly Tensor[], y: Tensor) => {
          const x = at(all, y);
          return chosen(
            all,
            () => logSurvival(ofBase(all), x),
            () => logCdf(ofBase(all), x),
          );
        },
      }),
  };
}

/** Mean, variance and entropy, where they follow from those of the base. */
function momentsOf(parts: Parts) {
  const { base, rule, extra, ofBase, ofRule } = parts;
  const { mean, variance, entropy } = base;
  const { variance: spread } = rule;
  const meanLogDet = (all: readonly Tensor[]): Tensor => {
    const { event } = base.shapes(ofBase(all).map(({ shape }) => shape));
    const x = rule.isAffine ? tf.zeros([...event]) : mean!(ofBase(all));
    return sumLast(rule.logDet(ofRule(all), x), extra);
  };
  // a mean that does not depend on all parameters comes out without some of the axes
  const full = (all: readonly Tensor[], value: Tensor) => {
    const { batch, event } = shapesOf(
      parts,
      all.map(({ shape }) => shape),
    );
    return tf.broadcastTo(value, [...batch, ...event]);
  };
  return {
    ...(mean &&
      rule.isAffine && {
        mean: (all: readonly Tensor[]) => full(all, rule.forward(ofRule(all), mean(ofBase(all)))),
      }),
    ...(variance &&
      spread && {
        variance: (all: readonly Tensor[]) => full(all, spread(ofRule(all), variance(ofBase(all)))),
      }),
    // H(f(X)) = H(X) + E log |det f′(X)|
    ...(entropy &&
      (rule.isAffine || (rule.hasAffineLogDet && mean)) && {
        entropy: (all: readonly Tensor[]) => {
          const { batch } = shapesOf(
            parts,
            all.map(({ shape }) => shape),
          );
          return tf.broadcastTo(tf.add(entropy(ofBase(all)), meanLogDet(all)), [...batch]);
        },
      }),
  };
}

function image(base: Family, bijector: Bijector, extra: number): Family {
  const { rule } = bijector;
  const count = base.parameterNames.length;
  const parts: Parts = {
    base,
    rule,
    extra,
    ofBase: (all) => all.slice(0, count),
    ofRule: (all) => all.slice(count),
  };
  const { ofBase, ofRule } = parts;
  const { fromNormal, supportParameters = [], constraints, relations } = base;
  const isOnto = fillsDomain(base.support, rule.domain);
  const isMoving = rule.parameterNames.length > 0 && (rule.movesCodomain || !isOnto);
  const bounds = extra === 0 && rule.domainRank === 0 ? boundsOf(parts) : undefined;
  const bounding = [
    ...supportParameters,
    ...(rule.movesCodomain || !isOnto ? rule.parameterNames.map((_, i) => count + i) : []),
  ];
  /** Whether y can be drawn. The ends are no constants: a density that jumps when one crosses y is seen to do so. */
  const isInside = (all: readonly Tensor[], y: Tensor): Tensor | undefined => {
    const own = rule.isInCodomain(ofRule(all), y);
    const inside = own && allLast(own, extra);
    if (isOnto || !bounds) return inside;
    const [low, high] = bounds(all);
    const within = tf.logicalAnd(tf.greaterEqual(y, low), tf.lessEqual(y, high));
    return inside ? tf.logicalAnd(inside, within) : within;
  };
  return {
    name: `transformed(${base.name}, ${rule.name})`,
    support: rule.codomain,
    dtype: "float32",
    wraps: { kind: "transformed", family: base, by: bijector },
    parameterNames: [...base.parameterNames, ...rule.parameterNames.map((name) => `${rule.name}.${name}`)],
    parameterEventRanks: [...base.parameterEventRanks, ...rule.parameterRanks.map((rank) => rank + extra)],
    isPathwise: base.isPathwise,
    isScorable: base.isScorable && !isMoving,
    ...(bounding.length > 0 && { supportParameters: bounding }),
    ...(bounds && { bounds }),
    shapes: (parameters) => shapesOf(parts, parameters),
    // log p(f⁻¹(y)) + log |det ∂f⁻¹/∂y|
    logDensity: (all, y) => {
      const density = base.logDensity(ofBase(all), rule.inverse(ofRule(all), y));
      const volume = sumLast(rule.inverseLogDet(ofRule(all), y), extra);
      const inside = isInside(all, stopGradient(y));
      return inside ? where(inside, tf.add(density, volume), Number.NEGATIVE_INFINITY) : tf.add(density, volume);
    },
    draw: (all, key, batch) => {
      const y = rule.forward(ofRule(all), base.draw(ofBase(all), key, batch));
      return rule.monotone ? offEnds(y, rule.monotone.codomain(ofRule(all))) : y;
    },
    ...(fromNormal && {
      fromNormal: (all, noise) => rule.forward(ofRule(all), fromNormal(ofBase(all), noise)),
    }),
    ...momentsOf(parts),
    ...tailsOf(parts),
    ...(constraints && { constraints: [...constraints, ...rule.parameterNames.map(() => undefined)] }),
    ...(relations && { relations }),
  };
}

/** The strategies that a transformed distribution keeps: no score function sees a support that moves with parameters. */
type Kept<Offers extends string, S, From, Moves> =
  | Extract<Offers, "reparam" | "quadrature">
  | (true extends Moves ? never : [S] extends [From] ? Extract<Offers, "reinforce"> : never);

/**
 * The distribution of f(X) for a bijector f and X of another distribution, with log density
 * log p(f⁻¹(y)) + log |det ∂f⁻¹/∂y|, −∞ outside of what f makes of the support of X.
 *
 * Offers reparam and quadrature where the base does, and reinforce unless the support moves with parameters: that of
 * `interval` with tensors as ends, or where the base does not fill the bijector's domain. It has a mean and a variance under
 * affine bijectors, an entropy where the mean of the log determinant is known, and cdf and quantiles under monotone functions of
 * one number. A strategy chosen for the base is kept.
 *
 * @param base - a continuous distribution; vectors that a bijector transforms together must be its events (`independent`)
 * @param bijector - one of `bijectors`; its parameters broadcast with the base's batch
 * @throws ElbowError "support-mismatch" if the values of the base are not in the bijector's domain, "shape" if shapes do not
 *   fit, "strategy" if the strategy already chosen cannot treat the result
 * @example
 * ```ts
 * import { bijectors, normal, run, sample, transformed } from "elbow";
 * const rate = run(0, sample("rate", transformed(normal([0, 1], 1), bijectors.exp)));
 * console.log(rate.shape, rate.min().dataSync()[0] > 0); // => [ 2 ] true
 * ```
 */
export function transformed<
  T extends Tensor,
  Offers extends string,
  From extends Support,
  To extends Support,
  Moves extends boolean,
>(
  base: Distribution<T, Offers>,
  bijector: Bijector<From, To, Moves> & Fitting<SupportOf<T>, From>,
): Distribution<Supported<To>, Kept<Offers, SupportOf<T>, From, Moves>> {
  const { family, event, strategy } = base;
  const { rule } = bijector;
  if (!fits(family.support, rule.domain) || family.dtype !== "float32")
    throw new ElbowError("support-mismatch", {
      message: `${rule.name} cannot transform ${family.name}\n  expected: ${rule.domain}\n  received: ${family.support}`,
    });
  if (event.length < rule.domainRank)
    throw new ElbowError("shape", {
      message: `${rule.name} transforms events of ${rule.domainRank} axes together\n  received: ${family.name} with events of shape ${formatShape(event)}`,
      hint: "independent(d) makes events of batch axes.",
    });
  const extra = event.length - rule.domainRank;
  const result = image(family, bijector, extra);
  const parameters = [...base.parameters, ...bijector.parameters];
  const objection = strategy?.objection(result);
  if (objection !== undefined)
    throw new ElbowError("strategy", {
      message: `${strategy?.name} was chosen for ${family.name}, but cannot stand inside transformed: ${objection}`,
      hint: "Choose a strategy for the whole: reparam(transformed(d, bijector)).",
    });
  const shapes = result.shapes(parameters.map(({ shape }) => shape));
  return { family: result, parameters, ...shapes, strategy };
}
