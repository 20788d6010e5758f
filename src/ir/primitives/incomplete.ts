// The incomplete gamma and beta functions, with their derivatives in all arguments of every order.
import { betainc as evaluateBetainc } from "../../util/special/betainc.js";
import * as gamma from "../../util/special/gammainc.js";
import type { Value } from "../builder.js";
import type { Operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { div, floatOnly, neg, sub } from "./arithmetic.js";
import { equal, select } from "./comparison.js";
import { deviance, digammaRemainder, stirlingError } from "./deviance.js";
import { add, binary, mul, ternary } from "./elementwise.js";
import { exp, log, sqrt } from "./exponential.js";
import { stopGradient } from "./marks.js";
import { byOrder, named } from "./orders.js";
import { pow } from "./power.js";
import { lgamma, polygamma } from "./special.js";

const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k);
const sumOf = (terms: readonly Variable[]): Variable => terms.reduce((total, term) => add(total, term));

/** A formula with a division by `distance`, and its limit where that is 0. */
function orLimit(
  distance: Variable,
  limit: Variable,
  formula: (inside: (x: Variable) => Variable) => Variable,
): Variable {
  const isEnd = equal(stopGradient(distance), 0);
  return select(
    isEnd,
    limit,
    formula((x) => select(isEnd, 0.5, x)),
  );
}

/** xᵃ⁻¹e⁻ˣ/Γ(a) as a Poisson probability (Loader 2000): √(a/2π)/x·e^{−error − deviance}, where nothing large cancels. */
const gammaDensity = (a: Variable, x: Variable): Variable =>
  orLimit(x, pow(x, sub(a, 1)), (inside) => {
    const exponent = neg(add(stirlingError(a), deviance(a, inside(x))));
    return div(mul(sqrt(mul(a, 1 / (2 * Math.PI))), exp(exponent)), inside(x));
  });

/** The same differentiated n times in a: gₙ₊₁ = Σ C(n, k)·h⁽ᵏ⁾·gₙ₋ₖ with h = log x − ψ(a). */
function gammaDensityOfOrder(n: number, a: Variable, x: Variable): Variable {
  const g = [gammaDensity(a, x)];
  const h = (k: number): Variable => (k === 0 ? add(log(div(x, a)), digammaRemainder(a)) : neg(polygamma(k, a)));
  for (let m = 0; m < n; m++) g.push(sumOf(g.map((_, k) => mul(mul(binomial(m, k), h(k)), g[m - k]!))));
  return g[n]!;
}

const gammaOfOrder: (n: number) => Operation<(a: Value, x: Value) => Variable> = byOrder((n: number) =>
  binary({
    name: named("gammainc", [n]),
    dtype: floatOnly("gammainc"),
    evaluate: (a, x) => gamma.gammainc(n, a, x),
    partials: ([a, x]) => [gammaOfOrder(n + 1)(a!, x!), gammaDensityOfOrder(n, a!, x!)],
  }),
);

/** P(a, x), the regularised lower incomplete gamma function: the distribution function of a gamma variable of shape a. */
export const gammainc = gammaOfOrder(0);

/** Q(a, x) = 1 − P(a, x), exact in the upper tail. */
export const gammaincc = binary({
  name: "gammaincc",
  dtype: floatOnly("gammaincc"),
  evaluate: (a, x) => gamma.gammaincc(0, a, x),
  partials: ([a, x]) => [neg(gammaOfOrder(1)(a!, x!)), neg(gammaDensity(a!, x!))],
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

/** xᵃ⁻¹(1 − x)ᵇ⁻¹/B(a, b) as a binomial probability (Loader 2000): √(ab/2π(a + b))/(x·y)·e^{…} with y = 1 − x. */
export function betaDensity(a: Variable, b: Variable, x: Variable): Variable {
  const sum = add(a, b);
  const y = sub(1, x);
  const limit = mul(mul(a, b), mul(pow(x, sub(a, 1)), pow(y, sub(b, 1))));
  return orLimit(mul(x, y), limit, (inside) => {
    const errors = sub(stirlingError(sum), add(stirlingError(a), stirlingError(b)));
    const deviances = add(deviance(a, mul(sum, inside(x))), deviance(b, mul(sum, inside(y))));
    const scale = sqrt(mul(div(mul(a, b), sum), 1 / (2 * Math.PI)));
    return div(mul(scale, exp(sub(errors, deviances))), mul(inside(x), inside(y)));
  });
}

/** The same differentiated i times in a and j times in b. */
function betaDensityOfOrder(i: number, j: number, a: Variable, b: Variable, x: Variable): Variable {
  const sum = add(a, b);
  const y = sub(1, x);
  const known = new Map<string, Variable>();
  /** ∂ᵏ⁺ˡ/∂aᵏ∂bˡ of the derivative in a, or in b, of the log density. */
  const slope = (inA: boolean, k: number, l: number): Variable => {
    const own = inA ? a : b;
    if ((inA ? l : k) > 0) return polygamma(k + l, sum);
    if (k + l > 0) return sub(polygamma(k + l, sum), polygamma(k + l, own));
    // log x + ψ(a + b) − ψ(a)
    const share = div(mul(sum, inA ? x : y), own);
    return add(log(share), sub(digammaRemainder(own), digammaRemainder(sum)));
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
  known.set("0,0", betaDensity(a, b, x));
  return g(i, j);
}

export const betaOfOrder: (i: number, j: number) => Operation<(a: Value, b: Value, x: Value) => Variable> = byOrder(
  (i: number, j: number) =>
    ternary({
      name: named("betainc", [i, j]),
      dtype: floatOnly("betainc"),
      evaluate: (a, b, x) => evaluateBetainc([i, j], a, b, x),
      partials: ([a, b, x]) => [
        betaOfOrder(i + 1, j)(a!, b!, x!),
        betaOfOrder(i, j + 1)(a!, b!, x!),
        betaDensityOfOrder(i, j, a!, b!, x!),
      ],
    }),
);

/** I_x(a, b) for operands (a, b, x): the distribution function of a beta variable. */
export const betainc = betaOfOrder(0, 0);
