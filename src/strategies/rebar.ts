import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Contraction, Strategy } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { checkOptionNames } from "../util/options.js";
import { broadcastShapes, formatShape, sameShape } from "../util/shapes.js";
import { finiteObjection, valuesOf } from "./finiteSupport.js";
import { drawnEntry, gumbelDraw, gumbelNoise, hardValue, logTable, relaxedValue } from "./gumbelRelaxation.js";
import { type Chosen, type Offering, withStrategy } from "./strategy.js";

/** Options of {@link rebar}. */
export interface RebarOptions {
  /** λ > 0, a number or a tensor that broadcasts to the batch shape: the larger, the smoother. @defaultValue 0.5 */
  readonly temperature?: TensorLike;
  /** η, a number or a scalar: how much of the control variate is used. @defaultValue 1 */
  readonly eta?: TensorLike;
}

/** f(b)·S + η·(f(z) − f(z̃)·S), the last term without its value, which is zero in expectation; S = exp(ℓ − sg ℓ). */
function contract({ cost, keep }: Contraction): { estimate: Tensor } {
  const [hard, free, conditional] = tf.unstack(cost) as [Tensor, Tensor, Tensor];
  const [logDensity, logProbability, eta] = [keep.logDensity!, keep.logProbability!, keep.eta!].map(
    (each) => tf.unstack(each)[0]!,
  ) as [Tensor, Tensor, Tensor];
  const score = (log: Tensor) => tf.exp(tf.sub(log, stopGradient(log)));
  const control = tf.mul(eta, tf.sub(free, tf.mul(conditional, score(logProbability))));
  return { estimate: tf.add(tf.mul(hard, score(logDensity)), tf.sub(control, stopGradient(control))) };
}

/** Makes the strategy: lanes for the drawn value, its relaxation, and its relaxation given the drawn value. */
export function rebarStrategy(options: RebarOptions = {}): Strategy {
  checkOptionNames("rebar", options, ["temperature", "eta"]);
  const { temperature = 0.5, eta = 1 } = options;
  const operands = [asTensor(temperature), asTensor(eta)];
  if (operands[1]!.rank > 0)
    throw new ElbowError("option", {
      message: `rebar: eta must be a number or a scalar, and has the shape ${formatShape(operands[1]!.shape)}`,
    });
  return {
    name: "rebar",
    isUnbiased: true,
    isPathwise: true,
    maximumOrder: Number.POSITIVE_INFINITY,
    operands,
    operandEventRanks: [0, 0],
    objection: finiteObjection,
    draw: (site) => {
      const { address, batch } = site;
      // neither moves the expectation: derivatives in them are noise
      const [lambda, factor] = site.operands.map((each) => stopGradient(each)) as [Tensor, Tensor];
      if (!sameShape(broadcastShapes(lambda.shape, batch) ?? [-1], batch))
        throw new ElbowError("option", {
          message: `rebar: the temperature of "${address}" does not broadcast to its batch shape\n  expected: ${formatShape(batch)}\n  received: ${formatShape(lambda.shape)}`,
          at: { address },
        });
      const values = valuesOf(site);
      const table = logTable(site);
      const drawn = gumbelDraw(table, gumbelNoise(site, values.length));
      const spread = (x: Tensor): Tensor => tf.broadcastTo(x, [3, ...(x.rank === 0 ? batch.map(() => 1) : batch)]);
      return {
        value: tf.stack([
          hardValue(values, drawn),
          relaxedValue(values, drawn.free, lambda),
          relaxedValue(values, drawn.conditional, lambda),
        ]),
        lanes: 3,
        keep: {
          logDensity: spread(drawnEntry(drawn, table)),
          logProbability: spread(drawnEntry(drawn, drawn.logProbability)),
          eta: spread(factor),
        },
      };
    },
    contract,
  };
}

/**
 * Estimates a site by REBAR: the score function, with the cost at a relaxed value (Gumbel-softmax at temperature λ) as
 * control variate, whose expectation is put back by the pathwise derivative. Three lanes: the drawn value b, its
 * relaxation, and the relaxation given b; elements that a cost mixes are relaxed together.
 *
 * Unbiased at every temperature and every η, for derivatives of any order. The cost is evaluated at relaxed values, so the
 * value must reach it through continuous operations only, which is checked: a discrete density, a comparison or an index
 * is refused (write a coin's log density as b·l − softplus(l), or use `relax`). A category's relaxed value is the mean of
 * the indices under softmax(z/λ). Temperature and η are taken as given: nothing tunes them.
 *
 * Tucker, Mnih, Maddison, Lawson & Sohl-Dickstein, "REBAR: Low-variance, unbiased gradient estimates for discrete latent
 * variable models" (2017).
 *
 * @throws ElbowError "discontinuous" where the cost jumps between the values; "option" for an η that is no scalar
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { bernoulli, objective, rebar, sample } from "elbow";
 * const L = objective(function* ({ l }: { l: tf.Tensor }) {
 *   const b = yield* sample("b", rebar(bernoulli({ logits: l }), { temperature: 0.5 }));
 *   return b.sub(0.45).square().sum();
 * });
 * const { l } = await L.gradEstimate({ seed: 0, draws: 1000 }, { l: tf.tensor1d([0, 1]) });
 * console.log(l.shape); // => [ 2 ]
 * ```
 */
export const rebar = <T extends Tensor, O extends string>(
  distribution: Distribution<T, O> &
    Offering<O, "rebar", "rebar needs a distribution with finite support; use reinforce">,
  options: RebarOptions = {},
): Chosen<T> => withStrategy(distribution as Distribution<T, never>, rebarStrategy(options));
