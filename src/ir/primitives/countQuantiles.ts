// Quantiles of counts, by bisection on the host in double precision; they do not move with the parameters.
import * as quantiles from "../../util/special/countQuantiles.js";
import { ternary } from "./elementwise.js";

/** The smallest k with P(K ≤ k) ≥ u for K ~ Binomial(n, 1 − q), for operands (u, n, q). */
export const binomialQuantile = ternary({
  name: "binomialQuantile",
  dtype: () => "float32",
  evaluate: quantiles.binomialQuantile,
});

/** The smallest k with P(K ≤ k) ≥ u for a negative binomial K, for operands (u, number of failures r, odds p/(1 − p)). */
export const negativeBinomialQuantile = ternary({
  name: "negativeBinomialQuantile",
  dtype: () => "float32",
  evaluate: quantiles.negativeBinomialQuantile,
});
