// Trigonometric functions and their inverses; angles in radians.

import { div, floatOnly, neg, reciprocal, square, sub } from "./arithmetic.js";
import { add, binary, type ElementwiseRules, mul, unary } from "./elementwise.js";
import { rsqrt } from "./exponential.js";

const float = (rules: ElementwiseRules) => unary({ dtype: floatOnly(rules.name), ...rules });

/** sin x; d = cos x·dx */
export const sin = float({ name: "sin", evaluate: Math.sin, partials: ([x]) => [cos(x!)], tfjs: "Sin" });
/** cos x; d = −sin x·dx */
export const cos = float({ name: "cos", evaluate: Math.cos, partials: ([x]) => [neg(sin(x!))], tfjs: "Cos" });
/** tan x; d = (1 + tan² x)·dx */
export const tan = float({ name: "tan", evaluate: Math.tan, partials: (_, y) => [add(1, square(y))], tfjs: "Tan" });
/** asin x; d = dx/√(1 − x²) */
export const asin = float({
  name: "asin",
  evaluate: Math.asin,
  partials: ([x]) => [rsqrt(sub(1, square(x!)))],
  tfjs: "Asin",
});
/** acos x; d = −dx/√(1 − x²) */
export const acos = float({
  name: "acos",
  evaluate: Math.acos,
  partials: ([x]) => [neg(rsqrt(sub(1, square(x!))))],
  tfjs: "Acos",
});
/** atan x; d = dx/(1 + x²) */
export const atan = float({
  name: "atan",
  evaluate: Math.atan,
  partials: ([x]) => [reciprocal(add(1, square(x!)))],
  tfjs: "Atan",
});
/** The angle of the point (x, y), operands (y, x); d = (x·dy − y·dx)/(x² + y²) */
export const atan2 = binary({
  name: "atan2",
  evaluate: Math.atan2,
  partials: ([y, x]) => {
    const squared = add(mul(x!, x!), mul(y!, y!));
    return [div(x!, squared), neg(div(y!, squared))];
  },
  continuousIn: () => false,
  tfjs: "Atan2",
});
