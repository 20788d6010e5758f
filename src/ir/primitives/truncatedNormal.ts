// The standard normal distribution on an interval [a, b], either end of which may be infinite: computed by the host, in double
// precision, because float32 has no digits left for the difference of two distribution functions in a tail.
import * as truncated from "../../util/special/truncatedNormal.js";
import type { Variable } from "../program.js";
import { floatOnly, neg, sub } from "./arithmetic.js";
import * as comparison from "./comparison.js";
import { add, binary, mul, ternary } from "./elementwise.js";
import { exp } from "./exponential.js";

/** A formula in an end of the interval, 0 where the end is infinite: what is there has no effect. */
function atEnd(end: Variable, formula: (end: Variable) => Variable): Variable {
  const isReal = comparison.isFinite(end);
  return comparison.select(isReal, formula(comparison.select(isReal, end, 0)), 0);
}

/** The density of x, in the interval [a, b] and beyond. */
const density = (x: Variable, a: Variable, b: Variable): Variable => exp(truncatedLogDensity(x, a, b));

/** log φ(x) − log(Φ(b) − Φ(a)) for operands (x, a, b); d = −x·dx + p(a)·da − p(b)·db */
export const truncatedLogDensity = ternary({
  name: "truncatedLogDensity",
  dtype: floatOnly("truncatedLogDensity"),
  evaluate: truncated.truncatedLogDensity,
  partials: ([x, a, b]) => [
    neg(x!),
    atEnd(a!, (end) => density(end, a!, b!)),
    neg(atEnd(b!, (end) => density(end, a!, b!))),
  ],
});

/** p(end)/p(x) = e^{(x² − end²)/2} */
const ratio = (x: Variable, end: Variable): Variable => exp(mul(0.5, mul(sub(x, end), add(x, end))));

/**
 * The x below which there is the probability u, for operands (u, a, b);
 * dx = du/p(x) + (1 − u)·p(a)/p(x)·da + u·p(b)/p(x)·db
 */
export const truncatedQuantile = ternary({
  name: "truncatedQuantile",
  dtype: floatOnly("truncatedQuantile"),
  evaluate: truncated.truncatedQuantile,
  partials: ([u, a, b], x) => [
    exp(neg(truncatedLogDensity(x, a!, b!))),
    atEnd(a!, (end) => mul(sub(1, u!), ratio(x, end))),
    atEnd(b!, (end) => mul(u!, ratio(x, end))),
  ],
});

/** E x for operands (a, b); d = (m − a)·p(a)·da + (b − m)·p(b)·db */
export const truncatedMean = binary({
  name: "truncatedMean",
  dtype: floatOnly("truncatedMean"),
  evaluate: truncated.truncatedMean,
  partials: ([a, b], mean) => [
    atEnd(a!, (end) => mul(sub(mean, end), density(end, a!, b!))),
    atEnd(b!, (end) => mul(sub(end, mean), density(end, a!, b!))),
  ],
});

/** E (x − m)² for operands (a, b), m = E x; d = (V − (a − m)²)·p(a)·da − (V − (b − m)²)·p(b)·db */
export const truncatedVariance = binary({
  name: "truncatedVariance",
  dtype: floatOnly("truncatedVariance"),
  evaluate: truncated.truncatedVariance,
  partials: ([a, b], variance) => {
    const mean = truncatedMean(a!, b!);
    const pull = (end: Variable) => {
      const distance = sub(end, mean);
      return mul(sub(variance, mul(distance, distance)), density(end, a!, b!));
    };
    return [atEnd(a!, pull), neg(atEnd(b!, pull))];
  },
});

/** The probability below x for operands (x, a, b); dF = p(x)·dx − (1 − F)·p(a)·da − F·p(b)·db */
export const truncatedCdf = ternary({
  name: "truncatedCdf",
  dtype: floatOnly("truncatedCdf"),
  evaluate: truncated.truncatedCdf,
  partials: ([x, a, b], below) => {
    const isInside = comparison.logicalAnd(comparison.greaterEqual(x!, a!), comparison.lessEqual(x!, b!));
    const above = sub(1, below);
    return [
      comparison.select(
        isInside,
        density(comparison.select(isInside, x!, comparison.select(comparison.isFinite(a!), a!, b!)), a!, b!),
        0,
      ),
      neg(atEnd(a!, (end) => mul(above, density(end, a!, b!)))),
      neg(atEnd(b!, (end) => mul(below, density(end, a!, b!)))),
    ];
  },
});

/** −E log p for operands (a, b); dH = (log p(a) + H − 1)·p(a)·da − (log p(b) + H − 1)·p(b)·db */
export const truncatedEntropy = binary({
  name: "truncatedEntropy",
  dtype: floatOnly("truncatedEntropy"),
  evaluate: truncated.truncatedEntropy,
  partials: ([a, b], entropy) => {
    const pull = (end: Variable) => {
      const logDensity = truncatedLogDensity(end, a!, b!);
      return mul(sub(add(logDensity, entropy), 1), exp(logDensity));
    };
    return [atEnd(a!, pull), neg(atEnd(b!, pull))];
  },
});
