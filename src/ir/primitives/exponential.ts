// Exponentials, logarithms, roots, and the functions that are made of them.
import * as tf from "@tensorflow/tfjs-core";
import { lift, type Value } from "../builder.js";
import type { Variable } from "../program.js";
import { div, floatOnly, neg, reciprocal, square, sub } from "./arithmetic.js";
import { equal, select } from "./comparison.js";
import { add, type ElementwiseRules, mul, unary } from "./elementwise.js";
import { stopGradient } from "./marks.js";

const float = (rules: ElementwiseRules) => unary({ dtype: floatOnly(rules.name), ...rules });

/** eˣ; d = eˣ·dx */
export const exp = float({ name: "exp", evaluate: Math.exp, partials: (_, y) => [y], tfjs: "Exp" });
/** eˣ − 1; d = eˣ·dx */
export const expm1 = float({ name: "expm1", evaluate: Math.expm1, partials: ([x]) => [exp(x!)], tfjs: "Expm1" });
/** log x; d = dx/x */
export const log = float({ name: "log", evaluate: Math.log, partials: ([x]) => [reciprocal(x!)], tfjs: "Log" });
/** Backends whose log1p is not just log(1 + x). */
const exactLog1p = ["cpu", "tensorflow"];

/** log(1 + x) = x·log(u)/(u − 1) with u = 1 + x rounded: the errors of numerator and denominator cancel (W. Kahan). */
function log1pKernel(x: tf.Tensor): tf.Tensor {
  if (exactLog1p.includes(tf.getBackend())) return tf.log1p(x);
  const u = tf.add(x, 1);
  const rounded = tf.sub(u, 1);
  const isTiny = tf.equal(rounded, 0);
  const ratio = tf.div(x, tf.where(isTiny, tf.onesLike(x), rounded));
  return tf.where(isTiny, x, tf.where(tf.greater(x, 1e6), tf.log(u), tf.mul(tf.log(u), ratio)));
}

/** log(1 + x); d = dx/(1 + x) */
export const log1p = float({
  name: "log1p",
  evaluate: Math.log1p,
  partials: ([x]) => [reciprocal(add(1, x!))],
  tfjs: log1pKernel,
});
/** √x; d = dx/(2√x) */
export const sqrt = float({ name: "sqrt", evaluate: Math.sqrt, partials: (_, y) => [div(0.5, y)], tfjs: "Sqrt" });
/** 1/√x; d = −dx/(2x√x) */
export const rsqrt = float({
  name: "rsqrt",
  evaluate: (x) => 1 / Math.sqrt(x),
  partials: ([x], y) => [mul(div(y, x!), -0.5)],
  tfjs: "Rsqrt",
});

/** σ(x) = 1/(1 + e⁻ˣ); d = σ(x)(1 − σ(x))·dx */
export const sigmoid = float({
  name: "sigmoid",
  evaluate: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  partials: (_, y) => [mul(y, sub(1, y))],
  tfjs: "Sigmoid",
});
/** log(1 + eˣ); d = σ(x)·dx */
export const softplus = float({
  name: "softplus",
  evaluate: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  partials: ([x]) => [sigmoid(x!)],
  tfjs: "Softplus",
});
/** log σ(x) = −log(1 + e⁻ˣ) */
export const logSigmoid = (x: Value): Variable => neg(softplus(neg(x)));

/** tanh x; d = (1 − tanh² x)·dx */
export const tanh = float({ name: "tanh", evaluate: Math.tanh, partials: (_, y) => [sub(1, square(y))], tfjs: "Tanh" });
/** sinh x; d = cosh x·dx */
export const sinh = float({ name: "sinh", evaluate: Math.sinh, partials: ([x]) => [cosh(x!)], tfjs: "Sinh" });
/** cosh x; d = sinh x·dx */
export const cosh = float({ name: "cosh", evaluate: Math.cosh, partials: ([x]) => [sinh(x!)], tfjs: "Cosh" });
/** asinh x; d = dx/√(x² + 1) */
export const asinh = float({
  name: "asinh",
  evaluate: Math.asinh,
  partials: ([x]) => [rsqrt(add(square(x!), 1))],
  tfjs: "Asinh",
});
/** acosh x; d = dx/√(x² − 1) */
export const acosh = float({
  name: "acosh",
  evaluate: Math.acosh,
  partials: ([x]) => [rsqrt(sub(square(x!), 1))],
  tfjs: "Acosh",
});
/** atanh x; d = dx/(1 − x²) */
export const atanh = float({
  name: "atanh",
  evaluate: Math.atanh,
  partials: ([x]) => [reciprocal(sub(1, square(x!)))],
  tfjs: "Atanh",
});

/**
 * log(eˣ + eʸ) = y + softplus(x − y), and x where y is −∞. Both forms agree in the limit, so the choice makes no jump:
 * stopGradient tells that to the smoothness check.
 */
export const logAddExp = (x: Value, y: Value): Variable => {
  const [a, b] = lift([x, y]);
  const isNothing = equal(stopGradient(b!), Number.NEGATIVE_INFINITY);
  const finite = select(isNothing, 0, b!);
  return select(isNothing, a!, add(finite, softplus(sub(a!, finite))));
};
