// Identities between primitives that make programs shorter. What concerns one primitive alone stands in its own `simplify`.

import { emitOne } from "../ir/builder.js";
import { neg, sub } from "../ir/primitives/arithmetic.js";
import { broadcastTo, reshape, transpose } from "../ir/primitives/axes.js";
import { select } from "../ir/primitives/comparison.js";
import { add, mul } from "../ir/primitives/elementwise.js";
import { matMul } from "../ir/primitives/matMul.js";
import type { Elements, Equation, Variable } from "../ir/program.js";
import { broadcastShapes, range, type Shape, sameShape, sizeOf } from "../util/shapes.js";

/** What an identity may look at beside the equation. */
export interface Surroundings {
  /** The elements of a constant; a single one if they are all the same. */
  readonly elementsOf: (variable: Variable) => Elements | undefined;
  /** The equation that a variable comes from. */
  readonly producerOf: (variable: Variable) => Equation | undefined;
}

/** Writes an equation in an equivalent, cheaper way, or gives undefined. What it emits is simplified in its turn. */
type Identity = (equation: Equation, surroundings: Surroundings) => Variable | undefined;

/** The operands of the equation that a variable comes from, if it is of this primitive. */
function operandsOf(name: string, variable: Variable, { producerOf }: Surroundings): readonly Variable[] | undefined {
  const producer = producerOf(variable);
  return producer?.primitive.name === name ? producer.inputs : undefined;
}

/** The number that all elements of a real constant are. */
function numberOf(variable: Variable, { elementsOf }: Surroundings): number | undefined {
  const elements = elementsOf(variable);
  return variable.dtype === "float32" && elements?.length === 1 ? elements[0] : undefined;
}

/** A product of a constant and something else, in this order. */
function multipleOf(
  factors: readonly Variable[] | undefined,
  surroundings: Surroundings,
): { readonly factor: number; readonly of: Variable } | undefined {
  if (!factors) return undefined;
  for (const [i, each] of factors.entries()) {
    const factor = numberOf(each, surroundings);
    if (factor !== undefined) return { factor, of: factors[1 - i]! };
  }
  return undefined;
}

/** Whether a factor can replace two without overflow or loss of digits in single precision. */
const isModerate = (factor: number): boolean => Math.abs(factor) > 1e-20 && Math.abs(factor) < 1e20;

