// What tfjs' webgpu backend needs to be right. Its kernels compute integers in single precision, which is exact below 2²⁴ only, and
// some (transpositions) do not compile for integers at all; arc functions are the driver's, whose errors WebGPU hardly bounds; ranks
// of five and more are repeated on the processor, by a read that Node does not have.
import * as tf from "@tensorflow/tfjs-core";
import type { Equation, Primitive } from "../../ir/program.js";
import type { Rule } from "./lowering.js";

/** Whose kernels take integers as they are: as numbers to convert, or as positions, which are small. */
const takesIntegers = new Set(["cast", "reshape", "gather", "scatterAdd", "oneHot"]);

const arcFunctions = new Set(["asin", "acos", "atan", "atan2"]);

/** Whether the host has to evaluate an equation although there is a kernel. */
export function isInexactOnWebgpu({ primitive: { name }, inputs }: Equation): boolean {
  if (arcFunctions.has(name)) return true;
  const data = name === "gather" || name === "scatterAdd" ? inputs.slice(0, 1) : inputs;
  if (data.some(({ dtype }) => dtype === "int32") && (!takesIntegers.has(name) || data !== inputs)) return true;
  return name === "transpose" && inputs[0]!.dtype === "bool";
}

/** Stretches one run of axes after another, each as the middle one of three. */
function broadcast(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
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

const mostTiledAxes = 4;

/** The backend's own rules, by primitive. */
export const webgpuRules: ReadonlyMap<string, (rule: Rule) => Rule> = new Map<string, (rule: Rule) => Rule>([
  [
    "broadcastTo",
    (rule) => (operands, attributes) =>
      attributes.shape.length <= mostTiledAxes
        ? rule(operands, attributes)
        : [broadcast(operands[0]!, attributes.shape)],
  ],
  // of a vector, tfjs gives a vector of one position
  ...["argMax", "argMin"].map((name): [string, (rule: Rule) => Rule] => [
    name,
    (rule) => (operands, attributes) =>
      rule(operands, attributes).map((result) => (operands[0]!.rank === 1 ? tf.reshape(result, []) : result)),
  ]),
]);

/** The rule as this backend needs it. */
export const onWebgpu = ({ name }: Primitive, rule: Rule | undefined): Rule | undefined =>
  (rule && webgpuRules.get(name)?.(rule)) ?? rule;
