// What is left of gamma functions and logarithms where Stirling's formula is taken away: densities of counts and of gamma and
// beta variables written with them do not cancel for large parameters (Loader 2000, "Fast and accurate computation of
// binomial probabilities").
import { lgamma } from "../../util/special/lgamma.js";
import * as terms from "../../util/special/poissonTerm.js";
import { logMinusDigamma } from "../../util/special/polygamma.js";
import { div, floatOnly, reciprocal, sub } from "./arithmetic.js";
import { add, binary, mul, unary } from "./elementwise.js";
import { log } from "./exponential.js";
import { digamma, polygamma } from "./special.js";

/** x·log(x/m) + m − x ≥ 0, without cancellation near x = m; m for x = 0. d = log(x/m)·dx + (1 − x/m)·dm */
export const deviance = binary({
  name: "deviance",
  dtype: floatOnly("deviance"),
  evaluate: terms.deviance,
  partials: ([x, m]) => [log(div(x!, m!)), div(sub(m!, x!), m!)],
});

/** log x − ψ(x) for x > 0: about 1/2x. d = (1/x − ψ′(x))·dx */
export const digammaRemainder = unary({
  name: "digammaRemainder",
  dtype: floatOnly("digammaRemainder"),
  evaluate: logMinusDigamma,
  partials: ([x]) => [sub(reciprocal(x!), polygamma(1, x!))],
});

/** log Γ(x + 1) − (x + ½) log x + x − ½ log 2π for x > 0: about 1/12x. d = (1/2x − (log x − ψ(x)))·dx */
export const stirlingError = unary({
  name: "stirlingError",
  dtype: floatOnly("stirlingError"),
  evaluate: terms.stirlingError,
  partials: ([x]) => [sub(div(0.5, x!), digammaRemainder(x!))],
});

/** log Γ(1 + 2x)/Γ(1 + x)² for x > 0, without cancellation near 0. d = 2(ψ(1 + 2x) − ψ(1 + x))·dx */
export const logCentralBinomial = unary({
  name: "logCentralBinomial",
  dtype: floatOnly("logCentralBinomial"),
  evaluate: (x) => lgamma(1 + 2 * x) - 2 * lgamma(1 + x),
  partials: ([x]) => [mul(2, sub(digamma(add(1, mul(2, x!))), digamma(add(1, x!))))],
});
