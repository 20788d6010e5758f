// What tfjs' webgpu backend needs to be right, besides what GPUs need. Some of its kernels (transpositions) do not compile for booleans;
// ranks of five and more are repeated on the processor, by a read that Node does not have.
import * as tf from "@tensorflow/tfjs-core";
import type { Equation } from "../../ir/program.js";
import { type Corrections, computesIntegers } from "./gpuRules.js";
import type { Rule } from "./lowering.js";

/** Whether the host has to evaluate an equation although there is a kernel. */
export const isInexactOnWebgpu = (equation: Equation): boolean =>
  computesIntegers(equation) || (equation.primitive.name === "transpose" && equation.inputs[0]!.dtype === "bool");

/** The backend's own rules, by primitive. */
export const webgpuCorrections: Corrections = new Map(
  // of a vector, tfjs gives a vector of one position
  ["argMax", "argMin"].map((name): [string, (rule: Rule) => Rule] => [
    name,
    (rule) => (operands, attributes) =>
      rule(operands, attributes).map((result) => (operands[0]!.rank === 1 ? tf.reshape(result, []) : result)),
  ]),
);
