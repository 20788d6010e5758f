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
