// What tfjs' GPU backends, webgpu and webgl, need to be right. Both compute integers in single precision, which is exact below 2²⁴ only;
// trigonometric functions are the driver's, whose errors neither WGSL nor GLSL bounds well.
import * as tf from "@tensorflow/tfjs-core";
import * as trigonometric from "../../ir/primitives/trigonometricKernels.js";
import type { Equation, Primitive } from "../../ir/program.js";
import { onFewAxes } from "./fewAxes.js";
import type { Rule } from "./lowering.js";
import { onMergedAxes } from "./mergedAxes.js";

/** Another rule in a backend's place of the one of tfjs operations, which it may use. */
export type Corrections = ReadonlyMap<string, (rule: Rule) => Rule>;

/** Whose kernels take integers as they are: as numbers to convert, or as positions, which are small. */
const takesIntegers = new Set(["cast", "reshape", "gather", "scatterAdd", "oneHot"]);

/** Whether an equation computes with integers, so that the host has to evaluate it. */
export function computesIntegers({ primitive: { name }, inputs }: Equation): boolean {
  const data = name === "gather" || name === "scatterAdd" ? inputs.slice(0, 1) : inputs;
  return data.some(({ dtype }) => dtype === "int32") && (!takesIntegers.has(name) || data !== inputs);
}

/** Stretches one run of axes after another, each as the middle one of three. */
function stretch(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const from = [...shape.map((_, i) => x.shape[i - shape.length + x.rank] ?? 1)];
  let result = x;
  for (let end = shape.length; end > 0; end--) {
    let start = end;
    while (start > 0 && from[start - 1] === 1) start--;
    if (start === end) continue;
    const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
    const repeats = product(shape.slice(start, end));
    const outer = product(from.slice(0, start));
    if (repeats > 1) result = tf.tile(tf.reshape(result, [outer, 1, product(shape.slice(end))]), [1, repeats, 1]);
    end = start;
  }
  return tf.reshape(result, [...shape]);
}

/** More axes than these are merged, or stretched one after the other: some kernels of webgl choose between tensors of four at most. */
const mostAxes = 4;

/** Compositions in the place of kernels of one result. */
const compositions: readonly (readonly [string, (...operands: tf.Tensor[]) => tf.Tensor])[] =
  Object.entries(trigonometric);

/** By primitive: what both backends run otherwise than others. */
const gpuCorrections: Corrections = new Map<string, (rule: Rule) => Rule>([
  [
    "broadcastTo",
    (rule) => (operands, attributes) =>
      attributes.shape.length <= mostAxes ? rule(operands, attributes) : [stretch(operands[0]!, attributes.shape)],
  ],
  ...compositions.map(([name, compose]): [string, (rule: Rule) => Rule] => [
    name,
    () => (operands) => [compose(...operands)],
  ]),
]);

/** The rule of a primitive on a GPU: corrected, and on few axes. */
export function gpuRule(primitive: Primitive, ...own: readonly Corrections[]): Rule | undefined {
  const { name, tfjs, isElementwise } = primitive;
  if (!tfjs) return undefined;
  const rule = [gpuCorrections, ...own].reduce(
    (before, corrections) => corrections.get(name)?.(before) ?? before,
    tfjs as Rule,
  );
  return isElementwise ? onFewAxes(rule, mostAxes, stretch) : onMergedAxes(primitive, rule);
}
