import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Support } from "../ir/site.js";
import type { Bijector } from "./bijectors/bijector.js";
import { bounded } from "./bijectors/bounded.js";
import { choleskyProduct } from "./bijectors/choleskyProduct.js";
import { correlationCholesky } from "./bijectors/correlationCholesky.js";
import { exp } from "./bijectors/exp.js";
import { identity } from "./bijectors/identity.js";
import { lowerCholesky } from "./bijectors/lowerCholesky.js";
import { ordered } from "./bijectors/ordered.js";
import { pipe } from "./bijectors/pipe.js";
import { sigmoid } from "./bijectors/sigmoid.js";
import { stickBreaking } from "./bijectors/stickBreaking.js";
import { checkDistribution } from "./checkDistribution.js";
import type { Distribution, SupportOf } from "./distribution.js";

/** What leads from real numbers to each support that says by its name alone where its values are. */
const bySupport: Readonly<Record<string, () => Bijector>> = {
  real: () => identity(),
  positive: () => exp,
  nonNegative: () => exp,
  unitInterval: () => sigmoid,
  simplex: () => stickBreaking,
  ordered: () => ordered,
  correlationCholesky: () => correlationCholesky,
  lowerCholesky: () => lowerCholesky(),
  positiveDefinite: () => pipe(lowerCholesky(), choleskyProduct),
};

const discrete: readonly Support[] = ["boolean", "counts", "nonNegativeInteger", "categoryIndex", "oneHot"];

/** Why there is no bijector from the real numbers to a support. */
function refusal(support: Support): { message: string; hint: string } {
  if (discrete.includes(support) || support.includes("nteger"))
    return {
      message: "its values are discrete",
      hint: "Sum it out with enumerate, or give it a guide of its own family.",
    };
  if (support === "sphere")
    return {
      message: "no one-to-one map leads from a plane to a whole sphere",
      hint: "Divide independent normal variables by their norm, or use a guide on the sphere.",
    };
  return {
    message: `nothing is known of the support ${support}`,
    hint: "Give it a bijector of its own: transformed(base, bijector).",
  };
}

/**
 * The bijector from unconstrained real numbers to the support of a distribution: what turns a normal guide into one that
 * draws where the distribution can. Positive numbers by exp, intervals by their own ends, the simplex by stick breaking.
 *
 * @param of - a continuous distribution; one event of it is `inverseShape(event)` real numbers
 * @throws ElbowError "unconstrained" for discrete distributions, those on a sphere, and supports of unknown names
 * @example
 * ```ts
 * import { bijectorTo, dirichlet, uniform } from "elbow";
 * console.log(bijectorTo(dirichlet([1, 1, 1])).inverseShape([3])); // => [ 2 ]
 * console.log(bijectorTo(uniform(2, 6)).forward(0).dataSync()[0]); // => 4
 * ```
 */
export function bijectorTo<T extends Tensor>(
  of: Distribution<T, never>,
): Bijector<"real", SupportOf<T> extends infer S extends Support ? S : Support> {
  checkDistribution("bijectorTo", of);
  const { family, parameters } = of;
  const found = family.bounds ? bounded(...family.bounds(parameters)) : bySupport[family.support]?.();
  if (found) return found as ReturnType<typeof bijectorTo<T>>;
  const { message, hint } = refusal(family.support);
  throw new ElbowError("unconstrained", {
    message: `${family.name} has no bijector from the real numbers: ${message}`,
    hint,
  });
}
