import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Family } from "../ir/site.js";
import { checkChoice, checkOptionNames } from "../util/options.js";
import { type Distribution, distribution, family, type Supported } from "./distribution.js";
import { isNonNegative, isPositive, onSupport } from "./support.js";

/** Where each support lies, and a point of it. */
const supports = {
  real: [tf.isFinite, 0],
  positive: [isPositive, 1],
  nonNegative: [isNonNegative, 1],
  unitInterval: [(x: tf.Tensor) => tf.logicalAnd(tf.greater(x, 0), tf.less(x, 1)), 0.5],
} as const;

/** The supports that a {@link flat} density can have. */
export type FlatSupport = keyof typeof supports;

function flatFamily(support: FlatSupport): Family {
  const [contains, point] = supports[support];
  const isInside = (x: tf.Tensor) => tf.logicalAnd(contains(x), tf.isFinite(x));
  return family({
    name: "flat",
    support,
    parameters: [],
    shapes: () => ({ batch: [], event: [] }),
    // 0·x for the same reason as in the uniform density
    logDensity: (_, value) => onSupport(value, isInside, point, (x) => tf.mul(0, x)),
    draw: () => {
      throw new ElbowError("improper", {
        message: "flat is no probability distribution, and cannot be drawn from",
        hint: "Let a guide or an observation give its value, or take a proper prior (normal(0, 10), say).",
      });
    },
    isScorable: false,
  });
}

/** Options of {@link flat}. */
export interface FlatOptions<S extends FlatSupport> {
  /** Where the value lives; a guide's must be the same. @defaultValue "real" */
  readonly support?: S;
}

/**
 * The improper flat prior: log density 0 on the whole support, which does not integrate to 1.
 *
 * A model can score a value with it that a guide proposes; drawing from it is an error. Evidence and Bayes factors of models
 * with it are defined up to a constant only. Offers no strategy, since nothing is drawn.
 *
 * @throws ElbowError "improper" where it is drawn from
 * @example
 * ```ts
 * import { flat, logDensity } from "elbow";
 * import * as tf from "@tensorflow/tfjs-core";
 * console.log(logDensity(flat({ support: "positive" }), tf.tensor1d([3, -1])).arraySync()); // => [ 0, -Infinity ]
 * ```
 */
export function flat<const S extends FlatSupport = "real">(
  options: FlatOptions<S> = {},
): Distribution<Supported<S>, never> {
  checkOptionNames("flat", options, ["support"]);
  const { support = "real" as S } = options;
  checkChoice("flat", "support", support, Object.keys(supports));
  return distribution(flatFamily(support), []);
}
