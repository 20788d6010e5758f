// Identities that say something to a transform: where a derivative ends, what may be trusted.
import * as tf from "@tensorflow/tfjs-core";
import { emitOne } from "../builder.js";
import { operation, type Primitive, type PrimitiveRules, primitive } from "../primitive.js";
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
  isElementwise: true,
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
