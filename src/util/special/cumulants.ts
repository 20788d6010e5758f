const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

/**
 * Cumulants from moments about the mean: κₙ = μₙ − Σ C(n − 1, m − 1)·κₘ·μₙ₋ₘ over 2 ≤ m < n.
 *
 * @returns from order 1 on, at their orders; 0 at order 0
 */
export function cumulantsOf(n: number, mean: number, moment: (k: number) => number): number[] {
  const result = [0, mean];
  const moments = [1, 0];
  for (let k = 2; k <= n; k++) {
    moments.push(moment(k));
    let cumulant = moments[k]!;
    for (let m = 2; m < k; m++) cumulant -= choose(k - 1, m - 1) * result[m]! * moments[k - m]!;
    result.push(cumulant);
  }
  return result;
}
