// Quantiles without a closed form, and Student's distribution function: computed by the host in double precision. A quantile x
// of p moves by dx = (dp − (∂F/∂φ)·dφ)/(∂F/∂x), with derivatives of every order, since these are functions of x again.
import * as quantiles from "../../util/special/quantiles.js";
import * as studentT from "../../util/special/studentT.js";
import type { Value } from "../builder.js";
import type { Operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { div, floatOnly, neg, sub } from "./arithmetic.js";
import { stirlingError } from "./deviance.js";
import { add, binary, mul, ternary } from "./elementwise.js";
import { exp, log, log1p } from "./exponential.js";
import { betaDensity, betaOfOrder, logGammaFlow } from "./incomplete.js";
import { lgamma, polygamma } from "./special.js";

/** 1/p for the density p of y = log x, x a gamma variable: Γ(a)·e^{eʸ − ay} */
const inverseDensity = (a: Variable, y: Variable): Variable => exp(sub(add(exp(y), lgamma(a)), mul(a, y)));

/** The logarithm of the x of P(a, x) = p, for operands (p, a). */
export const logGammaQuantile = binary({
  name: "logGammaQuantile",
  dtype: floatOnly("logGammaQuantile"),
  evaluate: quantiles.logGammaQuantile,
  partials: ([, a], y) => [inverseDensity(a!, y), logGammaFlow(a!, y)],
});

/** The logarithm of the x of 1 − P(a, x) = q, for operands (q, a). */
export const logGammaUpperQuantile = binary({
  name: "logGammaUpperQuantile",
  dtype: floatOnly("logGammaUpperQuantile"),
  evaluate: quantiles.logGammaUpperQuantile,
  partials: ([, a], y) => [neg(inverseDensity(a!, y)), logGammaFlow(a!, y)],
});

/** The x of I_x(a, b) = p, for operands (p, a, b). */
export const betaQuantile = ternary({
  name: "betaQuantile",
  dtype: floatOnly("betaQuantile"),
  evaluate: quantiles.betaQuantile,
  partials: ([, a, b], x) => {
    const density = betaDensity(a!, b!, x);
    return [
      div(1, density),
      neg(div(betaOfOrder(1, 0)(a!, b!, x), density)),
      neg(div(betaOfOrder(0, 1)(a!, b!, x), density)),
    ];
  },
});

const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k);

/** (1 + r²)^{−h − ½}/B(h, ½), differentiated n times in h: gₙ₊₁ = Σ C(n, k)·s⁽ᵏ⁾·gₙ₋ₖ, s = ψ(h + ½) − ψ(h) − log(1 + r²). */
function studentTDensity(n: number, h: Variable, r: Variable): Variable {
  const spread = log1p(mul(r, r));
  // by Stirling's formula, which does not cancel for large h
  const constant = add(
    sub(mul(h, log1p(div(0.5, h))), 0.5 + 0.5 * Math.log(2 * Math.PI)),
    sub(stirlingError(add(h, 0.5)), stirlingError(h)),
  );
  const logDensity = sub(add(constant, mul(0.5, log(mul(2, h)))), mul(add(h, 0.5), spread));
  const g = [exp(logDensity)];
  const s = (k: number): Variable => {
    const gap = sub(polygamma(k, add(h, 0.5)), polygamma(k, h));
    return k === 0 ? sub(gap, spread) : gap;
  };
  for (let m = 0; m < n; m++)
    g.push(g.map((_, k) => mul(mul(binomial(m, k), s(k)), g[m - k]!)).reduce((total, term) => add(total, term)));
  return g[n]!;
}

const cdfOrders: Operation<(h: Value, r: Value) => Variable>[] = [];
const studentTCdfOfOrder = (n: number): Operation<(h: Value, r: Value) => Variable> => {
  cdfOrders[n] ??= binary({
    name: n === 0 ? "studentTCdf" : `studentTCdf_${n}`,
    dtype: floatOnly("studentTCdf"),
    evaluate: (h, r) => studentT.studentTCdf(n, h, r),
    partials: ([h, r]) => [studentTCdfOfOrder(n + 1)(h!, r!), studentTDensity(n, h!, r!)],
  });
  return cdfOrders[n];
};

/** P(T ≤ r√ν) for Student's T of ν = 2h degrees of freedom, for operands (h, r). */
export const studentTCdf = studentTCdfOfOrder(0);

/** The r of P(T ≤ r√ν) = p, for operands (p, h). */
export const studentTQuantile = binary({
  name: "studentTQuantile",
  dtype: floatOnly("studentTQuantile"),
  evaluate: studentT.studentTQuantile,
  partials: ([, h], r) => {
    const density = studentTDensity(0, h!, r);
    return [div(1, density), neg(div(studentTCdfOfOrder(1)(h!, r), density))];
  },
});
