import type { Support } from "../../ir/site.js";

/** Supports whose values lie in another one, too: as `Within` says it to the compiler. */
const within: Readonly<Record<string, readonly Support[]>> = {
  real: ["real", "positive", "nonNegative", "unitInterval", "interval"],
  nonNegative: ["nonNegative", "positive", "unitInterval"],
  positive: ["positive", "unitInterval"],
};

/** Whether values of a support may be given to what takes values of another one. */
export const fits = (support: Support, domain: Support): boolean =>
  support === "any" || domain === "any" || (within[domain] ?? [domain]).includes(support);

/** Whether the values of a support are all of a domain: of two intervals only their own ends could tell. */
export const fillsDomain = (support: Support, domain: Support): boolean => support === domain && domain !== "interval";
