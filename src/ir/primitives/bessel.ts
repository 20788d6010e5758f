// The modified Bessel functions I₀ and I₁, with derivatives of every order in which nothing cancels.
import * as values from "../../util/special/bessel.js";
import type { Value } from "../builder.js";
import type { Operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { abs, floatOnly, neg, sign, sub } from "./arithmetic.js";
import { mul, unary } from "./elementwise.js";
import { byOrder } from "./orders.js";
import { besselOfOrder } from "./vonMises.js";

/** Jₙ(|x|) = (1/π)∫₀^π (1 − cos t)ⁿ·e^{−|x|(1 − cos t)} dt; d = −sign x·Jₙ₊₁(|x|)·dx */
const momentOfOrder: (n: number) => Operation<(x: Value) => Variable> = byOrder((n: number) =>
  unary({
    name: n === 0 ? "i0e" : `besselMoment_${n}`,
    dtype: floatOnly("i0e"),
    evaluate: (x) => values.besselMoment(n, Math.abs(x)),
    partials: ([x]) => [neg(mul(sign(x!), momentOfOrder(n + 1)(x!)))],
    hasKinks: true,
  }),
);

/** e^{−|x|}·I₀(x) */
export const i0e = momentOfOrder(0);

/** e^{−|x|}·I₁(x) = sign x·(J₀ − J₁); d = (J₂ − J₁)·dx */
export const i1e = unary({
  name: "i1e",
  dtype: floatOnly("i1e"),
  evaluate: values.i1e,
  partials: ([x]) => [sub(momentOfOrder(2)(x!), momentOfOrder(1)(x!))],
});

/** I₁(x)/I₀(x), the mean of cos t under the density e^{x cos t}; d is its variance. */
export const besselRatio = unary({
  name: "besselRatio",
  dtype: floatOnly("besselRatio"),
  evaluate: values.besselRatio,
  partials: ([x]) => [besselOfOrder(2)(abs(x!))],
});

/** log I₀(x); d = I₁(x)/I₀(x)·dx */
export const logI0 = unary({
  name: "logI0",
  dtype: floatOnly("logI0"),
  evaluate: values.logI0,
  partials: ([x]) => [besselRatio(x!)],
});
