// An identity that tells the estimator how to estimate a cost: as one, and with which control.
import * as tf from "@tensorflow/tfjs-core";
import { emitOne } from "../builder.js";
import { operation, type Primitive, primitive } from "../primitive.js";
import type { Variable } from "../program.js";

/**
 * How a marked cost is estimated:
 *
 * - `apart`: on its own, however it is computed: it is not split into the terms of a sum;
 * - `leaveOneOut`: apart, and the elements along its first axis are baselines of each other;
 * - `scored`: with the score of the choices that the second operand depends on, and along its axes; other choices count as
 *   fixed, whatever the cost depends on itself;
 * - `plain`: the same without the score, so that the difference of both has the expectation zero;
 * - `pathwise`: as it is, provided that all choices that it depends on are estimated by pathwise derivatives.
 */
export type LeafRule = "apart" | "leaveOneOut" | "scored" | "plain" | "pathwise";

/** x; where it reaches an objective in a linear way, it is estimated by a rule. d = dx */
const leafPrimitive: Primitive = primitive({
  name: "leaf",
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  evaluate: ([x]) => [x!.elements],
  jvp: (_, [dx]) => [dx],
  vjp: ({ inputs }, [ct]) => [ct, ...inputs.slice(1).map(() => undefined)],
  batch: (inputs, attributes) => [emitOne(leafPrimitive, inputs, attributes)],
  axes: (inputs) => [inputs.map(({ shape }) => shape.map((_, axis) => axis))],
  isContinuousIn: () => true,
  tfjs: ([x]) => [tf.clone(x!)],
});

/** @param like - of the shape of x: for the rules `scored` and `plain` */
export const leaf = operation(
  (x: Variable, rule: LeafRule, like?: Variable): Variable => emitOne(leafPrimitive, like ? [x, like] : [x], { rule }),
  leafPrimitive,
);