const identities: Readonly<Record<string, Identity>> = {
  // −(−x) = x; −(c·x) = (−c)·x
  neg: ({ inputs: [x], outputs: [out] }, at) => {
    const [inner] = operandsOf("neg", x!, at) ?? [];
    if (inner) return inner;
    const multiple = multipleOf(operandsOf("mul", x!, at), at);
    return multiple && broadcastTo(mul(multiple.of, -multiple.factor), out!.shape);
  },
  // x − 0 = x; x − (−y) = x + y
  sub: ({ inputs: [x, y], outputs: [out] }, at) => {
    if (at.elementsOf(y!)?.every((each) => each === 0)) return broadcastTo(x!, out!.shape);
    const [positive] = operandsOf("neg", y!, at) ?? [];
    return positive && add(x!, positive);
  },
  // x + (−y) = x − y; x + x = 2x
  add: ({ inputs: [x, y], outputs: [out] }, at) => {
    const [ofY] = operandsOf("neg", y!, at) ?? [];
    if (ofY) return sub(x!, ofY);
    const [ofX] = operandsOf("neg", x!, at) ?? [];
    if (ofX) return sub(y!, ofX);
    return x === y && out!.dtype === "float32" ? mul(x!, 2) : undefined;
  },
  // (−x)·(−y) = x·y; −1·x = −x; c·(−x) = (−c)·x; c·(d·x) = (c·d)·x
  mul: ({ inputs: [x, y], outputs: [out] }, at) => {
    const [ofX] = operandsOf("neg", x!, at) ?? [];
    const [ofY] = operandsOf("neg", y!, at) ?? [];
    if (ofX && ofY) return mul(ofX, ofY);
    const multiple = multipleOf([x!, y!], at);
    if (!multiple) return undefined;
    const { factor, of } = multiple;
    if (factor === -1) return broadcastTo(neg(of), out!.shape);
    const [positive] = operandsOf("neg", of, at) ?? [];
    if (positive) return broadcastTo(mul(positive, -factor), out!.shape);
    const inner = multipleOf(operandsOf("mul", of, at), at);
    if (!inner || !isModerate(factor * inner.factor)) return undefined;
    return broadcastTo(mul(inner.of, factor * inner.factor), out!.shape);
  },
  // x/1 = x
  div: ({ inputs: [x, y], outputs: [out] }, at) => (numberOf(y!, at) === 1 ? broadcastTo(x!, out!.shape) : undefined),
  // log eˣ = x
  log: ({ inputs: [x] }, at) => operandsOf("exp", x!, at)?.[0],
  reshape: ({ inputs: [x], outputs: [out] }, at) => {
    const [inner] = operandsOf("reshape", x!, at) ?? [];
    return inner && reshape(inner, out!.shape);
  },
  broadcastTo: ({ inputs: [x], outputs: [out] }, at) => {
    const [inner] = operandsOf("broadcastTo", x!, at) ?? [];
    return inner && broadcastTo(inner, out!.shape);
  },
  // a choice inside a choice by the same condition is made already
  select: ({ inputs: [condition, x, y], outputs: [out] }, at) => {
    const [conditionOfX, thenOfX] = operandsOf("select", x!, at) ?? [];
    if (conditionOfX === condition) return broadcastTo(select(condition!, thenOfX!, y!), out!.shape);
    const [conditionOfY, , elseOfY] = operandsOf("select", y!, at) ?? [];
    return conditionOfY === condition ? broadcastTo(select(condition!, x!, elseOfY!), out!.shape) : undefined;
  },
  // one matrix times many vectors is one product of two matrices
  matMul: ({ inputs: [a, b], outputs: [out] }) => {
    const batch = b!.shape.slice(0, -2);
    const [rows, inner] = a!.shape.slice(-2) as [number, number];
    if (b!.shape.at(-1) !== 1 || sizeOf(batch) === 1 || sizeOf(a!.shape) !== rows * inner) return undefined;
    const vectors = transpose(reshape(b!, [sizeOf(batch), inner]), [1, 0]);
    return reshape(transpose(matMul(reshape(a!, [rows, inner]), vectors), [1, 0]), out!.shape);
  },
};

/** Operations that broadcast their operands themselves. */
const broadcasting: ReadonlySet<string> = new Set(
  "add sub mul div maximum minimum pow select equal notEqual greater greaterEqual less lessEqual logicalAnd logicalOr".split(
    " ",
  ),
);

/** Operands that were stretched beforehand are taken as they were, where the others make up the shape. */
const withoutStretching: Identity = ({ primitive, inputs, attributes, outputs: [out] }, { producerOf }) => {
  for (const [i, input] of inputs.entries()) {
    const producer = producerOf(input);
    const isStretched =
      producer?.primitive.name === "broadcastTo" ||
      (producer?.primitive.name === "reshape" && isSuffix(producer.inputs[0]!.shape, input.shape));
    if (!isStretched) continue;
    const operands = inputs.with(i, producer.inputs[0]!);
    const shape = broadcastShapes(...operands.map((operand) => operand.shape));
    if (shape && sameShape(shape, out!.shape)) return emitOne(primitive, operands, attributes);
  }
  return undefined;
};

/** Whether a shape is another one without axes of size 1 at its front. */
const isSuffix = (suffix: Shape, shape: Shape): boolean => {
  const missing = shape.length - suffix.length;
  return missing > 0 && range(missing).every((axis) => shape[axis] === 1) && sameShape(suffix, shape.slice(missing));
};

/** The result of the first identity that applies. */
export function applyIdentity(equation: Equation, surroundings: Surroundings): Variable | undefined {
  const { name } = equation.primitive;
  return (
    identities[name]?.(equation, surroundings) ??
    (broadcasting.has(name) ? withoutStretching(equation, surroundings) : undefined)
  );
}
