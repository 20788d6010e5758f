import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Values } from "../../dsl/assess.js";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { ElbowError } from "../../errors.js";
import { sizeOf } from "../../util/shapes.js";
import type { AutomaticGuide, GuideOptions } from "./automaticGuide.js";
import { checkGuideOf } from "./checkGuideOf.js";
import { curvature } from "./curvature.js";
import { choleskyNormal, type FullRankParameters } from "./fullRank.js";
import { joined, jointProgram } from "./jointProgram.js";
import { logJoint, onOneVector } from "./logJoint.js";
import { climb, factorOf, solved, type Top } from "./newton.js";
import { byAddress, inOrder } from "./perSite.js";
import { type Site, sitesOf } from "./sites.js";

/** Options of {@link laplaceGuide}. */
export interface LaplaceOptions<C> extends Omit<GuideOptions<C>, "except"> {
  /** Newton steps to be taken at most. @defaultValue 200 */
  readonly steps?: number;
}

/** A normal guide at the posterior mode, with what was found on the way. */
export interface LaplaceGuide<D extends readonly unknown[], C> extends AutomaticGuide<FullRankParameters<C>, D, C> {
  /** The mode of the density of the unconstrained coordinates, on the supports. */
  readonly mode: Values<C>;
  /** Shape [n, n]: the covariance in unconstrained coordinates, choice after choice. */
  readonly covariance: Tensor;
  /** Laplace's approximation of log p(data): log p(x, u) + (n/2) log 2π − ½ log det H at the mode. */
  readonly logEvidence: number;
}

/**
 * Laplace's approximation: one multivariate normal over all choices of a model in unconstrained coordinates, with the mode of
 * their density as mean and the inverse of the negative Hessian there as covariance. No fit is needed; a fit may go on from
 * it, since the parameters are those of {@link fullRank}.
 *
 * The mode is sought by Newton's method in double precision; the Hessian takes n derivatives of the gradient. It is that of the
 * unconstrained coordinates, log |det ∂x/∂u| included, and not the one that `mapEstimate` finds.
 *
 * Tierney & Kadane, "Accurate approximations for posterior moments and marginal densities" (1986).
 *
 * @param model - all of its choices continuous
 * @param data - the model's arguments; unlike other automatic guides this one is made for these values
 * @throws ElbowError "guide" as {@link meanField} does; if there is no mode, or the density does not fall off in every direction there
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, laplaceGuide, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 0.5), y);
 * });
 * const { mode, covariance } = laplaceGuide(model, [tf.scalar(2)]);
 * console.log(mode.mu.dataSync()[0].toFixed(4), covariance.dataSync()[0].toFixed(4)); // => 1.6000 0.2000
 * ```
 */
export function laplaceGuide<D extends readonly unknown[], M, R>(
  model: GenerativeFunction<D, M, R>,
  data: D,
  options: LaplaceOptions<M> = {},
): LaplaceGuide<D, M> {
  checkGuideOf("laplaceGuide", model, data, options, ["steps"]);
  const { steps = 200 } = options;
  if (!Number.isInteger(steps) || steps < 1)
    throw new ElbowError("option", { message: `laplaceGuide: steps must be a positive integer\n  received: ${steps}` });
  const call = model(...data);
  const sites = sitesOf(call, options);
  const start = sites.flatMap((site) => Array.from(site.start));
  const n = start.length;
  const density = curvature(onOneVector(logJoint("laplaceGuide", call, sites)));
  const top = climb(density, start, steps);
  const precision = checkedFactor(call, sites, top, steps);
  const covariance = new Float64Array(n * n);
  for (let i = 0; i < n; i++) covariance.set(solved(precision, unitVector(n, i), n), i * n);
  const factor = factorOf(covariance, n) as Float64Array;
  const diagonal = Float64Array.from({ length: n }, (_, i) => factor[i * n + i]!);
  const logDeterminant = unitVector(n, -1).reduce((sum, _, i) => sum + 2 * Math.log(precision[i * n + i]!), 0);
  const loc = cut(sites, top.at);
  const parameters = {
    loc,
    logScale: cut(sites, diagonal.map(Math.log)),
    factor: tf.tensor2d(Float32Array.from(factor, (x, i) => (i % n < Math.floor(i / n) ? x / diagonal[Math.floor(i / n)]! : 0)), [n, n]), // biome-ignore format: one formula
  };
  const locs = inOrder(sites, loc);
  const guide = (q: typeof parameters): Call =>
    jointProgram(
      "laplaceGuide",
      sites,
      choleskyNormal(joined(inOrder(sites, q.loc)), joined(inOrder(sites, q.logScale)), q.factor),
    );
  return {
    guide,
    parameters,
    mode: byAddress(sites, ({ bijector }, i) => bijector.forward(locs[i]!)),
    covariance: tf.tensor2d(Float32Array.from(covariance), [n, n]),
    logEvidence: top.value + (n / 2) * Math.log(2 * Math.PI) - logDeterminant / 2,
  } as unknown as LaplaceGuide<D, M>;
}

const unitVector = (n: number, at: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => (i === at ? 1 : 0));

/** A vector cut into tensors, one per site. */
function cut(sites: readonly Site[], vector: Float64Array): Choices {
  let from = 0;
  return byAddress(sites, ({ unconstrained }) => {
    const size = sizeOf(unconstrained);
    from += size;
    return tf.tensor(Float32Array.from(vector.subarray(from - size, from)), [...unconstrained]);
  });
}

/** The factor of the negative Hessian. @throws ElbowError "guide" where there is no mode or no normal like it */
function checkedFactor(model: Call, sites: readonly Site[], top: Top, steps: number): Float64Array {
  const n = top.at.length;
  const factor = factorOf(
    Float64Array.from(top.hessian, (x) => -x),
    n,
  );
  const isFactor = typeof factor !== "number";
  if (isFactor && top.hasConverged) return factor;
  const isLevel = top.gradient.length > 0 && Math.max(...Array.from(top.gradient, Math.abs)) < 1e-6;
  const worst = isFactor ? steepest(top) : factor;
  const at = coordinate(sites, worst);
  const remedies =
    'Give it a proper prior, leave out what the data do not tell apart, or start elsewhere ({ start: "sample", seed }, { start: { values } }); meanField and fullRank need no mode.';
  throw new ElbowError("guide", {
    message:
      !isFactor && (isLevel || top.hasConverged)
        ? `laplaceGuide: the negative Hessian of the log density of ${model.name} is not positive definite where its gradient vanishes\n  it does not fall off along "${at}" given the coordinates before it`
        : `laplaceGuide: no mode of the log density of ${model.name} was found in ${Math.min(top.steps, steps)} Newton steps\n  it still rises along "${at}", at the value ${top.at[worst]!.toPrecision(4)} of the unconstrained coordinate`,
    hint: isFactor || isLevel ? remedies : `The density may have no highest point. ${remedies}`,
    at: { address: at.replace(/\[\d+\]$/, "") },
  });
}

const steepest = ({ gradient }: Top): number =>
  Array.from(gradient).reduce((best, g, i, all) => (Math.abs(g) > Math.abs(all[best]!) ? i : best), 0);

/** The name of a coordinate of the vector. */
function coordinate(sites: readonly Site[], index: number): string {
  let from = 0;
  for (const { address, unconstrained } of sites) {
    const size = sizeOf(unconstrained);
    if (index < from + size) return unconstrained.length > 0 ? `${address}[${index - from}]` : address;
    from += size;
  }
  return "";
}
