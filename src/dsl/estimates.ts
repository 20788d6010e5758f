import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { loop } from "../ops/control.js";
import { stopGradient } from "../ops/marks.js";
import { checkArray, checkFunction } from "../util/expected.js";
import { checkOptionNames } from "../util/options.js";
import { range } from "../util/shapes.js";
import { asked } from "./asked.js";
import type { Effects, Replicated } from "./effects.js";
import { type Computation, checkRuns, sideBySide } from "./replicate.js";

/**
 * Independent unbiased estimates of the expectation of a computation, side by side: s₁, …, s_n with E s_i = E x and
 * E ∂s_i = ∂E x for what the computation returns, x. Unlike the runs of {@link replicate}, they are estimates already: what
 * is enumerated inside is summed there, what is estimated by a score carries it along. So functions of them that are
 * linear in each estimate the same functions of the expectation, products for example.
 *
 * What stands inside is not seen by the estimator around it, nor by reports.
 *
 * @param runs - how many, n
 * @param computation - returns one tensor of reals, of any shape
 * @returns a tensor with a first axis of n
 * @throws ElbowError "option" unless n is a positive integer; "estimate-state" for baselines inside that move or are learned
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { enumerate, estimates, flip, run, sample } from "elbow";
 * const s = run(0, estimates(3, () => sample("b", enumerate(flip(0.25)))));
 * console.log(s.arraySync()); // => [ 0.25, 0.25, 0.25 ]
 * ```
 */
export const estimates = asked(
  "estimates",
  function* estimates(runs: number, computation: Computation<Tensor>): Effects<Replicated, Tensor> {
    checkRuns("estimates", runs);
    return yield sideBySide("estimates", runs, computation, true);
  },
);

/**
 * An unbiased estimate of (E x)ⁿ for what a computation returns, x, or of Π E x_i for several computations: the product of
 * independent estimates. Squaring one estimate instead would add its variance.
 *
 * Lew, Huot, Staton & Mansinghka, "ADEV: Sound Automatic Differentiation of Expected Values" (2023), section 5.
 *
 * @param factors - n and the computation, or the list of computations; each returns one tensor, and the shapes broadcast
 * @throws ElbowError "option" unless there is a factor
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { normal, objective, productOfEstimates, sample } from "elbow";
 * const L = objective(function* ({ m }: { m: tf.Tensor }) {
 *   return yield* productOfEstimates(2, () => sample("x", normal(m, 1)));
 * });
 * const { m } = await L.gradEstimate({ seed: 0, draws: 10_000 }, { m: tf.scalar(3) });
 * console.log(Math.abs(m.dataSync()[0]! - 6) < 0.1); // => true
 * ```
 */
export const productOfEstimates = asked(
  "productOfEstimates",
  function* productOfEstimates(
    ...factors: readonly [runs: number, computation: Computation<Tensor>] | readonly [readonly Computation<Tensor>[]]
  ): Effects<Replicated, Tensor> {
    if (factors.length === 2) {
      checkRuns("productOfEstimates", factors[0]);
      checkFunction(
        "productOfEstimates",
        "the computation",
        factors[1],
        "Write productOfEstimates(n, function* () { … }).",
      );
    }
    if (factors.length === 2) return tf.prod(yield* estimates(...factors), 0);
    checkArray(
      "productOfEstimates",
      "a single argument",
      factors[0],
      "Write productOfEstimates(n, computation), or ([first, second]).",
    );
    checkRuns("productOfEstimates", factors[0].length);
    let product: Tensor | undefined;
    for (const computation of factors[0]) {
      const factor = tf.squeeze(yield* estimates(1, computation), [0]);
      product = product ? tf.mul(product, factor) : factor;
    }
    return product!;
  },
);

/** Options of {@link expOfEstimate}. */
export interface ExpOptions {
  /** Estimates that are run, side by side. @defaultValue 16 */
  readonly copies?: number;
  /**
   * A guess of the expectation, independent of the copies: the nearer, the fewer are needed. @defaultValue the mean of a
   * quarter of the copies, which are then used for nothing else
   */
  readonly center?: TensorLike;
}

