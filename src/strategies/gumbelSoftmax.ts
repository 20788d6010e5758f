import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution, Interval, Simplex, SupportOf } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Strategy } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { checkOptionNames } from "../util/options.js";
import { broadcastShapes, formatShape, sameShape } from "../util/shapes.js";
import { eventObjection, eventsOf } from "./finiteSupport.js";
import {
  gumbelDraw,
  gumbelNoise,
  hardEvent,
  hardValue,
  logTable,
  relaxedEvent,
  relaxedValue,
} from "./gumbelRelaxation.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** Options of {@link gumbelSoftmax}. */
export interface GumbelSoftmaxOptions {
  /** λ > 0, a number or a tensor that broadcasts to the batch shape: the smaller, the less bias and the more variance. */
  readonly temperature: TensorLike;
  /** Whether the cost sees the drawn value, with the derivative of the relaxed one (straight-through). @defaultValue false */
  readonly hard?: boolean;
}

/** What relaxed values are: between the numbers of a support, or on the simplex between one-hot vectors. */
type Relaxed<T extends Tensor> = SupportOf<T> extends "oneHot" ? Simplex : Interval;

/** Makes the strategy. */
export function gumbelSoftmaxStrategy(options: GumbelSoftmaxOptions): Strategy {
  checkOptionNames("gumbelSoftmax", options, ["temperature", "hard"], "required");
  const { temperature, hard = false } = options;
  if (typeof temperature === "number" && !(temperature > 0))
    throw new ElbowError("option", {
      message: `gumbelSoftmax: temperature must be positive\n  received: ${temperature}`,
      hint: "Values between 0.1 and 1 are common: the lower, the less bias and the more variance.",
    });
  const operand = asTensor(temperature, "float32", "gumbelSoftmax: temperature");
  return {
    name: hard ? "gumbelSoftmax (hard)" : "gumbelSoftmax",
    isUnbiased: false,
    isPathwise: true,
    maximumOrder: Number.POSITIVE_INFINITY,
    operands: [operand],
    operandEventRanks: [0],
    objection: eventObjection,
    draw: (site) => {
      const { address, batch } = site;
      const [lambda] = site.operands as [Tensor];
      if (!sameShape(broadcastShapes(lambda.shape, batch) ?? [-1], batch))
        throw new ElbowError("option", {
          message: `gumbelSoftmax: the temperature of "${address}" does not broadcast to its batch shape\n  expected: ${formatShape(batch)}\n  received: ${formatShape(lambda.shape)}`,
          at: { address },
        });
      const events = eventsOf(site);
      const drawn = gumbelDraw(logTable(site), gumbelNoise(site, events.length));
      const isVector = site.event.length > 0;
      const values = events.map(([value]) => value!);
      const relaxed = isVector ? relaxedEvent(events, drawn.free, lambda) : relaxedValue(values, drawn.free, lambda);
      if (!hard) return { value: relaxed, keep: {} };
      const discrete = isVector ? hardEvent(events, drawn) : hardValue(values, drawn);
      return { value: tf.add(discrete, tf.sub(relaxed, stopGradient(relaxed))), keep: {} };
    },
  };
}

/**
 * BIASED. Estimates a site by the Gumbel-softmax (concrete) relaxation: the cost sees Σ_k v_k·softmax((log p + g)/λ)_k in
 * place of a value v_k, for Gumbel noise g; for a coin this is the binary concrete σ((l + logistic noise)/λ). One lane and
 * the pathwise derivative. With `hard` the cost sees the drawn value and only the derivative is the relaxed one
 * (straight-through Gumbel).
 *
 * What is optimised is the cost of relaxed values: its distance from the cost of discrete ones goes to zero with λ, and
 * the variance to infinity. The value must reach the cost through continuous operations, which is checked; a category is
 * its index here, so the cost must mean something between the indices; a `oneHotCategorical` becomes a point of the simplex. `run` and `simulate` outside an objective draw
 * discrete values.
 *
 * Jang, Gu & Poole, "Categorical Reparameterization with Gumbel-Softmax" (2017); Maddison, Mnih & Teh, "The Concrete
 * Distribution" (2017).
 *
 * @throws ElbowError "discontinuous" where the value reaches the cost through a comparison, an index or a discrete density
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { bernoulli, gumbelSoftmax, objective, sample } from "elbow";
 * const L = objective(function* ({ l }: { l: tf.Tensor }) {
 *   const b = yield* sample("b", gumbelSoftmax(bernoulli({ logits: l }), { temperature: 0.5 }));
 *   return b.sub(0.45).square();
 * });
 * const { l } = await L.gradEstimate(0, { l: tf.scalar(0) });
 * console.log(l.shape); // => []
 * ```
 */
export const gumbelSoftmax = <T extends Tensor, O extends string, H extends boolean = false>(
  distribution: Distribution<T, O> &
    Offering<O, "gumbelSoftmax", "gumbelSoftmax needs a distribution with finite support; use reparam or reinforce">,
  options: GumbelSoftmaxOptions & { readonly hard?: H },
): Chosen<H extends true ? T : Relaxed<T>> =>
  withStrategy(distribution as Distribution<Tensor, never>, gumbelSoftmaxStrategy(options)) as Chosen<
    H extends true ? T : Relaxed<T>
  >;
