// Powers with a variable exponent.
import type { Variable } from "../program.js";
import { reciprocal, sub } from "./arithmetic.js";
import { broadcastTo } from "./axes.js";
import { equal, greater, logicalAnd, select } from "./comparison.js";
import { binary, mul } from "./elementwise.js";
import { log, sqrt } from "./exponential.js";

/** ∂xʸ/∂x = y·xʸ⁻¹, which is 0 for x⁰ also at x = 0: there the base is replaced, lest 0·∞ be computed. */
function baseDerivative(x: Variable, y: Variable): Variable {
  const base = select(logicalAnd(equal(x, 0), equal(y, 0)), 1, x);
  return mul(y, pow(base, sub(y, 1)));
}

/** ∂xʸ/∂y = xʸ·log x, taken as 0 for x ≤ 0 (where only whole exponents have a value). */
function exponentDerivative(x: Variable, y: Variable): Variable {
  const base = select(greater(x, 0), x, 1);
  return mul(pow(base, y), log(base));
}

/** Cheaper forms for constant exponents. */
const special = new Map<number, (x: Variable) => Variable>([
  [0.5, sqrt],
  [1, (x) => x],
  [2, (x) => mul(x, x)],
  [3, (x) => mul(mul(x, x), x)],
  [-1, reciprocal],
]);

/** xʸ; d = y·xʸ⁻¹·dx + xʸ·log x·dy */
export const pow = binary({
  name: "pow",
  // Math.pow(±1, ±∞) is NaN in JavaScript, 1 elsewhere.
  evaluate: (x, y) => (x === 1 ? 1 : x ** y),
  partials: ([x, y]) => [baseDerivative(x!, y!), exponentDerivative(x!, y!)],
  tfjs: "Pow",
  simplify: ({ inputs: [x, y], outputs: [out] }, elementsOf) => {
    const exponents = elementsOf(y!);
    const form = exponents?.length === 1 && x!.dtype === "float32" ? special.get(exponents[0]!) : undefined;
    return form && [broadcastTo(form(x!), out!.shape)];
  },
});
