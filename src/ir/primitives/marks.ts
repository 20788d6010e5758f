// Identities that say something to a transform: where a derivative ends, what may be trusted, how often to differentiate.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { emitOne } from "../builder.js";
import { type MaybeZero, operation, type Primitive, type PrimitiveRules, primitive } from "../primitive.js";
import type { Variable } from "../program.js";
import { linearUnary } from "./axes.js";

/** What all identities have in common. */
const identity = (name: string, self: () => Primitive): PrimitiveRules => ({
  name,
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  evaluate: ([x]) => [x!.elements],
  batch: ([x], attributes) => [emitOne(self(), [x!], attributes)],
  axes: ([x]) => [[x!.shape.map((_, axis) => axis)]],
  isContinuousIn: () => true,
  tfjs: ([x]) => [tf.clone(x!)],
});

/** x, held constant by differentiation: d = 0 */
const stopGradientPrimitive: Primitive = primitive(identity("stopGradient", () => stopGradientPrimitive));
export const stopGradient = operation(
  (x: Variable): Variable => emitOne(stopGradientPrimitive, [x]),
  stopGradientPrimitive,
);

/** x, which the author vouches to be continuous in everything that it is computed from; d = dx */
const assumeContinuousPrimitive: Primitive = linearUnary({
  ...identity("assumeContinuous", () => assumeContinuousPrimitive),
  transpose: (ct) => ct,
});
export const assumeContinuous = operation(
  (x: Variable): Variable => emitOne(assumeContinuousPrimitive, [x]),
  assumeContinuousPrimitive,
);

/** Attributes of {@link limitOrder}. */
export interface OrderLimit {
  /** How often the program may still be differentiated through this place. */
  readonly remaining: number;
  /** What a person reads who differentiates once more. */
  readonly message: string;
}

/** Zero derivative while differentiating is still allowed, else an error if anything is to be differentiated here. */
function limitedDerivative(attributes: unknown, derivatives: readonly MaybeZero[]): MaybeZero[] {
  const { remaining, message } = attributes as OrderLimit;
  if (remaining <= 0 && derivatives.some((each) => each)) throw new ElbowError("derivative-order", { message });
  return [undefined];
}

/** x, held constant by `remaining` differentiations (d = 0); one more is refused, because it would be wrong. */
const limitOrderPrimitive: Primitive = primitive({
  ...identity("limitOrder", () => limitOrderPrimitive),
  jvp: ({ attributes }, tangents) => limitedDerivative(attributes, tangents),
  vjp: ({ attributes }, cotangents) => limitedDerivative(attributes, cotangents),
  differentiated: ({ remaining, message }) => ({ remaining: Math.max(0, remaining - 1), message }),
});
export const limitOrder = operation(
  (x: Variable, { remaining, message }: OrderLimit): Variable =>
    emitOne(limitOrderPrimitive, [x], { remaining, message }),
  limitOrderPrimitive,
);
