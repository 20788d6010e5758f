import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { inline } from "../ir/interpret.js";
import { applyEmitter, asTensor, type TensorLike } from "../ir/lifted.js";
import type { DType } from "../ir/program.js";
import type { Contracted, Contraction, Drawn, SiteContext, Strategy } from "../ir/site.js";
import { trace } from "../ir/tracing.js";
import { stopGradient } from "../ops/marks.js";
import { valueAndGrad } from "../transforms/grad.js";
import { checkArray, checkFunction } from "../util/expected.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape, range, sameShape } from "../util/shapes.js";
import { finiteObjection, valuesOf } from "./finiteSupport.js";
import { drawnEntry, type GumbelDraw, gumbelDraw, gumbelNoise, hardValue, logTable } from "./gumbelRelaxation.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";
import { type Surrogate, traceSurrogate } from "./surrogate.js";

/** Options of {@link relax}. */
export interface RelaxOptions {
  /**
   * c(z): z are the perturbed log probabilities, [...batch, K], for coins the perturbed log odds, [...batch]. Returns a
   * number per element, [...batch], computed from that element alone, or one for all elements together. It is computed
   * from z and `parameters` only.
   */
  readonly surrogate: Surrogate;
  /** Tensors that the surrogate takes beside z. `fit` trains those that the objective itself does not reach. @defaultValue none */
  readonly parameters?: readonly TensorLike[];
}

/** What a surrogate sees of a table [K, ...batch]. */
function seen(table: Tensor, { family }: SiteContext): Tensor {
  if (family.support !== "boolean") return tf.transpose(table, [...range(table.rank).slice(1), 0]);
  const [zero, one] = tf.unstack(table);
  return tf.sub(one!, zero!);
}

type Applied = (z: Tensor, parameters: readonly Tensor[]) => Tensor;

/** The derivative of c(z) − c(z̃) in the log probabilities, [K, ...batch]; itself differentiable in the parameters. */
function controlSlope(
  apply: Applied,
  site: SiteContext,
  logits: Tensor,
  noise: Tensor,
  parameters: readonly Tensor[],
): Tensor {
  const inputs = [logits, noise, ...parameters];
  const types = inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype as DType }));
  const program = trace(types, (l, g, ...rest) => {
    const { free, conditional } = gumbelDraw(l!, g!);
    return [tf.sub(tf.sum(apply(seen(free, site), rest)), tf.sum(apply(seen(conditional, site), rest)))];
  });
  const gradient = valueAndGrad(program, { wrt: [0] });
  return applyEmitter((...variables) => inline(gradient, variables), inputs)[1]!;
}

/** ‖(f − c̃)·a + h‖² as a polynomial in f − c̃: its coefficients, for the score a and the slope h of the control variate. */
function squaredEstimate({ isDrawn, logProbability }: GumbelDraw, slope: Tensor): Record<string, Tensor> {
  const probability = stopGradient(tf.exp(logProbability));
  const score = tf.sub(tf.cast(isDrawn, "float32"), probability);
  return {
    square: tf.sum(tf.square(score), 0),
    cross: tf.sum(tf.mul(score, slope), 0),
    rest: tf.sum(tf.square(slope), 0),
  };
}

function draw(site: SiteContext, surrogate: Surrogate): Drawn {
  const values = valuesOf(site);
  const table = logTable(site);
  const noise = gumbelNoise(site, values.length);
  const drawn = gumbelDraw(table, noise);
  const free = seen(drawn.free, site);
  const apply = traceSurrogate(surrogate, free, site.operands, site);
  // the estimate does not move with the surrogate's parameters: its expectation does not
  const fixed = site.operands.map((each) => stopGradient(each));
  const logProbability = drawnEntry(drawn, drawn.logProbability);
  const keep = {
    logDensity: drawnEntry(drawn, table),
    logProbability,
    free: apply(free, fixed),
    conditional: apply(seen(drawn.conditional, site), fixed),
  };
  const value = stopGradient(hardValue(values, drawn));
  if (fixed.length === 0) return { value, keep };
  const slope = controlSlope(apply, site, stopGradient(table), noise, site.operands);
  const trained = apply(stopGradient(seen(drawn.conditional, site)), site.operands);
  return { value, keep: { ...keep, trained, ...squaredEstimate(drawn, slope) } };
}

