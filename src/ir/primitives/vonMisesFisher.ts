// The von Mises–Fisher distribution: its normalising constant, and how the angle of draws to the mean direction moves with the
// concentration. Computed by the host, by quadrature in double precision, with derivatives of every order. The dimension is an
// int32 operand.
import { sphereAngleDraw as drawAngle } from "../../util/samplers/vonMisesFisher.js";
import * as special from "../../util/special/vonMisesFisher.js";
import { emitOne, lift, type Value } from "../builder.js";
import { type Operation, operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { div, floatOnly, neg, sub } from "./arithmetic.js";
import { cast } from "./comparison.js";
import { add, binary, elementwise, mul, ternary } from "./elementwise.js";
import { cos, sin } from "./trigonometric.js";

const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n - 1, k - 1) * n) / k);

const integralOrders: Operation<(kappa: Value, dimension: Value) => Variable>[] = [];
/** dⁿ/dκⁿ log ∫ e^{κ(μ·x − 1)} dx over the sphere. */
const integralOfOrder = (n: number): Operation<(kappa: Value, dimension: Value) => Variable> => {
  integralOrders[n] ??= binary({
    name: n === 0 ? "logSphereIntegral" : `logSphereIntegral_${n}`,
    dtype: ([kappa]) => floatOnly("logSphereIntegral")([kappa!]),
    evaluate: (kappa, dimension) => special.logSphereIntegral(n, kappa, dimension),
    partials: ([kappa, dimension]) => [integralOfOrder(n + 1)(kappa!, dimension!), undefined],
  });
  return integralOrders[n];
};

/** log ∫ e^{κ(μ·x − 1)} dx over the sphere of unit vectors: operands (κ, dimension); d = E(μ·x − 1)·dκ */
export const logSphereIntegral = integralOfOrder(0);

/** E(μ·x − 1): operands (κ, dimension). */
export const sphereShortfall = integralOfOrder(1);

/** Var(μ·x): operands (κ, dimension). */
export const sphereSpread = integralOfOrder(2);

/** d log p/dκ = cos t − E cos t at an angle, without cancellation near 0. */
function score(kappa: Variable, angle: Variable, dimension: Variable): Variable {
  const half = sin(mul(0.5, angle));
  return neg(add(mul(2, mul(half, half)), sphereShortfall(kappa, dimension)));
}

/** (∂ⁿp/∂κⁿ)/p: gₘ₊₁ = Σ C(m, k)·h⁽ᵏ⁾·gₘ₋ₖ with h = d log p/dκ, whose derivatives do not depend on the angle. */
function relativeDensity(n: number, kappa: Variable, angle: Variable, dimension: Variable): Variable {
  const g: Variable[] = [];
  for (let m = 0; m < n; m++) {
    const terms = Array.from({ length: m + 1 }, (_, k) => {
      const h = k === 0 ? score(kappa, angle, dimension) : neg(integralOfOrder(k + 1)(kappa, dimension));
      const rest = m === k ? undefined : g[m - k - 1]!;
      return mul(binomial(m, k), rest ? mul(h, rest) : h);
    });
    g.push(terms.reduce((total, term) => add(total, term)));
  }
  return g[n - 1]!;
}

const ratioOrders: Operation<(kappa: Value, angle: Value, dimension: Value) => Variable>[] = [];
/**
 * R = (∂ⁿF/∂κⁿ)/p, F the distribution function of the angle: ∂Rₙ/∂κ = Rₙ₊₁ − Rₙ·h and
 * ∂Rₙ/∂t = (∂ⁿp/∂κⁿ)/p + (κ sin t − (dimension − 2) cot t)·Rₙ.
 */
const ratioOfOrder = (n: number): Operation<(kappa: Value, angle: Value, dimension: Value) => Variable> => {
  ratioOrders[n] ??= ternary({
    name: `sphereAngleRatio_${n}`,
    dtype: ([kappa, angle]) => floatOnly("sphereAngleRatio")([kappa!, angle!]),
    evaluate: (kappa, angle, dimension) => special.sphereAngleRatio(n, kappa, angle, dimension),
    partials: ([kappa, angle, dimension], ratio) => {
      const fall = sub(
        mul(kappa!, sin(angle!)),
        mul(sub(cast(dimension!, "float32"), 2), div(cos(angle!), sin(angle!))),
      );
      return [
        sub(ratioOfOrder(n + 1)(kappa!, angle!, dimension!), mul(ratio, score(kappa!, angle!, dimension!))),
        add(relativeDensity(n, kappa!, angle!, dimension!), mul(fall, ratio)),
        undefined,
      ];
    },
  });
  return ratioOrders[n];
};

/** (∂F/∂κ)/p for operands (κ, angle, dimension), less which the angle of a draw at a fixed quantile moves with κ. */
export const sphereAngleRatio = ratioOfOrder(1);

/**
 * The angle of a draw to the mean direction, which moves with the concentration as draws at a fixed quantile do: operands
 * (angle, κ, dimension). Its derivatives of every order in κ are the pathwise ones.
 */
export const sphereAnglePath = ternary({
  name: "sphereAnglePath",
  dtype: ([angle, kappa]) => floatOnly("sphereAnglePath")([angle!, kappa!]),
  evaluate: (angle) => angle,
  partials: ([, kappa, dimension], angle) => [undefined, neg(sphereAngleRatio(kappa!, angle, dimension!)), undefined],
});

const drawPrimitive = elementwise({
  name: "sphereAngleDraw",
  dtype: (dtypes) => floatOnly("sphereAngleDraw")(dtypes.slice(2, 3)),
  evaluate: drawAngle,
});
/** The angle of a draw: operands (word 0, word 1, κ, dimension), words of a key of its own. No derivative. */
export const sphereAngleDraw = operation(
  (word0: Value, word1: Value, kappa: Value, dimension: Value): Variable =>
    emitOne(drawPrimitive, lift([word0, word1, kappa, dimension])),
  drawPrimitive,
);
