// The incomplete gamma and beta functions, with their derivatives in all arguments of every order.
import { betainc as evaluateBetainc } from "../../util/special/betainc.js";
import * as gamma from "../../util/special/gammainc.js";
import type { Value } from "../builder.js";
import type { Operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { div, floatOnly, neg, sub } from "./arithmetic.js";
import { add, binary, mul, ternary } from "./elementwise.js";
import { exp, log, log1p } from "./exponential.js";
import { byOrder, named } from "./orders.js";
import { lgamma, polygamma } from "./special.js";

const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k);
const sumOf = (terms: readonly Variable[]): Variable => terms.reduce((total, term) => add(total, term));

/** xᵃ⁻¹e⁻ˣ/Γ(a), differentiated n times in a: gₙ₊₁ = Σ C(n, k)·h⁽ᵏ⁾·gₙ₋ₖ with h = log x − ψ(a). */
function gammaDensity(n: number, a: Variable, x: Variable): Variable {
  const logDensity = sub(sub(mul(sub(a, 1), log(x)), x), lgamma(a));
  const g = [exp(logDensity)];
  const h = (k: number): Variable => (k === 0 ? sub(log(x), polygamma(0, a)) : neg(polygamma(k, a)));
  for (let m = 0; m < n; m++) g.push(sumOf(g.map((_, k) => mul(mul(binomial(m, k), h(k)), g[m - k]!))));
  return g[n]!;
}

const gammaOfOrder: (n: number) => Operation<(a: Value, x: Value) => Variable> = byOrder((n: number) =>
  binary({
    name: named("gammainc", [n]),
    dtype: floatOnly("gammainc"),
    evaluate: (a, x) => gamma.gammainc(n, a, x),
    partials: ([a, x]) => [gammaOfOrder(n + 1)(a!, x!), gammaDensity(n, a!, x!)],
  }),
);

/** P(a, x), the regularised lower incomplete gamma function: the distribution function of a gamma variable of shape a. */
export const gammainc = gammaOfOrder(0);

/** Q(a, x) = 1 − P(a, x), exact in the upper tail. */
export const gammaincc = binary({
  name: "gammaincc",
  dtype: floatOnly("gammaincc"),
  evaluate: (a, x) => gamma.gammaincc(0, a, x),
  partials: ([a, x]) => [neg(gammaOfOrder(1)(a!, x!)), neg(gammaDensity(0, a!, x!))],
});

/**
 * d log x/da of a gamma draw of shape a at a fixed quantile, of y = log x. With f for it, q for the density of y and
 * l = y − ψ(a): df = (−∂²P/∂a²/q − f·l)·da − (l + f·(a − eʸ))·dy.
 */
export const logGammaFlow = binary({
  name: "logGammaFlow",
  dtype: floatOnly("logGammaFlow"),
  evaluate: gamma.logGammaFlow,
  partials: ([a, y], flow) => {
    const x = exp(y!);
    const slope = sub(y!, polygamma(0, a!));
    const density = exp(sub(sub(mul(a!, y!), x), lgamma(a!)));
    return [neg(add(div(gammaOfOrder(2)(a!, x), density), mul(flow, slope))), neg(add(slope, mul(flow, sub(a!, x))))];
  },
});

/** xᵃ⁻¹(1 − x)ᵇ⁻¹/B(a, b), differentiated i times in a and j times in b. */
function betaDensity(i: number, j: number, a: Variable, b: Variable, x: Variable): Variable {
  const sum = add(a, b);
  const logBeta = sub(add(lgamma(a), lgamma(b)), lgamma(sum));
  const powers = add(mul(sub(a, 1), log(x)), mul(sub(b, 1), log1p(neg(x))));
  const known = new Map<string, Variable>();
  /** ∂ᵏ⁺ˡ/∂aᵏ∂bˡ of the derivative in a, or in b, of the log density. */
  const slope = (inA: boolean, k: number, l: number): Variable => {
    const own = inA ? a : b;
    const ofSum = polygamma(k + l, sum);
    if ((inA ? l : k) > 0) return ofSum;
    const rest = sub(ofSum, polygamma(k + l, own));
    return k + l > 0 ? rest : add(rest, inA ? log(x) : log1p(neg(x)));
  };
  const g = (m: number, n: number): Variable => {
    const key = `${m},${n}`;
    const same = known.get(key);
    if (same) return same;
    const inA = m > 0;
    const [top, side] = inA ? [m - 1, n] : [m, n - 1];
    const terms: Variable[] = [];
    for (let k = 0; k <= top; k++)
      for (let l = 0; l <= side; l++)
        terms.push(mul(mul(binomial(top, k) * binomial(side, l), slope(inA, k, l)), g(top - k, side - l)));
    const result = sumOf(terms);
    known.set(key, result);
    return result;
  };
  known.set("0,0", exp(sub(powers, logBeta)));
  return g(i, j);
}

const betaOfOrder: (i: number, j: number) => Operation<(a: Value, b: Value, x: Value) => Variable> = byOrder(
  (i: number, j: number) =>
    ternary({
      name: named("betainc", [i, j]),
      dtype: floatOnly("betainc"),
      evaluate: (a, b, x) => evaluateBetainc([i, j], a, b, x),
      partials: ([a, b, x]) => [
        betaOfOrder(i + 1, j)(a!, b!, x!),
        betaOfOrder(i, j + 1)(a!, b!, x!),
        betaDensity(i, j, a!, b!, x!),
      ],
    }),
);

/** I_x(a, b) for operands (a, b, x): the distribution function of a beta variable. */
export const betainc = betaOfOrder(0, 0);
