// Kernels that multiply matrices.
import { add } from "../primitives/elementwise.js";
import { matMul } from "../primitives/matMul.js";
import { activate } from "./activations.js";
import { type Capture, type Captures, list, matched, operand, optional } from "./capture.js";
import { einsum } from "./einsum.js";

const batchMatMul: Capture = (inputs, { transposeA = false, transposeB = false }) =>
  matMul(...matched(operand(inputs, "a"), operand(inputs, "b")), { transposeA, transposeB });

export const matrixCaptures: Captures = {
  BatchMatMul: batchMatMul,
  Einsum: (inputs, { equation }) => einsum(equation, list(inputs)),
  _FusedMatMul: (inputs, attributes) => {
    const bias = optional(inputs, "bias");
    const { transposeA, transposeB } = attributes;
    const product = matMul(operand(inputs, "a"), operand(inputs, "b"), { transposeA, transposeB });
    return activate(bias ? add(product, bias) : product, attributes, optional(inputs, "preluActivationWeights"));
  },
};
