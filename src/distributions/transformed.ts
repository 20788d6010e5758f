import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Family, Support } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { checkObject } from "../util/expected.js";
import { formatShape } from "../util/shapes.js";
import type { Bijector, Fitting } from "./bijectors/bijector.js";
import { both } from "./bijectors/rule.js";
import { fillsDomain, fits } from "./bijectors/supports.js";
import { allLast, sumLast } from "./bijectors/trailingAxes.js";
import { checkDistribution } from "./checkDistribution.js";
import type { Distribution, Supported, SupportOf } from "./distribution.js";
import { boundsOf, offEnds } from "./images/bounds.js";
import { momentsOf } from "./images/moments.js";
import { type Parts, shapesOf } from "./images/parts.js";
import { tailsOf } from "./images/tails.js";

/** The family of f(X), whose parameters are those of X and then those of f. */
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
  const { fromNormal, supportParameters = [], relations = [] } = base;
  const { constraints = base.parameterNames.map(() => undefined) } = base;
  const isOnto = fillsDomain(base.support, rule.domain);
  const isMoving = rule.parameterNames.length > 0 && (rule.movesCodomain || !isOnto);
  const bounds = boundsOf(parts);
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
    const within = allLast(tf.logicalAnd(tf.greaterEqual(y, low), tf.lessEqual(y, high)), extra);
    return inside ? tf.logicalAnd(inside, within) : within;
  };
  /** Whether f⁻¹(y) is a float between the ends of the domain, and none of them, of the shape without transformed axes. */
  const hasInverse = (all: readonly Tensor[], y: Tensor): Tensor | undefined => {
    // where floats end is no discontinuity of the density
    const own = ofRule(all).map((each) => stopGradient(each));
    const x = rule.inverse(own, y);
    return both(allLast(tf.isFinite(x), rule.domainRank), rule.isInDomain(own, x));
  };
  return {
    name: `transformed(${base.name}, ${rule.name})`,
    // of vectors that are only some of the codomain nobody knows where they lie
    support: isOnto || rule.domainRank === 0 ? rule.codomain : "any",
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
    logDensity: (all, value) => {
      const fixed = stopGradient(value);
      const isThere = rule.overflows.inverse ? hasInverse(all, fixed) : undefined;
      const y = isThere && rule.codomainRank === 0 ? where(isThere, value, 0.5) : value;
      const density = base.logDensity(ofBase(all), rule.inverse(ofRule(all), y));
      const total = tf.add(density, sumLast(rule.inverseLogDet(ofRule(all), y), extra));
      const inside = both(isInside(all, fixed), isThere && allLast(isThere, extra));
      return inside ? where(inside, total, Number.NEGATIVE_INFINITY) : total;
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
    constraints: [...constraints, ...rule.constraints],
    relations: [
      ...relations,
      ...rule.relations.map((each) => ({ ...each, parameters: each.parameters.map((i) => count + i) })),
    ],
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
  checkDistribution("transformed", base);
  checkObject(
    "transformed",
    "the second argument",
    bijector,
    ["rule", "parameters"],
    "Write exp, for example.",
    "a bijector",
  );
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
