// What a bijector is: rules that receive its tensors explicitly, as a family of distributions does, and the rules with
// their tensors, which is what users hold.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import type { Support } from "../../ir/site.js";
import { stopGradient } from "../../ops/marks.js";
import { where } from "../../ops/where.js";
import type { Shape } from "../../util/shapes.js";
import type { Supported } from "../distribution.js";
import type { BijectorRule } from "./rule.js";
import { expandLast } from "./trailingAxes.js";

/** Phantom marks: they exist for the compiler only. */
declare const domainMark: unique symbol;
declare const movesMark: unique symbol;

/** Supports whose values lie in another one, too. */
export type Within<S extends Support> = S extends "real"
  ? "real" | "positive" | "nonNegative" | "unitInterval" | "interval"
  : S extends "nonNegative"
    ? "nonNegative" | "positive" | "unitInterval"
    : S extends "positive"
      ? "positive" | "unitInterval"
      : S;

/** Accepts values of a support where those of another one are taken; others do not compile, with the reason as type. */
export type Fitting<S, From extends Support> = unknown extends S
  ? unknown
  : [S] extends [Within<From>]
    ? unknown
    : `this bijector takes values of the support ${From}`;

/**
 * A smooth one-to-one map with a smooth inverse.
 *
 * @typeParam From - support of what it takes
 * @typeParam To - support of what it makes of that
 * @typeParam Moves - whether what it makes of all of `From` moves with its parameters (the ends of an interval)
 */
export interface Bijector<
  From extends Support = Support,
  To extends Support = Support,
  Moves extends boolean = boolean,
> {
  readonly rule: BijectorRule;
  /** In the order of the rule's parameter names. */
  readonly parameters: readonly Tensor[];
  /** How many trailing axes of x are transformed together: 0 for one number after the other. */
  readonly domainRank: number;
  /** How many trailing axes of y they become. */
  readonly codomainRank: number;
  /** y = f(x); NaN for what is not in the domain. */
  readonly forward: (x: TensorLike) => Supported<To>;
  /** x = f⁻¹(y); NaN for what is not in the codomain. */
  readonly inverse: (y: TensorLike) => Supported<From>;
  /** log |det ∂y/∂x| at x, of the shape without the axes that are transformed together. */
  readonly logDet: (x: TensorLike) => Tensor;
  /** log |det ∂x/∂y| at y. */
  readonly inverseLogDet: (y: TensorLike) => Tensor;
  /** Shape of an event y from that of x. @throws ElbowError "shape" */
  readonly forwardShape: (event: Shape) => Shape;
  /** Shape of an event x from that of y. @throws ElbowError "shape" */
  readonly inverseShape: (event: Shape) => Shape;
  /** Type marks only, never present. */
  readonly [domainMark]?: From;
  readonly [movesMark]?: Moves;
}

const asFloat = (value: TensorLike): Tensor => {
  const tensor = asTensor(value);
  return tensor.dtype === "float32" ? tensor : tf.cast(tensor, "float32");
};

/**
 * A bijector from a rule and its tensors: how one of one's own is made.
 *
 * @param rule - see `bijectorRule`; its functions are given the tensors, and so can be batched
 * @param parameters - in the order of the rule's parameter names
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { bijectors } from "elbow";
 * const rule = bijectors.bijectorRule({
 *   name: "shift",
 *   domain: "real",
 *   codomain: "real",
 *   parameters: ["by"],
 *   forward: ({ by }, x) => tf.add(x, by),
 *   inverse: ({ by }, y) => tf.sub(y, by),
 *   logDet: (_, x) => tf.zerosLike(x),
 * });
 * const shift = (by: number) => bijectors.bijector<"real", "real">(rule, [by]);
 * console.log(shift(2).forward(1).dataSync()[0]); // => 3
 * ```
 */
export function bijector<From extends Support, To extends Support, Moves extends boolean = false>(
  rule: BijectorRule,
  parameters: readonly TensorLike[] = [],
): Bijector<From, To, Moves> {
  const tensors = parameters.map(asFloat);
  const within = (
    value: Tensor,
    isInside: BijectorRule["isInDomain"],
    result: (parameters: readonly Tensor[], value: Tensor) => Tensor,
    rank: number,
  ): Tensor => {
    const inside = isInside(tensors, stopGradient(value));
    const found = result(tensors, value);
    return inside ? where(expandLast(inside, rank), found, Number.NaN) : found;
  };
  const { domainRank, codomainRank } = rule;
  return {
    rule,
    parameters: tensors,
    domainRank,
    codomainRank,
    forward: (x) => within(asFloat(x), rule.isInDomain, rule.forward, codomainRank),
    inverse: (y) => within(asFloat(y), rule.isInCodomain, rule.inverse, domainRank),
    logDet: (x) => within(asFloat(x), rule.isInDomain, rule.logDet, 0),
    inverseLogDet: (y) => within(asFloat(y), rule.isInCodomain, rule.inverseLogDet, 0),
    forwardShape: rule.forwardShape,
    inverseShape: rule.inverseShape,
  };
}
