import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { builder } from "../ir/builder.js";
import { applyEmitter } from "../ir/lifted.js";
import type { SiteContext, Strategy } from "../ir/site.js";
import { checkOptionNames } from "../util/options.js";
import { cubatureRule, type PointRule, productRule, unscentedRule } from "../util/quadrature/normalRules.js";
import { formatShape, type Shape, sizeOf } from "../util/shapes.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** The largest number of nodes that are run side by side. */
const laneLimit = 65536;

/** Options of {@link quadrature}: one of the two. */
export type QuadratureOptions =
  | {
      /**
       * Gauss–Hermite nodes per number: n, and nᵈ where a cost mixes d of them. Exact for polynomials up to degree 2n − 1 in
       * each. @defaultValue 8
       */
      readonly points?: number;
      readonly degree?: undefined;
    }
  | {
      /**
       * A sparse rule, exact for polynomials up to this total degree: 3, the sigma points of the unscented transformation,
       * 2d + 1 of them, or 5, the spherical-radial cubature rule of 2d² + 1 points.
       */
      readonly degree: 3 | 5;
      readonly points?: undefined;
    };

/** The rules of one choice of options: how many points it has in d dimensions, and which. */
interface Rules {
  readonly exactDegree: number;
  readonly count: (dimension: number) => number;
  readonly rule: (dimension: number) => PointRule;
  readonly label: string;
}

function rulesOf({ points = 8, degree }: QuadratureOptions): Rules {
  if (degree === 3) return { exactDegree: 3, count: (d) => 2 * d + 1, rule: unscentedRule, label: "2d + 1" };
  if (degree === 5) return { exactDegree: 5, count: (d) => 2 * d * d + 1, rule: cubatureRule, label: "2d² + 1" };
  if (degree !== undefined)
    throw new ElbowError("option", { message: `quadrature: degree must be 3 or 5, and is ${degree}` });
  if (!Number.isInteger(points) || points < 1 || points > 100)
    throw new ElbowError("option", {
      message: `quadrature: points must be a whole number from 1 to 100, and is ${points}`,
    });
  return {
    exactDegree: 2 * points - 1,
    count: (d) => points ** d,
    rule: (d) => productRule(d, points),
    label: `${points}^d`,
  };
}

/** Numbers in double precision, inside a trace. */
const constant = (elements: readonly number[], shape: Shape): Tensor =>
  applyEmitter(() => [builder().constant(Float64Array.from(elements), shape, "float32")], [])[0]!;

/**
 * Standard normal noise at the nodes, [lanes, …batch, …event], and their weights. Elements of a batch that every leaf keeps
 * apart share the nodes; those that some leaf mixes are dimensions of one rule, as the numbers of an event are.
 */
function nodes({ address, batch, event, isMixed }: SiteContext, { count, rule, label }: Rules) {
  const mixedShape = batch.map((size, axis) => (isMixed[axis] ? size : 1));
  const dimension = sizeOf(mixedShape) * sizeOf(event);
  const lanes = count(dimension);
  if (lanes > laneLimit)
    throw new ElbowError("too-many-lanes", {
      message:
        `quadrature: a leaf of the objective mixes d = ${dimension} numbers of "${address}" (batch shape ${formatShape(batch)}, ` +
        `event shape ${formatShape(event)}), so that ${label} = ${lanes} nodes would be needed; the limit is ${laneLimit}`,
      hint: "Use { degree: 3 } or { degree: 5 }, fewer points, or reparam.",
      at: { address },
    });
  const { points, weights } = rule(dimension);
  const noise = constant(points.flat(), [lanes, ...mixedShape, ...event]);
  return {
    noise: tf.broadcastTo(noise, [lanes, ...batch, ...event]),
    weight: constant(weights, [lanes, ...batch.map(() => 1)]),
    lanes,
  };
}

/** Makes the strategy. */
export function quadratureStrategy(options: QuadratureOptions = {}): Strategy {
  checkOptionNames("quadrature", options, ["points", "degree"]);
  const rules = rulesOf(options);
  return {
    name: "quadrature",
    isUnbiased: false,
    exactDegree: rules.exactDegree,
    isExact: true,
    isPathwise: true,
    maximumOrder: Number.POSITIVE_INFINITY,
    objection: ({ fromNormal }) =>
      fromNormal ? undefined : "quadrature needs a distribution whose draws are a function of normal noise",
    draw: (site) => {
      const { noise, weight, lanes } = nodes(site, rules);
      return { value: site.family.fromNormal!(site.parameters, noise), lanes, keep: { weight } };
    },
    // Σ wᵢ·s[i]
    contract: ({ cost, keep }) => ({ estimate: tf.sum(tf.mul(keep.weight!, cost), 0) }),
  };
}

/**
 * Estimates a site by deterministic quadrature over its normal noise: no variance, derivatives of any order through the
 * nodes, which move with the parameters. Exact for costs that are polynomials of the noise (for a normal variable: of its
 * value) up to `exactDegree`, 2n − 1 for n `points`, else biased by what is left of the cost beyond that degree: nothing
 * to speak of for a smooth cost and enough points. n lanes; where a cost mixes d numbers (elements of a batch, or those of
 * a vector) nᵈ, or with the sparse rules of `degree` 3 and 5, 2d + 1 and 2d² + 1. The value must reach the objective through
 * continuous operations only; this is checked.
 *
 * Golub & Welsch (1969), "Calculation of Gauss quadrature rules"; Julier & Uhlmann (1997); Jia, Xin & Cheng (2013).
 *
 * @throws ElbowError "too-many-lanes" beyond 65536 nodes; "option" for points or a degree that there are no rules for
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { normal, objective, quadrature, sample } from "elbow";
 * const L = objective(function* ({ m }: { m: tf.Tensor }) {
 *   return (yield* sample("x", quadrature(normal(m, 1), { points: 4 }))).pow(4);
 * });
 * const value = await L.estimate(0, { m: tf.scalar(1) });
 * console.log(value.dataSync()[0]!.toFixed(3)); // => 10.000
 * ```
 */
export const quadrature = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<
      O,
      "quadrature",
      "quadrature needs a distribution made of normal noise: normal, logNormal, multivariateNormal"
    >,
  options: QuadratureOptions = {},
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, quadratureStrategy(options));
