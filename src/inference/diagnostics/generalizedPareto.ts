/** The generalized Pareto law of exceedances: P(X > x) = (1 + k x / sigma)^(−1/k). */
export interface GeneralizedPareto {
  /** Shape: moments of order 1/k and above are infinite; below 0 the law is bounded by −sigma/k. */
  readonly k: number;
  readonly sigma: number;
}

/**
 * Zhang & Stephens (2009), "A new and efficient estimation method for the generalized Pareto distribution": the mean of
 * θ = −k/sigma under its profile likelihood and their data-dependent prior, on a grid of 30 + ⌊√n⌋ quantiles of the prior. No other
 * prior enters.
 *
 * @param exceedances - positive, in ascending order
 */
export function fitGeneralizedPareto(exceedances: Float64Array): GeneralizedPareto {
  const n = exceedances.length;
  const size = 30 + Math.floor(Math.sqrt(n));
  const largest = exceedances[n - 1]!;
  const quartile = exceedances[Math.floor(n / 4 + 0.5) - 1]!;
  const grid = Float64Array.from(
    { length: size },
    (_, j) => 1 / largest + (1 - Math.sqrt(size / (j + 0.5))) / (3 * quartile),
  );
  const logLikelihoods = grid.map((theta) => {
    const { k, sigma } = profile(theta, exceedances);
    return -n * (Math.log(sigma) + k + 1);
  });
  const most = Math.max(...logLikelihoods);
  const weights = logLikelihoods.map((each) => Math.exp(each - most));
  const total = weights.reduce((a, b) => a + b, 0);
  return profile(
    grid.reduce((sum, theta, j) => sum + (theta * weights[j]!) / total, 0),
    exceedances,
  );
}

/** The most likely law of those with −k/sigma = theta: k is the mean of log(1 − theta x). */
function profile(theta: number, exceedances: Float64Array): GeneralizedPareto {
  const mean = (f: (x: number) => number) => exceedances.reduce((sum, x) => sum + f(x), 0) / exceedances.length;
  if (theta === 0) return { k: 0, sigma: mean((x) => x) };
  const k = mean((x) => Math.log1p(-theta * x));
  return { k, sigma: -k / theta };
}

/** The value below which a share p of the exceedances lies. */
export const generalizedParetoQuantile = ({ k, sigma }: GeneralizedPareto, p: number): number =>
  // the exponential law is the limit for k → 0
  Math.abs(k) < 1e-12 ? -sigma * Math.log1p(-p) : (sigma * Math.expm1(-k * Math.log1p(-p))) / k;
