import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import type { Support } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { foldIn, standardNormal, standardUniform } from "../ops/random.js";
import { where } from "../ops/where.js";
import { checkFunction, checkObject } from "../util/expected.js";
import type { Shape } from "../util/shapes.js";
import { type Distribution, distribution, type FamilyRules, family, type Supported } from "./distribution.js";

/** Random numbers for a sampler: every call gives new ones, independent of those before. */
export interface Noise {
  /** Shape of the draws: several of them may be asked for at once. */
  readonly shape: Shape;
  /** Uniform on (0, 1). @param shape - @defaultValue that of the draws */
  readonly uniform: (shape?: Shape) => Tensor;
  /** Standard normal. */
  readonly normal: (shape?: Shape) => Tensor;
}

type Named<P extends string> = Readonly<Record<P, Tensor>>;
/** P(X ≤ x). */
export type CdfRule<P extends string> = (parameters: Named<P>, x: Tensor) => Tensor;

/** What {@link fromSampler} makes a distribution of. */
export interface SamplerRules<P extends string, S extends Support, IsSmooth extends boolean, Moves extends boolean>
  extends Pick<
    FamilyRules<P>,
    "dtype" | "eventRanks" | "shapes" | "logDensity" | "mean" | "variance" | "entropy" | "quantile" | "constraints"
  > {
  readonly name: string;
  readonly support: S;
  /** The parameters by name. */
  readonly parameters: Readonly<Record<P, TensorLike>>;
  /** Draws of the shape `noise.shape` (and the event's, if there is one), from tfjs operations on the noise. */
  readonly sampler: (parameters: Named<P>, noise: Noise) => Tensor;
  /**
   * P(X ≤ x) of continuous scalars, differentiable: gives pathwise derivatives whatever the sampler does, by
   * dx/dθ = −(∂F/∂θ)/p.
   */
  readonly cdf?: CdfRule<P> | undefined;
  /** Whether the sampler, at fixed noise, is a differentiable function of the parameters. @defaultValue false */
  readonly isSmooth?: IsSmooth;
  /** Whether the support moves with the parameters, so that there is no score function. @defaultValue false */
  readonly movesSupport?: Moves;
}

type Discrete = "boolean" | "nonNegativeInteger" | "categoryIndex";
/** What is offered, by whether draws can be moved, and by whether the support does. */
type SamplerOffers<S, IsPathwise, Moves> =
  | (S extends Discrete ? never : IsPathwise extends true ? "reparam" : never)
  | (Moves extends true ? never : "reinforce");

const discrete: readonly string[] = ["boolean", "nonNegativeInteger", "categoryIndex"] satisfies Discrete[];

function noiseOf(key: Tensor, shape: Shape): Noise {
  let count = 0;
  const next = () => foldIn(key, count++);
  return {
    shape,
    uniform: (own = shape) => standardUniform(next(), own),
    normal: (own = shape) => standardNormal(next(), own),
  };
}

/**
 * x, which moves with the parameters as the quantile of the probability below it: Newton's method for F(x) = u begins at the
 * solution, so that two steps change nothing but the derivatives, up to the third.
 */
function atQuantile(x: Tensor, cdf: (x: Tensor) => Tensor, logDensity: (x: Tensor) => Tensor): Tensor {
  const fixed = stopGradient(x);
  const u = stopGradient(cdf(fixed));
  const step = (at: Tensor): Tensor => {
    const density = tf.exp(logDensity(at));
    const isPositive = tf.greater(stopGradient(density), 0);
    return tf.sub(at, tf.div(tf.sub(cdf(at), u), where(isPositive, density, 1)));
  };
  return step(step(fixed));
}

/**
 * A distribution from a sampler and a log density, with all that others have: it is drawn, scored, observed, repeated by
 * `iid`, and estimated.
 *
 * Offers reinforce, unless its support moves with the parameters; and reparam where the sampler is smooth, or a distribution
 * function is given: then draws, whatever way they came about, move with the parameters as quantiles do (implicit
 * reparameterization: Figurnov, Mohamed & Mnih 2018), with derivatives up to the third. The functions must be consistent:
 * the log density normalised and −∞ outside the support, and the derivative of the distribution function in x the density.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { fromSampler, run, sample } from "elbow";
 * // the hyperbolic secant distribution
 * const secant = (m: number) =>
 *   fromSampler({
 *     name: "secant",
 *     support: "real",
 *     parameters: { m },
 *     sampler: ({ m }, noise) => {
 *       const angle = tf.mul(Math.PI / 2, noise.uniform());
 *       return tf.add(m, tf.mul(2 / Math.PI, tf.log(tf.tan(angle))));
 *     },
 *     logDensity: ({ m }, x) => tf.neg(tf.log(tf.mul(2, tf.cosh(tf.mul(Math.PI / 2, tf.sub(x, m)))))),
 *     isSmooth: true,
 *   });
 * const x = run(0, sample("x", secant(3)));
 * console.log(x.shape); // => []
 * ```
 */
export function fromSampler<const P extends string, const S extends Support, const Moves extends boolean = false>(
  rules: SamplerRules<P, S, boolean, Moves> & { readonly cdf: CdfRule<P> },
): Distribution<Supported<S>, SamplerOffers<S, true, Moves>>;
export function fromSampler<
  const P extends string,
  const S extends Support,
  const IsSmooth extends boolean = false,
  const Moves extends boolean = false,
>(rules: SamplerRules<P, S, IsSmooth, Moves>): Distribution<Supported<S>, SamplerOffers<S, IsSmooth, Moves>>;
export function fromSampler<P extends string, S extends Support>(
  rules: SamplerRules<P, S, boolean, boolean>,
): Distribution<Supported<S>, never> {
  const hint =
    'Write fromSampler({ name: "mine", support: "real", parameters: { loc: 0 }, sampler, logDensity, cdf }).';
  checkObject("fromSampler", "the rules", rules, ["name", "support", "parameters"], hint);
  checkObject("fromSampler", "parameters", rules.parameters, [], hint, "an object of parameters by name");
  checkFunction("fromSampler", "sampler", rules.sampler, hint);
  checkFunction("fromSampler", "logDensity", rules.logDensity, hint);
  if (rules.cdf !== undefined) checkFunction("fromSampler", "cdf", rules.cdf, hint);
  const { parameters, sampler, logDensity, cdf, isSmooth = false, movesSupport = false, ...rest } = rules;
  const names = Object.keys(parameters) as P[];
  const isImplicit = cdf !== undefined && !isSmooth && !discrete.includes(rules.support);
  const of = family<P>({
    ...rest,
    parameters: names,
    logDensity,
    draw: (each, key, batch) => {
      const x = sampler(each, noiseOf(key, batch));
      if (!isImplicit) return x;
      return atQuantile(
        x,
        (at) => cdf(each, at),
        (at) => logDensity(each, at),
      );
    },
    ...(cdf && { cdf }),
    isPathwise: isSmooth || isImplicit,
    isScorable: !movesSupport,
  });
  return distribution(
    of,
    names.map((name) => parameters[name]),
  );
}
