// What is left of gamma functions and logarithms where Stirling's formula is taken away: densities of counts and of gamma and
// beta variables written with them do not cancel for large parameters (Loader 2000, "Fast and accurate computation of
// binomial probabilities").
import * as terms from "../../util/special/poissonTerm.js";
import { logMinusDigamma } from "../../util/special/polygamma.js";
import { div, floatOnly, reciprocal, sub } from "./arithmetic.js";
import { binary, unary } from "./elementwise.js";
import { log } from "./exponential.js";
import { polygamma } from "./special.js";

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
