/** A density on a grid. */
export interface Density {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Position of a quantile in ascending values, interpolated. */
export function quantileOf(ascending: Float64Array, p: number): number {
  const at = p * (ascending.length - 1);
  const below = Math.floor(at);
  const [a, b] = [ascending[below]!, ascending[Math.min(below + 1, ascending.length - 1)]!];
  return a + (at - below) * (b - a);
}

/** Silverman's (1986, equation 3.31) width 0.9 min(s, IQR/1.34) n^(−1/5), n the number of distinct values; 0 for values that are all the same. */
export function bandwidthOf(ascending: Float64Array): number {
  const n = ascending.length;
  // draws that stand there several times say no more than once
  let distinct = 1;
  for (let i = 1; i < n; i++) if (ascending[i] !== ascending[i - 1]) distinct++;
  const mean = ascending.reduce((sum, x) => sum + x, 0) / n;
  const sd = Math.sqrt(ascending.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, n - 1));
  const spread = (quantileOf(ascending, 0.75) - quantileOf(ascending, 0.25)) / 1.34;
  return 0.9 * Math.min(sd, spread || sd) * distinct ** -0.2;
}

/** Bounds that values come near and never pass: 0, and 1 if they start at 0. What would lie beyond is reflected there. */
export function boundsOf(ascending: Float64Array, bandwidth: number): { low: number; high: number } {
  const [least, largest] = [ascending[0]!, ascending.at(-1)!];
  const low = least >= 0 && least < 3 * bandwidth ? 0 : Number.NEGATIVE_INFINITY;
  const isUnit = least >= 0 && largest <= 1 && largest > 1 - 3 * bandwidth;
  return { low, high: isUnit ? 1 : Number.POSITIVE_INFINITY };
}

/**
 * A Gaussian kernel density estimate on a grid of `points` from one value to another, reflected at the bounds of the values.
 *
 * @param values - finite
 */
export function densityOf(values: ArrayLike<number>, from: number, to: number, points = 96): Density {
  const ascending = Float64Array.from(values).sort();
  const width = bandwidthOf(ascending) || Math.max(1e-9, (to - from) / 50);
  const { low, high } = boundsOf(ascending, width);
  const start = Math.max(from, low);
  const end = Math.min(to, high);
  const x = Float64Array.from({ length: points }, (_, i) => start + ((end - start) * i) / (points - 1));
  const factor = 1 / (ascending.length * width * Math.sqrt(2 * Math.PI));
  const kernels = (at: number): number => {
    let sum = 0;
    for (const value of ascending) {
      const z = (at - value) / width;
      if (z < 6 && z > -6) sum += Math.exp(-0.5 * z * z);
    }
    return sum;
  };
  const y = x.map((at) => {
    const below = Number.isFinite(low) ? kernels(2 * low - at) : 0;
    const above = Number.isFinite(high) ? kernels(2 * high - at) : 0;
    return factor * (kernels(at) + below + above);
  });
  return { x, y };
}
