// What is computed from stretched values is computed before they are stretched: once per value instead of once per copy.
import { emitOne } from "../ir/builder.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../ir/primitives/axes.js";
import { mul } from "../ir/primitives/elementwise.js";
import { gather, oneHot } from "../ir/primitives/indexing.js";
import { reduceAll, reduceAny, reduceMax, reduceMin } from "../ir/primitives/reductions.js";
import type { Attributes, Equation, Primitive, Variable } from "../ir/program.js";
import { broadcastShapes, range, type Shape, sizeOf } from "../util/shapes.js";
import type { Surroundings } from "./identities.js";

/** An equation on a stretched operand: the operand before, with axes of size 1 where it was stretched, and after. */
type Rule = (small: Variable, equation: Equation) => Variable | undefined;

/** f(stretched x) as stretched f(x), or undefined where nothing is stretched or nothing is won. */
export function stretchLate(equation: Equation, surroundings: Surroundings): Variable | undefined {
  const { primitive, inputs, attributes, outputs } = equation;
  const output = outputs[0];
  if (primitive.isElementwise) {
    let operands: Variable[] | undefined;
    for (let i = 0; i < inputs.length; i++) {
      const small = stretched(inputs[i]!, surroundings);
      if (!small) continue;
      operands ??= [...inputs];
      operands[i] = small;
    }
    if (!operands) return undefined;
    const shape = broadcastShapes(...operands.map((operand) => operand.shape))!;
    if (sizeOf(shape) === sizeOf(output!.shape)) return undefined;
    return broadcastTo(emitOne(primitive, operands, attributes), output!.shape);
  }
  const rule = rules.get(primitive);
  if (!rule) return undefined;
  const position = primitive === gather.primitive ? 1 : 0;
  const small = stretched(inputs[position]!, surroundings);
  if (!small || sizeOf(small.shape) === sizeOf(inputs[position]!.shape)) return undefined;
  const missing = inputs[position]!.shape.length - small.shape.length;
  return rule(reshape(small, [...new Array<number>(missing).fill(1), ...small.shape]), equation);
}

/** What a value was before it was stretched, if it was. */
function stretched(variable: Variable, { producerOf }: Surroundings): Variable | undefined {
  const producer = producerOf(variable);
  return producer?.primitive === broadcastTo.primitive ? producer.inputs[0] : undefined;
}

const reduced =
  (primitive: Primitive): Rule =>
  (small, { attributes, outputs: [output] }) =>
    broadcastTo(emitOne(primitive, [small], attributes), output!.shape);

const rules = new Map<Primitive, Rule>([
  // the sum of n equal numbers is n times the number
  [
    reduceSum.primitive,
    (small, { inputs: [x], attributes: { axes }, outputs: [output] }) => {
      if (x!.dtype !== "float32") return undefined;
      const copies = sizeOf((axes as number[]).map((axis) => (small.shape[axis] === 1 ? x!.shape[axis]! : 1)));
      return broadcastTo(mul(reduceSum(small, axes), copies), output!.shape);
    },
  ],
  ...[reduceMax, reduceMin, reduceAny, reduceAll].map((each) => [each.primitive, reduced(each.primitive)] as const),
  [
    reshape.primitive,
    (small, { inputs: [x], outputs: [output] }) => {
      const shape = sameButOnes(small.shape, x!.shape, output!.shape);
      return shape && broadcastTo(reshape(small, shape), output!.shape);
    },
  ],
  [
    transpose.primitive,
    (small, { attributes, outputs: [output] }) => broadcastTo(transpose(small, attributes.permutation), output!.shape),
  ],
  [
    gather.primitive,
    (small, { inputs: [x], attributes, outputs: [output] }) =>
      attributes.batchDims === 0 ? broadcastTo(gather(x!, small, attributes.axis), output!.shape) : undefined,
  ],
  [
    oneHot.primitive,
    (small, { attributes, outputs: [output] }: { attributes: Attributes } & Equation) =>
      broadcastTo(oneHot(small, attributes.depth), output!.shape),
  ],
]);

/** The shape that becomes `to` as `small` becomes `from`, if those two differ by axes of size 1 alone. */
function sameButOnes(small: Shape, from: Shape, to: Shape): Shape | undefined {
  const ofFrom = range(from.length).filter((axis) => from[axis] !== 1);
  const ofTo = range(to.length).filter((axis) => to[axis] !== 1);
  if (ofFrom.length !== ofTo.length || ofFrom.some((axis, i) => from[axis] !== to[ofTo[i]!])) return undefined;
  return to.map((size, axis) => (size === 1 ? 1 : small[ofFrom[ofTo.indexOf(axis)]!]!));
}
