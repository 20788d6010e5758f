// The gamma function and the error function, with their derivatives of every order.
import * as tf from "@tensorflow/tfjs-core";
import * as erf_ from "../../util/special/erf.js";
import * as erfinv_ from "../../util/special/erfinv.js";
import * as lgamma_ from "../../util/special/lgamma.js";
import * as logNdtr_ from "../../util/special/logNdtr.js";
import * as polygamma_ from "../../util/special/polygamma.js";
import { emitOne, lift, type Value } from "../builder.js";
import { operation, type Primitive, primitive } from "../primitive.js";
import type { Variable } from "../program.js";
import { floatOnly, neg, square } from "./arithmetic.js";
import { add, type ElementwiseRules, mul, unary } from "./elementwise.js";
import { exp } from "./exponential.js";
import * as kernels from "./specialKernels.js";

const float = (rules: ElementwiseRules) => unary({ dtype: floatOnly(rules.name), ...rules });

const twoOverSqrtPi = 2 / Math.sqrt(Math.PI);

/** log |Γ(x)|; d = ψ(x)·dx */
export const lgamma = float({
  name: "lgamma",
  evaluate: lgamma_.lgamma,
  partials: ([x]) => [digamma(x!)],
  tfjs: kernels.lgamma,
});

/** ψ(x) = d log Γ(x)/dx; d = ψ′(x)·dx */
export const digamma = float({
  name: "digamma",
  evaluate: polygamma_.digamma,
  partials: ([x]) => [polygamma(1, x!)],
  tfjs: kernels.digamma,
});

/** ψ⁽ⁿ⁾(x), n ≥ 1; d = ψ⁽ⁿ⁺¹⁾(x)·dx. Attributes: `n`. */
const polygammaPrimitive: Primitive = primitive({
  name: "polygamma",
  infer: ([x]) => [{ shape: x!.shape, dtype: floatOnly("polygamma")([x!.dtype]) }],
  evaluate: ([x], { n }) => [x!.elements.map((each) => polygamma_.polygamma(n, each))],
  jvp: ({ inputs: [x], attributes: { n } }, [dx]) => [dx && mul(polygamma(n + 1, x!), dx)],
  vjp: ({ inputs: [x], attributes: { n } }, [ct]) => [ct && mul(polygamma(n + 1, x!), ct)],
  batch: ([x], attributes) => [emitOne(polygammaPrimitive, [x!], attributes)],
  axes: ([x]) => [[x!.shape.map((_, axis) => axis)]],
  isContinuousIn: () => true,
  tfjs: ([x], { n }) => [kernels.polygamma(n, x!)],
});
export const polygamma = operation(
  (n: number, x: Value): Variable => (n === 0 ? digamma(x) : emitOne(polygammaPrimitive, lift([x]), { n })),
  polygammaPrimitive,
);

/** erf x; d = (2/√π)·e^{−x²}·dx */
export const erf = float({
  name: "erf",
  evaluate: erf_.erf,
  partials: ([x]) => [mul(exp(neg(square(x!))), twoOverSqrtPi)],
  tfjs: (x) => tf.erf(x),
});

/** erfc x = 1 − erf x; d = −(2/√π)·e^{−x²}·dx */
export const erfc = float({
  name: "erfc",
  evaluate: erf_.erfc,
  partials: ([x]) => [mul(exp(neg(square(x!))), -twoOverSqrtPi)],
  tfjs: kernels.erfc,
});

/** erf⁻¹ y; d = (√π/2)·e^{(erf⁻¹ y)²}·dy */
export const erfinv = float({
  name: "erfinv",
  evaluate: erfinv_.erfinv,
  partials: (_, x) => [mul(exp(square(x)), 1 / twoOverSqrtPi)],
  tfjs: kernels.erfinv,
});

/** log Φ(x), Φ the standard normal distribution function; d = φ(x)/Φ(x)·dx */
export const logNdtr = float({
  name: "logNdtr",
  evaluate: logNdtr_.logNdtr,
  partials: ([x]) => [inverseMills(x!)],
  tfjs: kernels.logNdtr,
});

/** λ(x) = φ(x)/Φ(x); d = −λ(x)(x + λ(x))·dx */
export const inverseMills = float({
  name: "inverseMills",
  evaluate: logNdtr_.inverseMills,
  partials: ([x], y) => [neg(mul(y, add(x!, y)))],
  tfjs: kernels.inverseMills,
});
