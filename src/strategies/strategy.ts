import type { Tensor } from "@tensorflow/tfjs-core";
import { checkDistribution } from "../distributions/checkDistribution.js";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import type { Family, Strategy } from "../ir/site.js";
import { checkObject } from "../util/expected.js";
import { captureSource } from "../util/location.js";

/** A distribution with a chosen strategy: it offers no further choice. */
export type Chosen<T extends Tensor> = Distribution<T, never>;

/** Accepts a distribution that offers a strategy; others do not compile, with the remedy as the expected type. */
export type Offering<Offers extends string, Name extends string, Remedy extends string> = Name extends Offers
  ? unknown
  : Remedy;

/** The common strategies that a family allows. */
const allowedFor = ({ isPathwise, isScorable, supportValues, supportEvents, weakDerivative }: Family): string[] => [
  ...(isPathwise ? ["reparam"] : []),
  ...(supportValues || supportEvents ? ["enumerate"] : []),
  ...(isScorable ? ["reinforce"] : []),
  ...(weakDerivative ? ["measureValued"] : []),
];

/**
 * The distribution with a gradient strategy of its own: what all strategy functions end in, user-defined ones too.
 *
 * @throws ElbowError "illegal-strategy" if the strategy cannot estimate this family
 */
export function withStrategy<T extends Tensor>(distribution: Distribution<T, never>, strategy: Strategy): Chosen<T> {
  checkObject(
    "withStrategy",
    "the strategy",
    strategy,
    ["name", "objection"],
    "The strategies that there are have functions of their own: reinforce(normal(0, 1)).",
    "a strategy",
  );
  checkDistribution(strategy.name, distribution);
  const objection = strategy.objection(distribution.family);
  if (objection !== undefined)
    throw new ElbowError("illegal-strategy", {
      message: `${strategy.name}(${distribution.family.name}) is not possible: ${objection}`,
      hint: `What ${distribution.family.name} allows: ${allowedFor(distribution.family).join(", ") || "no strategy but its default"}.`,
      at: { source: captureSource().line },
    });
  return { ...distribution, strategy };
}
