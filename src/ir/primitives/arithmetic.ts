// Arithmetic beyond addition and multiplication.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { lift, type Value } from "../builder.js";
import type { DType, Variable } from "../program.js";
import { cast, equal, greater } from "./comparison.js";
import { add, binary, mul, unary } from "./elementwise.js";
import { subLoop } from "./loops.js";

/** x − y */
export const sub = binary({
  name: "sub",
  evaluate: (x, y) => x - y,
  loop: subLoop,
  partials: () => [1, -1],
  linearIn: [[0, 1]],
  tfjs: "Sub",
});

/** −x */
export const neg = unary({ name: "neg", evaluate: (x) => -x, partials: () => [-1], linearIn: [[0]], tfjs: "Neg" });

/** x / y; d(x/y) = dx/y − (x/y)·dy/y */
export const div = binary({
  name: "div",
  evaluate: (x, y) => x / y,
  dtype: (dtypes) => {
    if (dtypes.every((dtype) => dtype === "float32")) return "float32";
    throw new ElbowError("dtype", {
      message: `div: operands are ${dtypes.join(" and ")}, not float32`,
      hint: "use floorDiv for a whole quotient, or cast the operands to float32.",
    });
  },
  partials: ([, y], z) => [reciprocal(y!), neg(div(z, y!))],
  pullback: (ct, [, y], z) => {
    const toX = div(ct, y!);
    return [toX, neg(mul(toX, z))];
  },
  linearIn: [[0]],
  tfjs: "RealDiv",
});

/** x²; d(x²) = 2x·dx */
export const square = (x: Value): Variable => mul(x, x);

/** 1/x; d(1/x) = −dx/x² */
export const reciprocal = unary({
  name: "reciprocal",
  evaluate: (x) => 1 / x,
  partials: (_, y) => [neg(mul(y, y))],
  tfjs: "Reciprocal",
});

/** The kernel of tfjs's wasm backend takes numbers near 0 for 0. */
function signKernel(x: tf.Tensor): tf.Tensor {
  if (tf.getBackend() !== "wasm" || x.dtype !== "float32") return tf.sign(x);
  const sign = tf.sub(tf.cast(tf.greater(x, 0), "float32"), tf.cast(tf.less(x, 0), "float32"));
  return tf.where(tf.equal(x, x), sign, x);
}

/** −1, 0 or 1; piecewise constant */
export const sign = unary({ name: "sign", evaluate: Math.sign, tfjs: signKernel });

/** |x|; d|x| = sign(x)·dx, 0 at 0 */
export const abs = unary({
  name: "abs",
  evaluate: Math.abs,
  partials: ([x]) => [sign(x!)],
  hasKinks: true,
  tfjs: "Abs",
});

/** How much of an extremum's derivative goes to the first operand: all if it wins, half in a tie, none if it loses. */
function share(wins: Variable, ties: Variable): [Variable, Variable] {
  const first = add(cast(wins, "float32"), mul(cast(ties, "float32"), 0.5));
  return [first, sub(1, first)];
}

/** max(x, y); the derivative is that of the larger, the mean of both in a tie */
export const maximum = binary({
  name: "maximum",
  evaluate: Math.max,
  partials: ([x, y]) => share(greater(x!, y!), equal(x!, y!)),
  hasKinks: true,
  tfjs: "Maximum",
});

/** min(x, y); the derivative is that of the smaller, the mean of both in a tie */
export const minimum = binary({
  name: "minimum",
  evaluate: Math.min,
  partials: ([x, y]) => share(greater(y!, x!), equal(x!, y!)),
  hasKinks: true,
  tfjs: "Minimum",
});

/** The larger of a lower bound and the smaller of an upper bound and x. */
export const clip = (x: Value, low: Value, high: Value): Variable => {
  const [value, from, to] = lift([x, low, high]);
  return maximum(from!, minimum(to!, value!));
};

/** ⌊x/y⌋; piecewise constant */
export const floorDiv = binary({
  name: "floorDiv",
  evaluate: (x, y) => Math.floor(x / y),
  tfjs: (x, y) => (x.dtype === "int32" ? tf.floorDiv(x, y!) : tf.floor(tf.div(x, y!))),
});

/** x − y·⌊x/y⌋, of y's sign; d = dx − ⌊x/y⌋·dy, with jumps at the multiples of y */
export const mod = binary({
  name: "mod",
  evaluate: (x, y) => {
    const remainder = x % y;
    return remainder !== 0 && remainder < 0 !== y < 0 ? remainder + y : remainder;
  },
  partials: ([x, y]) => [1, neg(floorDiv(x!, y!))],
  continuousIn: () => false,
  tfjs: "Mod",
});

/** dtype rule of operations that only floats have. */
export const floatOnly =
  (name: string) =>
  (dtypes: readonly DType[]): DType => {
    if (dtypes.every((dtype) => dtype === "float32")) return "float32";
    throw new ElbowError("dtype", {
      message: `${name}: operand is ${dtypes.join(" and ")}, not float32`,
      hint: "cast it to float32.",
    });
  };
