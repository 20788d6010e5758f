import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkDistribution } from "../distributions/checkDistribution.js";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import type { Strategy } from "../ir/site.js";
import { isTracing, variableOf } from "../ir/tracing.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { captureSource } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../util/shapes.js";
import { checkCopies } from "./copies.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** Options of {@link importance}. */
export interface ImportanceOptions {
  /** Independent draws that are run side by side and averaged. @defaultValue 1 */
  readonly copies?: number;
}

const shapesOf = ({ parameters }: Distribution<Tensor, never>): Shape[] => parameters.map(({ shape }) => shape);

/** Whether two tensors are known to be equal. */
const isSame = (a: Tensor, b: Tensor): boolean =>
  isTracing()
    ? variableOf(a) === variableOf(b)
    : sameShape(a.shape, b.shape) && a.dataSync().every((x, i) => x === b.dataSync()[i]);

/** Supports that differ by points of no probability. */
const closed = (support: string): string => (support === "positive" ? "nonNegative" : support);

/** Why draws of a proposal may miss part of a target's support, or undefined if they do not. */
function gap(p: Distribution<Tensor, never>, q: Distribution<Tensor, never>): string | undefined {
  const [target, proposal] = [p.family, q.family];
  if (!proposal.isScorable)
    return `the support of ${proposal.name} moves with its parameters, so that it is not known to cover that of ${target.name}`;
  if (target.dtype !== proposal.dtype || closed(target.support) !== closed(proposal.support))
    return `values of ${proposal.name} are ${proposal.support}, and those of ${target.name} ${target.support}`;
  const values = target.supportValues?.(shapesOf(p));
  const proposed = proposal.supportValues?.(shapesOf(q));
  const missed = values?.find((value) => proposed?.includes(value) === false);
  if (missed !== undefined) return `${proposal.name} never draws ${missed}, and ${target.name} does`;
  if (proposed && !values) return `${proposal.name} draws ${proposed.length} values only`;
  for (const { name, parameterNames, supportParameters = [] } of [proposal, target])
    for (const i of supportParameters)
      if (target.name !== proposal.name || !isSame(p.parameters[i]!, q.parameters[i]!))
        return `draws of ${name} are bounded by ${parameterNames[i]}, which must be the same for both`;
  return undefined;
}

/** Makes the strategy that draws from a proposal. @throws ElbowError "proposal" for one that does not fit `target` */
export function importanceStrategy(
  target: Distribution<Tensor, never>,
  proposal: Distribution<Tensor, never>,
  options: ImportanceOptions = {},
): Strategy {
  checkOptionNames("importance", options, ["copies"]);
  checkDistribution("importance", proposal);
  const { copies = 1 } = options;
  checkCopies("importance", copies);
  checkProposal(target, proposal);
  return {
    name: "importance",
    isUnbiased: true,
    isPathwise: false,
    maximumOrder: Number.POSITIVE_INFINITY,
    operands: proposal.parameters,
    operandEventRanks: proposal.family.parameterEventRanks,
    objection: ({ isScorable }) =>
      isScorable ? undefined : "its support moves with its parameters, which weights do not see; use reparam",
    draw: ({ family, parameters, operands, key, batch }) => {
      const value = stopGradient(proposal.family.draw(operands, key, copies > 1 ? [copies, ...batch] : batch));
      const proposed = stopGradient(proposal.family.logDensity(operands, value));
      const keep = { logWeight: tf.sub(family.logDensity(parameters, value), proposed) };
      return copies > 1 ? { value, lanes: copies, keep } : { value, keep };
    },
    // w·s, averaged over copies; a draw of weight 0 must not let an infinite cost in
    contract: ({ cost, keep }) => {
      const weight = tf.exp(keep.logWeight!);
      const weighted = tf.mul(weight, where(tf.equal(weight, 0), 0, cost));
      return { estimate: copies > 1 ? tf.mean(weighted, 0) : weighted };
    },
  };
}

function checkProposal(target: Distribution<Tensor, never>, proposal: Distribution<Tensor, never>): void {
  const refuse = (message: string, hint: string): never => {
    throw new ElbowError("proposal", {
      message: `importance(${target.family.name}, ${proposal.family.name}) is not possible: ${message}`,
      hint,
      at: { source: captureSource().line },
    });
  };
  const missing = gap(target, proposal);
  if (missing !== undefined)
    refuse(missing, "Take a proposal that can draw all that the distribution can, such as one of its own family.");
  if (!sameShape(target.event, proposal.event))
    refuse(
      `the shapes of one draw differ\n  expected: ${formatShape(target.event)}\n  received: ${formatShape(proposal.event)}`,
      "Give both the same event shape.",
    );
  if (!sameShape(broadcastShapes(target.batch, proposal.batch) ?? [-1], target.batch))
    refuse(
      `the proposal's batch shape does not broadcast\n  expected: ${formatShape(target.batch)}\n  received: ${formatShape(proposal.batch)}`,
      "Give the proposal one parameter for all elements, or one per element.",
    );
  if (proposal.strategy)
    refuse(
      `the proposal has a strategy, ${proposal.strategy.name}, but is not differentiated`,
      "Pass the plain distribution.",
    );
}

/**
 * Estimates a site by draws from another distribution, the proposal q, that are weighed: E_p s = E_q (p/q)·s. Unbiased for
 * any cost and any order of derivative, which passes through the weight alone; the proposal is not differentiated, though
 * it may depend on parameters and earlier choices. Low variance where q is near p·|s|, high where its tails are lighter
 * than those of p.
 *
 * Where a leaf of the objective keeps the site's elements apart, each is weighed by itself; where a leaf mixes elements,
 * by the product of their weights, whose variance grows with their number. `copies` draws cost as many lanes.
 *
 * Kahn & Marshall, "Methods of reducing sample size in Monte Carlo computations" (1953); as a gradient estimator: Lew,
 * Huot, Staton & Mansinghka, "ADEV: sound automatic differentiation of expected values" (2023).
 *
 * @param distribution - the distribution p that the site has
 * @param proposal - q, of the same type of values and a batch shape that broadcasts to that of p
 * @throws ElbowError "proposal" if the proposal may miss values that the distribution has, or its shapes do not fit;
 *   "option" for a number of copies that is not a positive integer
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { flip, importance, objective, sample } from "elbow";
 * // a rare event, drawn half of the time
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   return (yield* sample("x", importance(flip(p), flip(0.5)))).mul(1000);
 * });
 * const { p } = await L.gradEstimate({ seed: 0, draws: 10_000 }, { p: tf.scalar(0.001) });
 * console.log(Math.abs(p.dataSync()[0]! - 1000) < 50); // => true
 * ```
 */
export const importance = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "reinforce", "the support of this distribution moves with its parameters; use reparam">,
  proposal: Distribution<NoInfer<T>, never>,
  options: ImportanceOptions = {},
): Chosen<T> => {
  checkDistribution("importance", distribution, "the first argument");
  checkDistribution("importance", proposal, "the proposal");
  const target = distribution as Distribution<T, never>;
  return withStrategy(target, importanceStrategy(target, proposal, options));
};
