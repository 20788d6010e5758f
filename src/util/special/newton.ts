/**
 * The root of an increasing function by Newton's method within a bracket that closes around it; steps that leave the
 * bracket are replaced by bisection, or by a larger stride while one side is still open.
 *
 * @param f - value and slope
 */
export function increasingRoot(
  f: (y: number) => readonly [number, number],
  start: number,
  low = Number.NEGATIVE_INFINITY,
  high = Number.POSITIVE_INFINITY,
): number {
  let y = Math.min(high, Math.max(low, start));
  let stride = 1;
  for (let step = 0; step < 400; step++) {
    const [value, slope] = f(y);
    if (value === 0) return y;
    if (value < 0) low = y;
    else high = y;
    const isOpen = high - low === Number.POSITIVE_INFINITY;
    const newton = y - value / slope;
    let next = isOpen ? y - Math.sign(value) * stride : 0.5 * (low + high);
    if (newton > low && newton < high && !(isOpen && Math.abs(newton - y) > 1e3)) next = newton;
    else stride *= 2;
    if (Math.abs(next - y) <= 4e-16 * Math.abs(y) || next === low || next === high) return next;
    y = next;
  }
  return y;
}
