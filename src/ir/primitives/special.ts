// The gamma function and the error function, with their derivatives of every order.
import * as tf from "@tensorflow/tfjs-core";
import { normalQuantile } from "../../util/normalQuantile.js";
import * as erf_ from "../../util/special/erf.js";
import * as erfinv_ from "../../util/special/erfinv.js";
import * as lgamma_ from "../../util/special/lgamma.js";
import * as logNdtr_ from "../../util/special/logNdtr.js";
import * as mills_ from "../../util/special/millsCumulant.js";
import * as polygamma_ from "../../util/special/polygamma.js";
import { emitOne, lift, type Value } from "../builder.js";
import { type Operation, operation, type Primitive, primitive } from "../primitive.js";
import type { Variable } from "../program.js";
import { floatOnly, neg, reciprocal, square, sub } from "./arithmetic.js";
import { isFinite as isFiniteNumber, less, select } from "./comparison.js";
import { type ElementwiseRules, mul, unary } from "./elementwise.js";
import { exp } from "./exponential.js";
import * as gammaKernels from "./gammaKernels.js";
import { stopGradient } from "./marks.js";
import { byOrder } from "./orders.js";
import * as kernels from "./specialKernels.js";

const float = (rules: ElementwiseRules) => unary({ dtype: floatOnly(rules.name), ...rules });

const twoOverSqrtPi = 2 / Math.sqrt(Math.PI);

/** log |Γ(x)|; d = ψ(x)·dx */
export const lgamma = float({
  name: "lgamma",
  evaluate: lgamma_.lgamma,
  partials: ([x]) => [digamma(x!)],
  tfjs: kernels.exactInMemory(lgamma_.lgamma, gammaKernels.lgamma),
});

/** ψ(x) = d log Γ(x)/dx; d = ψ′(x)·dx */
export const digamma = float({
  name: "digamma",
  evaluate: polygamma_.digamma,
  partials: ([x]) => [polygamma(1, x!)],
  tfjs: kernels.exactInMemory(polygamma_.digamma, gammaKernels.digamma),
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
  // as a vector, since not every backend takes many axes
  tfjs: ([x], { n }) => [tf.reshape(gammaKernels.polygamma(n, tf.reshape(x!, [-1])), x!.shape)],
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
  // the cpu backend's own is exact to 1e−7 absolutely
  tfjs: (x) => (tf.getBackend() === "cpu" ? kernels.exactInMemory(erf_.erf, tf.erf)(x) : tf.erf(x)),
});

/** erfc x = 1 − erf x; d = −(2/√π)·e^{−x²}·dx */
export const erfc = float({
  name: "erfc",
  evaluate: erf_.erfc,
  partials: ([x]) => [mul(exp(neg(square(x!))), -twoOverSqrtPi)],
  tfjs: kernels.exactInMemory(erf_.erfc, kernels.erfc),
});

/** erf⁻¹ y; d = (√π/2)·e^{(erf⁻¹ y)²}·dy */
export const erfinv = float({
  name: "erfinv",
  evaluate: erfinv_.erfinv,
  partials: (_, x) => [mul(exp(square(x)), 1 / twoOverSqrtPi)],
  tfjs: kernels.erfinv,
});

/** Φ(x), the standard normal distribution function; d = φ(x)·dx */
export const ndtr = float({
  name: "ndtr",
  evaluate: logNdtr_.ndtr,
  partials: ([x]) => [mul(exp(mul(square(x!), -0.5)), 1 / Math.sqrt(2 * Math.PI))],
});

/** φ(x) for x = Φ⁻¹(p): p·λ(x) or (1 − p)·λ(−x), in which tails keep their digits. */
function densityAtQuantile(p: Variable, x: Variable): Variable {
  // both forms agree, so the choice makes no jump
  const isBelow = less(stopGradient(x), 0);
  const product = mul(select(isBelow, p, sub(1, p)), inverseMills(select(isBelow, x, neg(x))));
  return select(isFiniteNumber(stopGradient(x)), product, 0);
}

/** Φ⁻¹(p), the standard normal quantile: ∓∞ at 0 and 1; d = dp/φ(Φ⁻¹(p)) */
export const ndtri = float({
  name: "ndtri",
  evaluate: normalQuantile,
  partials: ([p], x) => [reciprocal(densityAtQuantile(p!, x))],
});

/** log Φ(x), Φ the standard normal distribution function; d = φ(x)/Φ(x)·dx */
export const logNdtr = float({
  name: "logNdtr",
  evaluate: logNdtr_.logNdtr,
  partials: ([x]) => [inverseMills(x!)],
  tfjs: kernels.exactInMemory(logNdtr_.logNdtr, kernels.logNdtr),
});

/** λ(x) = φ(x)/Φ(x); d = −λ(x)(x + λ(x))·dx */
export const inverseMills = float({
  name: "inverseMills",
  evaluate: logNdtr_.inverseMills,
  partials: ([x], y) => [neg(mul(y, millsExcess(x!)))],
  tfjs: kernels.exactInMemory(logNdtr_.inverseMills, kernels.inverseMills),
});

const millsCumulant: (n: number) => Operation<(x: Value) => Variable> = byOrder((n: number) =>
  float({
    name: n === 1 ? "millsExcess" : `millsCumulant_${n}`,
    evaluate: (x) => mills_.millsCumulant(n, x),
    partials: ([x]) => [millsCumulant(n + 1)(x!)],
    ...(n === 1 && { tfjs: kernels.exactInMemory((x) => mills_.millsCumulant(1, x), kernels.millsExcess) }),
  }),
);

/** x + λ(x) > 0, about −1/x for x → −∞, where the two cancel; its derivatives are the cumulants of util/special/millsCumulant. */
export const millsExcess = millsCumulant(1);
