import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { foldIn, standardNormal } from "../../ops/random.js";
import { formatShape } from "../../util/shapes.js";
import { type Bijector, bijector } from "./bijector.js";
import { asKey, type KeyOrSeed } from "./mlp.js";
import { bijectorRule } from "./rule.js";
import { type SplineOptions, type SplineParameters, splineFrom } from "./spline.js";

/**
 * A monotone rational-quadratic spline on [−bound, bound], the identity outside, elementwise. Its first derivative goes on
 * across the knots, the second one jumps there.
 *
 * Durkan, Bekasov, Murray & Papamakarios, "Neural spline flows" (2019).
 *
 * @param parameters - see `initRationalQuadraticSpline`; their axes but the last broadcast with x
 * @throws ElbowError "shape" if they do not fit each other
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const spline = bijectors.rationalQuadraticSpline(bijectors.initRationalQuadraticSpline(0, { bins: 4 }));
 * console.log(spline.forward(-9).dataSync()[0]); // => -9
 * ```
 */
export function rationalQuadraticSpline(
  { widths, heights, derivatives }: SplineParameters,
  { bound = 5 }: Pick<SplineOptions, "bound"> = {},
): Bijector<"real", "real", false> {
  const bins = widths.shape.at(-1) ?? 0;
  if (bins < 2 || heights.shape.at(-1) !== bins || derivatives.shape.at(-1) !== bins - 1)
    throw new ElbowError("shape", {
      message: `rationalQuadraticSpline: the parameters do not fit\n  expected: widths [..., k], heights [..., k], derivatives [..., k − 1]\n  received: ${[widths, heights, derivatives].map(({ shape }) => formatShape(shape)).join(", ")}`,
    });
  const rule = bijectorRule({
    name: "rationalQuadraticSpline",
    domain: "real",
    codomain: "real",
    parameters: ["widths", "heights", "derivatives"],
    parameterRanks: { widths: 1, heights: 1, derivatives: 1 },
    forward: (own, x) => splineFrom(own, bound).forward(x),
    inverse: (own, y) => splineFrom(own, bound).inverse(y),
    logDet: (own, x) => splineFrom(own, bound).logDet(x),
    monotone: {},
  });
  return bijector(rule, [widths, heights, derivatives]);
}

/** Sizes of a spline. */
export interface SplineSizes extends Pick<SplineOptions, "bins"> {
  /** Shape of the elements that have a spline of their own. @defaultValue [] */
  readonly shape?: readonly number[];
}

/**
 * Starting values of a {@link rationalQuadraticSpline}, close to the identity.
 *
 * @param key - a key or a seed
 */
export function initRationalQuadraticSpline(
  key: KeyOrSeed,
  { bins = 8, shape = [] }: SplineSizes = {},
): SplineParameters {
  const root = asKey(key);
  const near = (part: number, size: number) => tf.mul(standardNormal(foldIn(root, part), [...shape, size]), 0.01);
  return { widths: near(0, bins), heights: near(1, bins), derivatives: near(2, bins - 1) };
}
