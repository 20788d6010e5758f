import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import type { Support } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { checkText } from "../util/expected.js";
import { checkOptionNames } from "../util/options.js";
import { real } from "./constraints.js";
import { type Distribution, distribution, family, type Supported } from "./distribution.js";
import { onSupport } from "./support.js";

const deltaFamily = (support: Support) =>
  family({
    name: "delta",
    support,
    parameters: ["value"],
    // with respect to the point mass itself; 0·x for the same reason as in the uniform density
    logDensity: ({ value }, x) =>
      onSupport(
        x,
        (at) => tf.equal(at, stopGradient(value)),
        value,
        (at) => tf.mul(0, at),
      ),
    draw: ({ value }, _, batch) => tf.broadcastTo(value, [...batch]),
    // the support moves with the parameter
    isScorable: false,
    mean: ({ value }) => value,
    variance: ({ value }) => tf.zerosLike(value),
    // with respect to the point mass, too
    entropy: ({ value }) => tf.zerosLike(value),
    cdf: ({ value }, x) => tf.cast(tf.greaterEqual(x, value), "float32"),
    quantile: ({ value }, p) => tf.add(value, tf.zerosLike(p)),
    constraints: { value: real },
  });

/** Options of {@link delta}. */
export interface DeltaOptions<S extends Support> {
  /** Where the value lives; a guide's must be the model's. @defaultValue "real" */
  readonly support?: S;
}

/**
 * The distribution of a value that is certain: log density 0 there, −∞ elsewhere.
 *
 * In a guide it makes a point estimate (maximum a posteriori). Offers reparam.
 *
 * @param value - the value, any shape; events are scalar
 * @example
 * ```ts
 * import { delta, run, sample } from "elbow";
 * const x = run(0, sample("x", delta([1, 2, 3])));
 * console.log(x.arraySync()); // => [ 1, 2, 3 ]
 * ```
 */
export function delta<const S extends Support = "real">(
  value: TensorLike,
  options: DeltaOptions<S> = {},
): Distribution<Supported<S>, "reparam"> {
  checkOptionNames("delta", options, ["support"]);
  const { support = "real" as S } = options;
  checkText("delta", "the support", support, 'Write { support: "positive" }, for example.');
  return distribution(deltaFamily(support), [value]);
}
