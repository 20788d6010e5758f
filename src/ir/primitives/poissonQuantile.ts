import { poissonQuantile as quantile } from "../../util/poisson.js";
import { binary } from "./elementwise.js";

/** The smallest k with P(K ≤ k) ≥ u for K ~ Poisson(rate), as a float32: the inverse-transform sampler of counts. */
export const poissonQuantile = binary({ name: "poissonQuantile", dtype: () => "float32", evaluate: quantile });