/**
 * An estimate of exp(E x) for what a computation returns, x, from independent estimates s₁, …, s_M of E x:
 *
 * eᶜ · Σ_{k ≤ M} (1/k!) · (mean over all k of the M copies of Π (s_i − c))
 *
 * whose expectation is the Taylor series of exp(E x − c)·eᶜ up to order M. ADEV multiplies a Poisson number N of copies,
 * e^λ Π_{i ≤ N} s_i/λ, which needs any number of them; this is its mean over N and over the order of the copies, so its
 * variance is lower. Value and gradient are unbiased but for the rest of the series, at most |δ|^(M+1)·e^|δ|/(M + 1)! relative
 * to exp(E x) for δ = E x − c: below single precision for |δ| ≤ 1 from M = 9 on. The variance is about e^(2 E x)·σ²/M for
 * estimates of variance σ² ≤ M, exactly e^(2c)·Σ_{k ≥ 1} σ^(2k)/((M over k)·k!²) at δ = 0.
 *
 * Lew, Huot, Staton & Mansinghka, "ADEV: Sound Automatic Differentiation of Expected Values" (2023), section 5.
 *
 * @param computation - returns one tensor of reals, of any shape
 * @throws ElbowError "option" unless there is a copy, and two without `center`
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { expOfEstimate, normal, objective, sample } from "elbow";
 * const L = objective(function* ({ m }: { m: tf.Tensor }) {
 *   return yield* expOfEstimate(() => sample("x", normal(m, 1)));
 * });
 * const value = await L.estimate({ seed: 0, draws: 10_000 }, { m: tf.scalar(0.5) });
 * console.log(Math.abs(value.dataSync()[0]! - Math.exp(0.5)) < 0.05); // => true
 * ```
 */
export const expOfEstimate = asked(
  "expOfEstimate",
  function* expOfEstimate(computation: Computation<Tensor>, options: ExpOptions = {}): Effects<Replicated, Tensor> {
    checkFunction("expOfEstimate", "the computation", computation, "Write expOfEstimate(function* () { … }).");
    checkOptionNames("expOfEstimate", options, ["copies", "center"]);
    const { copies = 16, center } = options;
    checkRuns("expOfEstimate", copies, center === undefined ? 2 : 1);
    const pilots = center === undefined ? Math.ceil(copies / 4) : 0;
    const drawn = yield* estimates(copies, computation);
    const own = drawn.shape.slice(1);
    const [first, rest] = tf.split(drawn, [pilots, copies - pilots], 0) as [Tensor, Tensor];
    const about = stopGradient(
      center === undefined
        ? tf.mean(first, 0)
        : tf.broadcastTo(asTensor(center, "float32", "expOfEstimate: center"), own),
    );
    const means = symmetricMeans(tf.sub(rest, about));
    const factorials = range(means.shape[0]!).map((k) => range(k).reduce((product, i) => product / (i + 1), 1));
    const weights = tf.reshape(tf.tensor1d(factorials), [-1, ...own.map(() => 1)]);
    return tf.mul(tf.exp(about), tf.sum(tf.mul(means, weights), 0));
  },
);

/**
 * For k = 0 … M the mean of Π x_i over all sets of k among M, [M, …] ↦ [M + 1, …]. With the m-th element, sets of k are
 * with probability k/m those that have it: e_k ← ((m − k)·e_k + k·x_m·e_{k−1})/m.
 */
function symmetricMeans(x: Tensor): Tensor {
  const [count, ...own] = x.shape as [number, ...number[]];
  const table = (entry: (m: number, k: number) => number) =>
    tf.reshape(tf.tensor2d(range(count).map((i) => range(count + 1).map((k) => (k > i + 1 ? 0 : entry(i + 1, k))))), [
      count,
      count + 1,
      ...own.map(() => 1),
    ]);
  const start = tf.concat([tf.ones([1, ...own]), tf.zeros([count, ...own])], 0);
  const { carry } = loop(
    ([means], [element, without, including]) => {
      const shifted = tf.concat([tf.zeros([1, ...own]), tf.slice(means!, [0], [count])], 0);
      return {
        carry: [tf.add(tf.mul(without!, means!), tf.mul(including!, tf.mul(shifted, element!)))],
        outputs: [],
      };
    },
    [start],
    [x, table((m, k) => (m - k) / m), table((m, k) => k / m)],
  );
  return carry[0]!;
}
