// What the score function subtracts from a cost. Any value that is independent of the draw it is subtracted for leaves
// the estimate unbiased; the nearer to the cost, the lower the variance.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Contraction, SiteContext } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { checkOptionNames } from "../util/options.js";
import { broadcastShapes, formatShape, range, sameShape } from "../util/shapes.js";
import { squaredScore } from "./squaredScore.js";

/** A baseline that follows the mean cost: b ← decay·b + (1 − decay)·mean cost, carried from step to step for every leaf. */
export interface DecayingMean {
  readonly decay: number;
}

/** A baseline that `fit` trains: see {@link learned}. */
export interface LearnedBaseline {
  readonly kind: "learned";
  readonly prediction: Tensor;
  readonly weight: number;
  readonly decay: number | undefined;
}

/** What the score function may subtract. */
export type Baseline = TensorLike | DecayingMean | LearnedBaseline | "leaveOneOut" | "optimal";

/** Options of {@link learned}. */
export interface LearnedOptions {
  /** Factor of the squared error, for optimizers that heed scale. @defaultValue 1 */
  readonly weight?: number;
  /**
   * Adds a decaying mean of what the prediction misses, one for every leaf (the c of NVIL): it adapts at once where the
   * prediction has yet to be learned. @defaultValue none
   */
  readonly decay?: number;
}

/**
 * A baseline that is learned alongside: a tensor b that the user computes from parameters of its own, and from anything
 * that is known before the choice (data, earlier choices). `fit` minimises weight·Σ (cost − b)² beside the objective,
 * with the cost held constant; it moves those parameters alone that the objective does not reach. Other methods of
 * objectives, gradients too, leave that loss out. Parameters used in one loop for both the prediction and the cost count
 * as reached by the objective.
 *
 * Where a leaf of the objective keeps the site's elements apart, each has its own cost and its own element of b; where a
 * leaf mixes them, their elements of b are added up. Leaves of different shapes share one prediction; a `decay` gives each
 * an offset of its own.
 *
 * Mnih & Gregor, "Neural Variational Inference and Learning in Belief Networks" (2014), section 2.3.
 *
 * @param prediction - a tensor that broadcasts to the batch shape of the site
 * @throws ElbowError "option" for a weight that is not positive or a decay outside [0, 1); in a fit,
 *   "learned-baseline" if the prediction has no parameters of its own
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { adam, fit, flip, learned, objective, reinforce, sample } from "elbow";
 * const L = objective(function* ({ l, b }: { l: tf.Tensor; b: tf.Tensor }) {
 *   const x = yield* sample("x", reinforce(flip(tf.sigmoid(l)), { baseline: learned(b) }));
 *   return x.sub(4).square();
 * });
 * const parameters = { l: tf.scalar(0), b: tf.scalar(0) };
 * const found = await fit(L, { parameters, steps: 1000, optimizer: adam({ learningRate: 0.05 }) });
 * console.log(Math.abs(found.parameters.b.dataSync()[0]! - found.objective) < 0.5); // => true
 * ```
 */
export function learned(prediction: TensorLike, options: LearnedOptions = {}): LearnedBaseline {
  checkOptionNames("learned", options, ["weight", "decay"]);
  const { weight = 1, decay } = options;
  if (!(weight > 0) || !Number.isFinite(weight))
    throw new ElbowError("option", { message: `learned: the weight must be positive, and is ${weight}` });
  if (decay !== undefined) checkDecay("learned", decay);
  return { kind: "learned", prediction: asTensor(prediction, "float32", "learned: the prediction"), weight, decay };
}

/** A baseline at work. */
export interface BaselineRule {
  readonly operand?: Tensor;
  readonly initialState?: number;
  /** What a site must keep for it, given draws (with a leading axis of copies if there are some). */
  readonly keep?: (site: SiteContext, value: Tensor) => Readonly<Record<string, Tensor>>;
  /** The baseline, which broadcasts with the cost; independent of the copy that it is subtracted for. */
  readonly of: (contraction: Contraction) => {
    readonly baseline: Tensor;
    readonly state?: Tensor;
    readonly auxiliaryLoss?: Tensor;
  };
}

