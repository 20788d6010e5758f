// The von Mises distribution: its normalising constant, and how draws move with its concentration. Computed by the host, by
// quadrature in double precision, with derivatives of every order.
import * as vonMises from "../../util/special/vonMises.js";
import type { Value } from "../builder.js";
import type { Operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { floatOnly, neg, reciprocal, sub } from "./arithmetic.js";
import { add, binary, mul, unary } from "./elementwise.js";
import { exp } from "./exponential.js";
import { sin } from "./trigonometric.js";

const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k);

const besselOrders: Operation<(kappa: Value) => Variable>[] = [];
/** dⁿ log(e^{−κ}I₀(κ))/dκⁿ, κ ≥ 0. */
export const besselOfOrder = (n: number): Operation<(kappa: Value) => Variable> => {
  besselOrders[n] ??= unary({
    name: n === 0 ? "logBesselI0e" : `logBesselI0e_${n}`,
    dtype: floatOnly("logBesselI0e"),
    evaluate: (kappa) => vonMises.logBesselI0e(n, kappa),
    partials: ([kappa]) => [besselOfOrder(n + 1)(kappa!)],
  });
  return besselOrders[n];
};

/** log(e^{−κ}I₀(κ)), κ ≥ 0; d = (I₁/I₀ − 1)·dκ */
export const logBesselI0e = besselOfOrder(0);

/** I₁/I₀ − 1 at κ: how far the mean of cos t is below 1, negative. */
export const besselShortfall = (kappa: Value): Variable => besselOfOrder(1)(kappa);

/** d log p/dκ = cos θ − I₁/I₀ at an angle, without cancellation near 0. */
function score(kappa: Variable, angle: Variable): Variable {
  const half = sin(mul(0.5, angle));
  return neg(add(mul(2, mul(half, half)), besselOfOrder(1)(kappa)));
}

/** (∂ⁿp/∂κⁿ)/p: gₘ₊₁ = Σ C(m, k)·h⁽ᵏ⁾·gₘ₋ₖ with h = d log p/dκ, whose derivatives do not depend on the angle. */
function relativeDensity(n: number, kappa: Variable, angle: Variable): Variable {
  const g: Variable[] = [];
  for (let m = 0; m < n; m++) {
    const terms = Array.from({ length: m + 1 }, (_, k) => {
      const h = k === 0 ? score(kappa, angle) : neg(besselOfOrder(k + 1)(kappa));
      const rest = m === k ? undefined : g[m - k - 1]!;
      return mul(binomial(m, k), rest ? mul(h, rest) : h);
    });
    g.push(terms.reduce((total, term) => add(total, term)));
  }
  return g[n - 1]!;
}

const ratioOrders: Operation<(kappa: Value, angle: Value) => Variable>[] = [];
/** R = (∂ⁿF/∂κⁿ)/p, F the distribution function: ∂Rₙ/∂κ = Rₙ₊₁ − Rₙ·h, ∂Rₙ/∂θ = (∂ⁿp/∂κⁿ)/p + κ sin θ·Rₙ. */
const ratioOfOrder = (n: number): Operation<(kappa: Value, angle: Value) => Variable> => {
  ratioOrders[n] ??= binary({
    name: `vonMisesRatio_${n}`,
    dtype: floatOnly("vonMisesRatio"),
    evaluate: (kappa, angle) => vonMises.vonMisesRatio(n, kappa, angle),
    partials: ([kappa, angle], ratio) => [
      sub(ratioOfOrder(n + 1)(kappa!, angle!), mul(ratio, score(kappa!, angle!))),
      add(relativeDensity(n, kappa!, angle!), mul(mul(kappa!, sin(angle!)), ratio)),
    ],
  });
  return ratioOrders[n];
};

/** (∂F/∂κ)/p for operands (κ, θ), less which a draw at a fixed quantile moves with the concentration. */
export const vonMisesRatio = ratioOfOrder(1);

/**
 * The value of a von Mises draw of mean 0, which moves with the concentration as draws at a fixed quantile do: operands
 * (draw, κ). Its derivatives of every order in κ are the pathwise ones.
 */
export const vonMisesPath = binary({
  name: "vonMisesPath",
  dtype: floatOnly("vonMisesPath"),
  evaluate: (draw) => draw,
  partials: ([, kappa], angle) => [undefined, neg(vonMisesRatio(kappa!, angle))],
});

/** e^{κ(cos θ − 1)}/2πe^{−κ}I₀(κ) */
function density(kappa: Variable, angle: Variable): Variable {
  const half = sin(mul(0.5, angle));
  return mul(exp(sub(mul(mul(-2, kappa), mul(half, half)), logBesselI0e(kappa))), 1 / (2 * Math.PI));
}

/** P(t ≤ θ) for operands (κ, θ), 0 at −π and one more with every turn; d = (∂F/∂κ)·dκ + p·dθ */
export const vonMisesCdf = binary({
  name: "vonMisesCdf",
  dtype: floatOnly("vonMisesCdf"),
  evaluate: vonMises.vonMisesCdf,
  partials: ([kappa, angle]) => {
    const p = density(kappa!, angle!);
    return [mul(vonMisesRatio(kappa!, angle!), p), p];
  },
});

/** The angle below which there is the probability p, for operands (p, κ). */
export const vonMisesQuantile = binary({
  name: "vonMisesQuantile",
  dtype: floatOnly("vonMisesQuantile"),
  evaluate: vonMises.vonMisesQuantile,
  partials: ([, kappa], angle) => [reciprocal(density(kappa!, angle)), neg(vonMisesRatio(kappa!, angle))],
});

const varianceOrders: Operation<(kappa: Value) => Variable>[] = [];
/** dⁿ/dκⁿ E t² on (−π, π]. */
const varianceOfOrder = (n: number): Operation<(kappa: Value) => Variable> => {
  varianceOrders[n] ??= unary({
    name: n === 0 ? "vonMisesVariance" : `vonMisesVariance_${n}`,
    dtype: floatOnly("vonMisesVariance"),
    evaluate: (kappa) => vonMises.vonMisesVariance(n, kappa),
    partials: ([kappa]) => [varianceOfOrder(n + 1)(kappa!)],
  });
  return varianceOrders[n];
};

/** E t² on (−π, π]. */
export const vonMisesVariance = varianceOfOrder(0);
