// Comparisons, logic, conversions between element types, and the choice between two values.
import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes, sameShape } from "../../util/shapes.js";
import { emitOne, lift, type Value } from "../builder.js";
import { type MaybeZero, operation, type Primitive, primitive } from "../primitive.js";
import type { DType, Variable } from "../program.js";
import { broadcastTo, sumTo } from "./axes.js";
import { add, alignOwnRanks, binary, elementwise, unary } from "./elementwise.js";
import { selectLoop } from "./loops.js";

const bool = (): DType => "bool";

/** x = y, piecewise constant */
export const equal = binary({ name: "equal", evaluate: (x, y) => +(x === y), dtype: bool, tfjs: "Equal" });
/** x ≠ y, piecewise constant */
export const notEqual = binary({ name: "notEqual", evaluate: (x, y) => +(x !== y), dtype: bool, tfjs: "NotEqual" });
/** x < y, piecewise constant */
export const less = binary({ name: "less", evaluate: (x, y) => +(x < y), dtype: bool, tfjs: "Less" });
/** x ≤ y, piecewise constant */
export const lessEqual = binary({ name: "lessEqual", evaluate: (x, y) => +(x <= y), dtype: bool, tfjs: "LessEqual" });
/** x > y, piecewise constant */
export const greater = binary({ name: "greater", evaluate: (x, y) => +(x > y), dtype: bool, tfjs: "Greater" });
/** x ≥ y, piecewise constant */
export const greaterEqual = binary({
  name: "greaterEqual",
  evaluate: (x, y) => +(x >= y),
  dtype: bool,
  tfjs: "GreaterEqual",
});

/** x ∧ y of booleans */
export const logicalAnd = binary({
  name: "logicalAnd",
  evaluate: (x, y) => +(x !== 0 && y !== 0),
  dtype: bool,
  tfjs: "LogicalAnd",
});
/** x ∨ y of booleans */
export const logicalOr = binary({
  name: "logicalOr",
  evaluate: (x, y) => +(x !== 0 || y !== 0),
  dtype: bool,
  tfjs: "LogicalOr",
});
/** exactly one of x and y, of booleans */
export const logicalXor = binary({
  name: "logicalXor",
  evaluate: (x, y) => +((x !== 0) !== (y !== 0)),
  dtype: bool,
  tfjs: "NotEqual",
});
/** ¬x of a boolean */
export const logicalNot = unary({ name: "logicalNot", evaluate: (x) => +(x === 0), dtype: bool, tfjs: "LogicalNot" });

/** Whether x is not a number. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that tfjs and the language give it
export const isNaN = unary({ name: "isNaN", evaluate: (x) => +Number.isNaN(x), dtype: bool, tfjs: "IsNan" });
/** Whether x is neither infinite nor NaN. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name that tfjs and the language give it
export const isFinite = unary({
  name: "isFinite",
  evaluate: (x) => +Number.isFinite(x),
  dtype: bool,
  tfjs: "IsFinite",
});
/** Whether x is +∞ or −∞. */
export const isInf = unary({
  name: "isInf",
  evaluate: (x) => +(Math.abs(x) === Number.POSITIVE_INFINITY),
  dtype: bool,
  tfjs: "IsInf",
});

/** How a number reads as another element type: a float truncates to an integer, anything but zero is true. */
const converted: Record<DType, (x: number) => number> = {
  float32: (x) => x,
  int32: (x) => Math.trunc(x),
  bool: (x) => +(x !== 0),
};

/** The same value in another element type; zero derivative, since at most one side is a float. Attributes: `dtype`. */
const castPrimitive: Primitive = primitive({
  name: "cast",
  infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
  evaluate: ([x], { dtype }) => [x!.elements.map(converted[dtype as DType])],
  batch: ([x], { dtype }) => [cast(x!, dtype)],
  axes: ([x]) => [[x!.shape.map((_, axis) => axis)]],
  isElementwise: true,
  // The wasm backend's cast to bool truncates, so that 0.5 would be false.
  tfjs: ([x], { dtype }) => [dtype === "bool" ? tf.notEqual(x!, tf.zerosLike(x!)) : tf.cast(x!, dtype)],
  simplify: ({ inputs: [x], attributes }) => (x!.dtype === attributes.dtype ? [x!] : undefined),
});
export const cast = operation(
  (x: Variable, dtype: DType): Variable => (x.dtype === dtype ? x : emitOne(castPrimitive, [x], { dtype })),
  castPrimitive,
);

/** Runs an operation that the wasm backend gets wrong on booleans (it writes floats past their end) on integers. */
export function viaIntegers(xs: readonly tf.Tensor[], run: (...xs: tf.Tensor[]) => tf.Tensor): tf.Tensor {
  if (xs[0]!.dtype !== "bool") return run(...xs);
  const result = run(...xs.map((x) => tf.cast(x, "int32")));
  return tf.notEqual(result, tf.zerosLike(result));
}

const selectFrame = elementwise({
  name: "select",
  evaluate: (condition, x, y) => (condition !== 0 ? x : y!),
  loop: selectLoop,
  continuousIn: (input) => input > 0,
  linearIn: [[1, 2]],
  tfjs: (condition, x, y) => {
    const shape = broadcastShapes(condition.shape, x.shape, y!.shape)!;
    const stretch = (each: tf.Tensor) => (sameShape(each.shape, shape) ? each : tf.broadcastTo(each, shape));
    return viaIntegers([x, y!], (t, e) => {
      const inputs = { condition: stretch(condition), t: stretch(t!), e: stretch(e!) };
      return tf.engine().runKernel("Select", inputs as unknown as tf.NamedTensorMap) as tf.Tensor;
    });
  },
});

/** x where the condition holds, else y; the derivative of the one that is not chosen does not enter, not even as 0·∞ */
const selectPrimitive: Primitive = {
  ...selectFrame,
  jvp: ({ inputs: [condition], outputs: [out] }, [, dx, dy]) => [
    (dx || dy) && broadcastTo(select(condition!, dx ?? 0, dy ?? 0), out!.shape),
  ],
  vjp: ({ inputs: [condition, x, y] }, [ct]): MaybeZero[] => {
    if (!ct || x!.dtype !== "float32") return [undefined, undefined, undefined];
    return [undefined, sumTo(select(condition!, ct, 0), x!.shape), sumTo(select(condition!, 0, ct), y!.shape)];
  },
  batch: (inputs, _, rank) => [emitOne(selectPrimitive, alignOwnRanks(inputs, rank))],
  simplify: ({ inputs: [condition, x, y], outputs: [out] }, elementsOf) => {
    const known = elementsOf(condition!);
    if (known?.every((each) => each !== 0)) return [broadcastTo(x!, out!.shape)];
    return known?.every((each) => each === 0) ? [broadcastTo(y!, out!.shape)] : undefined;
  },
};
export const select = operation(
  (condition: Variable, x: Value, y: Value): Variable => emitOne(selectPrimitive, [condition, ...lift([x, y])]),
  selectPrimitive,
);

/** Sum of two tangents, either of which may be zero. */
export const addMaybe = (x: MaybeZero, y: MaybeZero): MaybeZero => (x && y ? add(x, y) : (x ?? y));
