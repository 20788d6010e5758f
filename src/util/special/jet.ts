// Truncated Taylor series in two variables: coefficient (i, j) is the derivative ∂ⁱ⁺ʲ/∂aⁱ∂bʲ over i!·j!. They carry
// derivatives in the parameters through any formula.
import { factorial } from "./polygamma.js";

// Values and first derivatives, series of one and two coefficients, are written out: they are computed often.

/** How often a formula is differentiated in the first and in the second variable. */
export type Orders = readonly [number, number];

/** Coefficients of cᵢⱼ·gⁱhʲ, row after row. */
export interface Jet {
  readonly orders: Orders;
  readonly at: number[];
}

export function constantJet(value: number, orders: Orders): Jet {
  const length = (orders[0] + 1) * (orders[1] + 1);
  const at = length === 1 ? [value] : length === 2 ? [value, 0] : [value, ...new Array<number>(length - 1).fill(0)];
  return { orders, at };
}

/** value + first·g + second·h */
export function linearJet(value: number, first: number, second: number, orders: Orders): Jet {
  const jet = constantJet(value, orders);
  if (orders[0] > 0) jet.at[orders[1] + 1] = first;
  if (orders[1] > 0) jet.at[1] = second;
  return jet;
}

/** A series from its coefficients. */
export function jetOf(orders: Orders, coefficient: (i: number, j: number) => number): Jet {
  const jet = constantJet(0, orders);
  for (let i = 0; i <= orders[0]; i++)
    for (let j = 0; j <= orders[1]; j++) jet.at[i * (orders[1] + 1) + j] = coefficient(i, j);
  return jet;
}

export const addJets = (x: Jet, y: Jet): Jet => ({ orders: x.orders, at: x.at.map((each, k) => each + y.at[k]!) });
const differenceOf = (x: Jet, y: Jet): Jet => ({ orders: x.orders, at: x.at.map((each, k) => each - y.at[k]!) });
export const scaleJet = (x: Jet, by: number): Jet => ({ orders: x.orders, at: x.at.map((each) => each * by) });

/** Σ over (k, l) ≤ (i, j), leaving out (0, 0) of the first, of weight·x(k, l)·y(i − k, j − l). */
function convolve(x: Jet, y: Jet, i: number, j: number, weight: (k: number, l: number) => number): number {
  const width = x.orders[1] + 1;
  let sum = 0;
  for (let k = 0; k <= i; k++)
    for (let l = k === 0 ? 1 : 0; l <= j; l++)
      sum += weight(k, l) * x.at[k * width + l]! * y.at[(i - k) * width + j - l]!;
  return sum;
}

const once = (): number => 1;

export function multiplyJets(x: Jet, y: Jet): Jet {
  const [x0, x1] = x.at as [number, number];
  const [y0, y1] = y.at as [number, number];
  if (x.at.length === 1) return { orders: x.orders, at: [x0 * y0] };
  if (x.at.length === 2) return { orders: x.orders, at: [x0 * y0, x0 * y1 + x1 * y0] };
  const width = x.orders[1] + 1;
  return jetOf(x.orders, (i, j) => x.at[0]! * y.at[i * width + j]! + convolve(x, y, i, j, once));
}

export function divideJets(x: Jet, y: Jet): Jet {
  const [x0, x1] = x.at as [number, number];
  const [y0, y1] = y.at as [number, number];
  if (x.at.length === 1) return { orders: x.orders, at: [x0 / y0] };
  if (x.at.length === 2) return { orders: x.orders, at: [x0 / y0, (x1 - (x0 / y0) * y1) / y0] };
  const width = x.orders[1] + 1;
  const quotient = constantJet(0, x.orders);
  for (let i = 0; i <= x.orders[0]; i++)
    for (let j = 0; j < width; j++)
      quotient.at[i * width + j] = (x.at[i * width + j]! - convolve(y, quotient, i, j, once)) / y.at[0]!;
  return quotient;
}

/** e^x; `first` stands for e^{x₀}, which the caller may know better. */
export function exponentialJet(x: Jet, first: number): Jet {
  const width = x.orders[1] + 1;
  const result = constantJet(first, x.orders);
  for (let i = 0; i <= x.orders[0]; i++)
    for (let j = i === 0 ? 1 : 0; j < width; j++) {
      const sum = convolve(x, result, i, j, i > 0 ? (k) => k : (_, l) => l);
      result.at[i * width + j] = sum / (i > 0 ? i : j);
    }
  return result;
}

/** Whether a change no longer matters to any coefficient. */
export function isNegligible(change: Jet, sum: Jet): boolean {
  for (let k = 0; k < sum.at.length; k++) if (Math.abs(change.at[k]!) > 2 ** -54 * Math.abs(sum.at[k]!)) return false;
  return true;
}

/** The derivative of the orders that the series was made for. */
export const derivativeOf = ({ at, orders: [i, j] }: Jet): number => at.at(-1)! * factorial(i) * factorial(j);

/**
 * The continued fraction b₀ + a₁/(b₁ + a₂/(b₂ + …)) by the modified method of Lentz.
 *
 * @param first - b₀
 * @param terms - k ↦ [aₖ, bₖ] for k = 1, 2, …
 */
export function continuedFraction(first: Jet, terms: (k: number) => readonly [Jet, Jet]): Jet {
  const one = constantJet(1, first.orders);
  const tiny = 1e-300;
  let value = first.at[0] === 0 ? addJets(first, constantJet(tiny, first.orders)) : first;
  let c = value;
  let d = constantJet(0, first.orders);
  for (let k = 1; k < 100_000; k++) {
    const [a, b] = terms(k);
    d = divideJets(one, addJets(b, multiplyJets(a, d)));
    c = addJets(b, divideJets(a, c));
    const next = multiplyJets(value, multiplyJets(c, d));
    const isDone = isNegligible(differenceOf(next, value), next);
    value = next;
    if (isDone) break;
  }
  return value;
}
