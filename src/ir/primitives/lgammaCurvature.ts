import { lgamma } from "../../util/special/lgamma.js";
import { floatOnly, sub } from "./arithmetic.js";
import { add, binary, mul } from "./elementwise.js";
import { digamma } from "./special.js";

/**
 * log Γ(x)Γ(x + 2h)/Γ(x + h)² for operands (x, h): what is left of ratios of moments, without the cancellation of float32.
 * d = (ψ(x) − 2ψ(x + h) + ψ(x + 2h))·dx + 2(ψ(x + 2h) − ψ(x + h))·dh
 */
export const lgammaCurvature = binary({
  name: "lgammaCurvature",
  dtype: floatOnly("lgammaCurvature"),
  evaluate: (x, h) => lgamma(x) - 2 * lgamma(x + h) + lgamma(x + 2 * h),
  partials: ([x, h]) => {
    const middle = digamma(add(x!, h!));
    const rise = sub(digamma(add(x!, mul(2, h!))), middle);
    return [add(rise, sub(digamma(x!), middle)), mul(2, rise)];
  },
});
