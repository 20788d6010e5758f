import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Family } from "../../ir/site.js";
import { stopGradient } from "../../ops/marks.js";
import { where } from "../../ops/where.js";
import type { Parts } from "./parts.js";

type Tails = Pick<Family, "cdf" | "quantile" | "logCdf" | "logSurvival" | "upperQuantile">;
type OfValue = NonNullable<Tails["cdf"]>;

/** Distribution function and quantiles of transformed numbers, from those of the base. */
export function tailsOf({ base, rule, extra, ofBase, ofRule }: Parts): Tails {
  const { monotone } = rule;
  if (!monotone || extra > 0) return {};
  /** The first one where the bijector increases, the second one where it decreases. */
  const byDirection = (all: readonly Tensor[], up: () => Tensor, down: () => Tensor): Tensor => {
    const direction = monotone.direction(ofRule(all));
    if (typeof direction === "number") return direction > 0 ? up() : down();
    return where(tf.greater(direction, 0), up(), down());
  };
  /** A function of the base's values at f⁻¹(y), and what it is at −∞ and ∞, where its formula need not have a derivative. */
  const at =
    (of: OfValue, low: number, high: number): OfValue =>
    (all, y) => {
      const x = monotone.extendedInverse(ofRule(all), y);
      const end = stopGradient(x);
      const inside = of(ofBase(all), where(tf.isFinite(end), x, rule.inverse(ofRule(all), y)));
      const above = where(tf.equal(end, Number.POSITIVE_INFINITY), high, inside);
      return where(tf.equal(end, Number.NEGATIVE_INFINITY), low, above);
    };
  const tail =
    (up: OfValue, down: OfValue): OfValue =>
    (all, y) =>
      byDirection(
        all,
        () => up(all, y),
        () => down(all, y),
      );
  const { cdf, quantile, logCdf, logSurvival } = base;
  const upperQuantile = base.upperQuantile ?? (quantile && ((own, q) => quantile(own, tf.sub(1, q))));
  const lower = cdf && at(cdf, 0, 1);
  const logLower = logCdf && at(logCdf, Number.NEGATIVE_INFINITY, 0);
  const logUpper = logSurvival && at(logSurvival, 0, Number.NEGATIVE_INFINITY);
  const mapped =
    (up: OfValue, down: OfValue): OfValue =>
    (all, p) =>
      rule.forward(
        ofRule(all),
        byDirection(
          all,
          () => up(ofBase(all), p),
          () => down(ofBase(all), p),
        ),
      );
  return {
    ...(lower && { cdf: tail(lower, (all, y) => tf.sub(1, lower(all, y))) }),
    ...(logLower && logUpper && { logCdf: tail(logLower, logUpper), logSurvival: tail(logUpper, logLower) }),
    ...(quantile &&
      upperQuantile && {
        quantile: mapped(quantile, upperQuantile),
        upperQuantile: mapped(upperQuantile, quantile),
      }),
  };
}