/** The rule for an option; a missing one means leave-one-out if there are copies, else none. */
export function baselineRule(option: Baseline | undefined, copies: number): BaselineRule {
  const chosen = option ?? (copies > 1 ? "leaveOneOut" : 0);
  if (chosen === "leaveOneOut" || chosen === "optimal") {
    if (copies < 2)
      throw new ElbowError("option", {
        message: `reinforce: the baseline "${chosen}" is made of the other copies, and there is one copy`,
        hint: `Write { baseline: "${chosen}", copies: 4 }, for example.`,
      });
    return chosen === "optimal" ? optimal : { of: ({ cost }) => ({ baseline: meanOfOthers(cost) }) };
  }
  if (isLearned(chosen)) return learning(chosen, copies);
  if (isDecayingMean(chosen)) {
    checkDecay("reinforce", chosen.decay);
    return {
      initialState: 0,
      of: ({ cost, state }) => ({ baseline: state!, state: decayed(state!, chosen.decay, tf.mean(cost)) }),
    };
  }
  // zero has no need to be an operand
  if (chosen === 0) return { of: () => ({ baseline: tf.scalar(0) }) };
  return { operand: asTensor(chosen), keep: keepOperand(copies), of: ({ keep }) => ({ baseline: keep.baseline! }) };
}

const isLearned = (baseline: Exclude<Baseline, string>): baseline is LearnedBaseline =>
  typeof baseline === "object" && !(baseline instanceof tf.Tensor) && "prediction" in baseline;
const isDecayingMean = (baseline: Exclude<Baseline, string>): baseline is DecayingMean =>
  typeof baseline === "object" && !(baseline instanceof tf.Tensor) && "decay" in baseline;

function checkDecay(name: string, decay: number): void {
  if (decay >= 0 && decay < 1) return;
  throw new ElbowError("option", {
    message: `${name}: the decay must be at least 0 and less than 1, and is ${decay}`,
  });
}

const decayed = (state: Tensor, decay: number, next: Tensor): Tensor =>
  stopGradient(tf.add(tf.mul(decay, state), tf.mul(1 - decay, next)));

/** Keeps the operand, the same for all copies. */
const keepOperand =
  (copies: number) =>
  ({ address, batch, operands: [operand] }: SiteContext): Record<string, Tensor> => {
    const { shape } = operand!;
    if (!sameShape(broadcastShapes(shape, batch) ?? [-1], batch))
      throw new ElbowError("baseline-shape", {
        message: `the baseline of "${address}" does not broadcast to its batch shape\n  expected: ${formatShape(batch)}\n  received: ${formatShape(shape)}`,
        hint: "Give one number for all, or one per element of the batch; sum or average it over other axes.",
        at: { address },
      });
    return { baseline: copies > 1 ? tf.broadcastTo(operand!, [copies, ...shape]) : operand! };
  };

/** b + c with the loss weight·(cost − b − c)², which trains b; c is the decaying mean of cost − b. */
const learning = ({ prediction, weight, decay }: LearnedBaseline, copies: number): BaselineRule => ({
  operand: prediction,
  ...(decay !== undefined && { initialState: 0 }),
  keep: keepOperand(copies),
  of: ({ cost, keep, state }) => {
    const error = tf.sub(stopGradient(cost), keep.baseline!);
    const remaining = state ? tf.sub(error, state) : error;
    return {
      baseline: state ? tf.add(keep.baseline!, state) : keep.baseline!,
      ...(state && { state: decayed(state, decay!, tf.mean(error)) }),
      auxiliaryLoss: tf.mul(weight / copies, tf.square(remaining)),
    };
  },
});

/** Per copy: the mean of the others' costs. */
const meanOfOthers = (cost: Tensor): Tensor => {
  const copies = cost.shape[0]!;
  return tf.div(tf.sub(tf.sum(cost, 0, true), cost), copies - 1);
};

/** Per copy: the sum over the others. By a product with a matrix whose diagonal is 0, so that no rounding of its own is left. */
function sumOfOthers(x: Tensor): Tensor {
  const copies = x.shape[0]!;
  const others = range(copies).map((i) => range(copies).map((j) => (i === j ? 0 : 1)));
  return tf.reshape(tf.matMul(tf.tensor2d(others), tf.reshape(x, [copies, -1])), x.shape);
}

/**
 * The constant of least variance, b* = E[f‖s‖²]/E[‖s‖²] for the score s in the distribution's parameters, with both
 * expectations estimated from the other copies.
 */
const optimal: BaselineRule = {
  keep: ({ family, parameters }, value) => ({ squaredScore: squaredScore(family, parameters, value) }),
  of: ({ cost, keep }) => {
    const fixed = stopGradient(cost);
    const weight = tf.add(stopGradient(keep.squaredScore!), tf.zerosLike(fixed));
    const total = sumOfOthers(weight);
    const isWeighed = tf.greater(total, 0);
    const weighed = tf.div(sumOfOthers(tf.mul(weight, fixed)), tf.where(isWeighed, total, tf.onesLike(total)));
    return { baseline: tf.where(isWeighed, weighed, meanOfOthers(fixed)) };
  },
};
