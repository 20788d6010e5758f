// Activation functions. They are written with max and min, not with comparisons, so that they are seen to be continuous.
import { backend_util } from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { clip, maximum, minimum, sub } from "../primitives/arithmetic.js";
import { greater, select } from "../primitives/comparison.js";
import { add, mul } from "../primitives/elementwise.js";
import { expm1, rsqrt, sigmoid } from "../primitives/exponential.js";
import { logSoftmax, softmax } from "../primitives/logSumExp.js";
import { filled } from "../primitives/slicing.js";
import type { Attributes, Variable } from "../program.js";
import { axesOf, type Captures, operand, optional, real } from "./capture.js";

const relu = (x: Variable): Variable => maximum(x, 0);
const relu6 = (x: Variable): Variable => clip(x, 0, 6);

/** x above zero, α·x below */
const leaky = (x: Variable, alpha: Variable | number): Variable => add(maximum(x, 0), mul(minimum(x, 0), alpha));

/** a·x above zero, b·(eˣ − 1) below */
const exponentialLinear = (x: Variable, a: number, b: number): Variable =>
  add(mul(maximum(x, 0), a), mul(expm1(minimum(x, 0)), b));

/** What the fused kernels apply last. */
export function activate(
  x: Variable,
  { activation = "linear", leakyreluAlpha = 0.2 }: Attributes,
  weights: Variable | undefined,
): Variable {
  switch (activation) {
    case "linear":
      return x;
    case "relu":
      return relu(x);
    case "relu6":
      return relu6(x);
    case "elu":
      return exponentialLinear(x, 1, 1);
    case "sigmoid":
      return sigmoid(x);
    case "leakyrelu":
      return leaky(x, leakyreluAlpha);
    case "prelu":
      return leaky(x, weights ?? 0);
    default:
      throw new ElbowError("unsupported-op", {
        message: `the activation ${activation} cannot stand in a program`,
        hint: "Apply it by itself, with supported operations.",
      });
  }
}

export const activationCaptures: Captures = {
  Elu: (inputs) => exponentialLinear(real(operand(inputs, "x")), 1, 1),
  FusedBatchNorm: (inputs, { varianceEpsilon }) => {
    const [scale, offset] = [optional(inputs, "scale"), optional(inputs, "offset")];
    const factor = rsqrt(add(operand(inputs, "variance"), varianceEpsilon));
    const centered = sub(operand(inputs, "x"), operand(inputs, "mean"));
    const scaled = mul(centered, scale ? mul(factor, scale) : factor);
    return offset ? add(scaled, offset) : scaled;
  },
  LeakyRelu: (inputs, { alpha }) => leaky(real(operand(inputs, "x")), alpha),
  LogSoftmax: (inputs, { axis }) => {
    const x = operand(inputs, "logits");
    return logSoftmax(x, axesOf(axis, x));
  },
  Prelu: (inputs) => leaky(real(operand(inputs, "x")), real(operand(inputs, "alpha"))),
  Relu: (inputs) => relu(operand(inputs, "x")),
  Relu6: (inputs) => relu6(operand(inputs, "x")),
  Selu: (inputs) =>
    exponentialLinear(real(operand(inputs, "x")), backend_util.SELU_SCALE, backend_util.SELU_SCALEALPHA),
  Softmax: (inputs, { dim }) => {
    const x = operand(inputs, "logits");
    return softmax(x, axesOf(dim, x));
  },
  Step: (inputs, { alpha = 0 }) => {
    const x = operand(inputs, "x");
    return select(greater(x, 0), filled(1, x), filled(alpha, x));
  },
};
