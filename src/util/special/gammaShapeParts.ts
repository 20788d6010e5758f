// The derivative of a gamma density in its shape as a difference of two densities: ∂p/∂a = (log x − ψ(a))·p is positive above
// e^{ψ(a)} and negative below, and both parts have the same mass.
import { logGammaFlow } from "./gammainc.js";
import { lgamma } from "./lgamma.js";
import { poissonTerm } from "./poissonTerm.js";
import { digamma, polygamma } from "./polygamma.js";

/** The density of y = log x for a gamma variable x. */
export function densityOfLog(a: number, y: number): number {
  const x = Math.exp(y);
  return x > 1e-300 ? a * poissonTerm(a, x) : Math.exp(a * y - lgamma(a));
}

/** Where the derivative changes its sign, and the mass of either part. */
interface Turn {
  readonly shape: number;
  readonly at: number;
  readonly mass: number;
  /** Standard deviation of y. */
  readonly deviation: number;
}
/** That of the shape that was asked for last: draws mostly share theirs. */
let last: Turn | undefined;

function turnOf(a: number): Turn {
  if (last?.shape !== a) {
    const at = digamma(a);
    last = { shape: a, at, mass: logGammaFlow(a, at) * densityOfLog(a, at), deviation: Math.sqrt(polygamma(1, a)) };
  }
  return last;
}

/** The mass of either part, for a shape a > 0. */
export const gammaShapeMass = (a: number): number =>
  a > 0 && a < Number.POSITIVE_INFINITY ? turnOf(a).mass : Number.NaN;

/**
 * The y on one side of the turn where −∂P/∂a, which rises up to the turn and falls after it, is a fraction of the mass.
 * Newton's method on r = √(−2 log fraction), which is |y − ψ(a)| over the deviation for large shapes and close to linear for
 * all; within a bracket.
 */
function solve(a: number, fraction: number, side: -1 | 1): number {
  const { at, mass, deviation } = turnOf(a);
  const target = Math.sqrt(-2 * Math.log(fraction));
  let [nearest, farthest] = [0, Number.POSITIVE_INFINITY];
  let distance = target * deviation;
  for (let step = 0; step < 200; step++) {
    const y = at + side * distance;
    const flow = logGammaFlow(a, y);
    const r = Math.sqrt(Math.max(0, -2 * Math.log((flow * densityOfLog(a, y)) / mass)));
    if (r < target) nearest = distance;
    else farthest = distance;
    // −∂P/∂a has the slope −(y − ψ(a))·density, and is flow·density
    const next = distance - ((r - target) * r * flow) / distance;
    if (next > nearest && next < farthest) {
      if (Math.abs(next - distance) < 1e-5 * distance) return at + side * next;
      distance = next;
    } else if (farthest - nearest < 1e-9 * distance) break;
    else distance = farthest < Number.POSITIVE_INFINITY ? 0.5 * (nearest + farthest) : 2 * distance;
  }
  return at + side * distance;
}

const isDefined = (a: number, u: number): boolean => a > 0 && a < Number.POSITIVE_INFINITY && u > 0 && u < 1;

/** The logarithm of the quantile of u of the negative part. */
export const logGammaShapeBelow = (a: number, u: number): number => (isDefined(a, u) ? solve(a, u, -1) : Number.NaN);

/** The same of the positive part. */
export const logGammaShapeAbove = (a: number, u: number): number => (isDefined(a, u) ? solve(a, 1 - u, 1) : Number.NaN);