/** f(b)·S + c(z) − c(z̃)·S, the control variate without its value; S = exp(ℓ − sg ℓ). */
function contract({ cost, keep }: Contraction): Contracted {
  const { free, conditional, trained, square, cross, rest } = keep;
  const [logDensity, logProbability] = [keep.logDensity!, keep.logProbability!];
  if (!sameShape(free!.shape, logDensity.shape))
    throw new ElbowError("surrogate-joint", {
      message: `relax: the surrogate is one number for all elements, but a leaf of the objective keeps them apart\n  leaf: ${formatShape(cost.shape)}`,
      hint: "Return a number per element, computed from that element alone.",
    });
  const score = (log: Tensor) => tf.exp(tf.sub(log, stopGradient(log)));
  const control = tf.sub(free!, tf.mul(conditional!, score(logProbability)));
  const estimate = tf.add(tf.mul(cost, score(logDensity)), tf.sub(control, stopGradient(control)));
  if (!trained) return { estimate };
  const error = tf.sub(stopGradient(cost), trained);
  const auxiliaryLoss = tf.add(tf.add(tf.mul(tf.square(error), square!), tf.mul(tf.mul(2, error), cross!)), rest!);
  return { estimate, auxiliaryLoss };
}

/** Makes the strategy: one lane, the drawn value; the surrogate alone sees the relaxations. */
export const relaxStrategy = ({ surrogate, parameters = [] }: RelaxOptions): Strategy => ({
  name: "relax",
  isUnbiased: true,
  isPathwise: false,
  maximumOrder: Number.POSITIVE_INFINITY,
  operands: parameters.map((each) => asTensor(each)),
  objection: finiteObjection,
  draw: (site) => draw(site, surrogate),
  contract,
});

/**
 * Estimates a site by RELAX: the score function with a surrogate c of the user's own as control variate, at the relaxed
 * value z and at z̃, the relaxed value given the drawn one: (f(b) − c(z̃))·∂log p(b) + ∂c(z) − ∂c(z̃). One lane; the cost
 * sees the drawn value alone and may jump.
 *
 * Unbiased for any smooth surrogate, for derivatives of any order. `fit` trains the surrogate's parameters beside the
 * objective, by the squared norm of the single estimate in the log probabilities, whose mean is the variance up to a
 * constant; so a temperature is tuned that is one of them. Where a cost mixes the elements of a batch, the surrogates of
 * the elements are added up, or one surrogate of all elements takes their place.
 *
 * Grathwohl, Choi, Wu, Roeder & Duvenaud, "Backpropagation through the Void" (2018).
 *
 * @throws ElbowError "surrogate-shape", "surrogate-mixes", "surrogate-joint" or "surrogate-captures" for a surrogate that
 *   does not fit
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { bernoulli, objective, relax, sample } from "elbow";
 * const L = objective(function* ({ l, w }: { l: tf.Tensor; w: tf.Tensor }) {
 *   const surrogate = (z: tf.Tensor, slope: tf.Tensor) => tf.mul(slope, tf.sigmoid(tf.mul(z, 2)));
 *   const b = yield* sample("b", relax(bernoulli({ logits: l }), { surrogate, parameters: [w] }));
 *   return b.sub(0.45).square();
 * });
 * const { l } = await L.gradEstimate({ seed: 0, draws: 1000 }, { l: tf.scalar(0), w: tf.scalar(0.1) });
 * console.log(l.shape); // => []
 * ```
 */
export const relax = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "relax", "relax needs a distribution with finite support; use reinforce">,
  options: RelaxOptions,
): Chosen<T> => {
  checkOptionNames("relax", options, ["surrogate", "parameters"], ["surrogate"]);
  checkFunction("relax", "the surrogate", options.surrogate, "Write { surrogate: (z, ...parameters) => … }.");
  if (options.parameters !== undefined)
    checkArray("relax", "the parameters", options.parameters, "Write { parameters: [a, b] }.");
  return withStrategy(distribution as Distribution<T, never>, relaxStrategy(options));
};
