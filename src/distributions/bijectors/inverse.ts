import type { Support } from "../../ir/site.js";
import { type Bijector, bijector } from "./bijector.js";
import type { BijectorRule, Monotone } from "./rule.js";

const inverted = ({ direction, domain, codomain }: Monotone, forward: BijectorRule["forward"]): Monotone => ({
  direction,
  domain: codomain,
  codomain: domain,
  // beyond the ends of a domain there is only what rounding puts there
  extendedInverse: forward,
});

const invertedRule = (rule: BijectorRule): BijectorRule => {
  const { variance: _, monotone, ...rest } = rule;
  return {
    ...rest,
    name: `inverse(${rule.name})`,
    domain: rule.codomain,
    codomain: rule.domain,
    domainRank: rule.codomainRank,
    codomainRank: rule.domainRank,
    forward: rule.inverse,
    inverse: rule.forward,
    logDet: rule.inverseLogDet,
    inverseLogDet: rule.logDet,
    isInDomain: rule.isInCodomain,
    isInCodomain: rule.isInDomain,
    forwardShape: rule.inverseShape,
    inverseShape: rule.forwardShape,
    hasAffineLogDet: rule.isAffine,
    ...(monotone && { monotone: inverted(monotone, rule.forward) }),
    overflows: { forward: rule.overflows.inverse, inverse: rule.overflows.forward },
    movesCodomain: false,
  };
};

/**
 * The inverse of a bijector: `inverse(exp)` is the logarithm.
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const log = bijectors.inverse(bijectors.exp);
 * console.log(log.forward(1).dataSync()[0]); // => 0
 * ```
 */
export const inverse = <From extends Support, To extends Support>(of: Bijector<From, To>): Bijector<To, From, false> =>
  bijector(invertedRule(of.rule), of.parameters);
