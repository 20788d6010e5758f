// Identities between primitives that make programs shorter. What concerns one primitive alone stands in its own `simplify`.

import { emitOne } from "../ir/builder.js";
import { div, neg, reciprocal, sub } from "../ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../ir/primitives/axes.js";
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

/** The first of them. */
const operandOf = (name: string, variable: Variable, at: Surroundings): Variable | undefined =>
  operandsOf(name, variable, at)?.[0];

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
  for (let i = 0; i < factors.length; i++) {
    const factor = numberOf(factors[i]!, surroundings);
    if (factor !== undefined) return { factor, of: factors[1 - i]! };
  }
  return undefined;
}

/** Whether a factor can replace two without overflow or loss of digits in single precision. */
const isModerate = (factor: number): boolean => Math.abs(factor) > 1e-20 && Math.abs(factor) < 1e20;

/**
 * A constant multiple whose factor may wait until other operations are done: then it is taken out of sums and meets other
 * factors. Products overflow earlier by this factor.
 */
function scaled(variable: Variable, at: Surroundings): { readonly factor: number; readonly of: Variable } | undefined {
  const multiple = multipleOf(operandsOf("mul", variable, at), at);
  const isSmall = multiple && Math.abs(multiple.factor) > 1e-6 && Math.abs(multiple.factor) < 1e6;
  return isSmall && sameShape(multiple.of.shape, variable.shape) ? multiple : undefined;
}

/** Whether an operand makes a loop long, so that an operation on a single number is nothing beside it. */
const isLong = (operand: Variable, out: Variable): boolean =>
  sizeOf(out.shape) >= 16 && sizeOf(operand.shape) === sizeOf(out.shape);

/** Whether one variable has so many fewer elements than another that an operation on it counts little. */
const isMuchSmaller = (x: Variable, y: Variable): boolean => 4 * sizeOf(x.shape) <= sizeOf(y.shape);

/** The one that is left of (c ? x : 0) ± (c ? 0 : y): c ? x : ±y. */
function chosen(x: Variable, y: Variable, at: Surroundings, signed: (y: Variable) => Variable): Variable | undefined {
  const [ofX, ofY] = [operandsOf("select", x, at), operandsOf("select", y, at)];
  if (!ofX || !ofY) return undefined;
  const [conditionX, thenX, elseX] = ofX;
  const [conditionY, thenY, elseY] = ofY;
  if (!conditionX || conditionX !== conditionY || !sameShape(x.shape, y.shape)) return undefined;
  const isZero = (variable: Variable): boolean => at.elementsOf(variable)?.every((each) => each === 0) ?? false;
  if (isZero(elseX!) && isZero(thenY!)) return select(conditionX, thenX!, signed(elseY!));
  return isZero(thenX!) && isZero(elseY!) ? select(conditionX, signed(thenY!), elseX!) : undefined;
}

const unsigned = (variable: Variable): Variable => variable;

const identities: Readonly<Record<string, Identity>> = {
  // −(−x) = x; −(c·x) = (−c)·x
  neg: ({ inputs, outputs }, at) => {
    const x = inputs[0]!;
    const inner = operandOf("neg", x, at);
    if (inner) return inner;
    const factors = operandsOf("mul", x, at);
    if (!factors) return undefined;
    const multiple = multipleOf(factors, at);
    if (multiple) return broadcastTo(mul(multiple.of, -multiple.factor), outputs[0]!.shape);
    if (isMuchSmaller(factors[1]!, x)) return mul(factors[0]!, neg(factors[1]!));
    return isMuchSmaller(factors[0]!, x) ? mul(neg(factors[0]!), factors[1]!) : undefined;
  },
  // x − 0 = x; x − (−y) = x + y; (c ? x : 0) − (c ? 0 : y) = c ? x : −y; c·x − c·y = c·(x − y)
  sub: ({ inputs, outputs }, at) => {
    const x = inputs[0]!;
    const y = inputs[1]!;
    if (at.elementsOf(y)?.every((each) => each === 0)) return broadcastTo(x, outputs[0]!.shape);
    const positive = operandOf("neg", y, at);
    if (positive) return add(x, positive);
    const one = chosen(x, y, at, neg);
    if (one) return broadcastTo(one, outputs[0]!.shape);
    const ofX = scaled(x, at);
    const ofY = ofX && scaled(y, at);
    if (ofX && ofX.factor === ofY?.factor) return mul(sub(ofX.of, ofY.of), ofX.factor);
    return ofX && ofX.factor === -(ofY?.factor ?? 0) ? mul(add(ofX.of, ofY!.of), ofX.factor) : undefined;
  },
  // x + (−y) = x − y; x + x = 2x; (c ? x : 0) + (c ? 0 : y) = c ? x : y; c·x + c·y = c·(x + y)
  add: ({ inputs, outputs }, at) => {
    const x = inputs[0]!;
    const y = inputs[1]!;
    const ofY = operandOf("neg", y, at);
    if (ofY) return sub(x, ofY);
    const ofX = operandOf("neg", x, at);
    if (ofX) return sub(y, ofX);
    if (x === y && outputs[0]!.dtype === "float32") return mul(x, 2);
    const one = chosen(x, y, at, unsigned);
    if (one) return broadcastTo(one, outputs[0]!.shape);
    const scaledX = scaled(x, at);
    const scaledY = scaledX && scaled(y, at);
    if (scaledX && scaledX.factor === scaledY?.factor) return mul(add(scaledX.of, scaledY.of), scaledX.factor);
    return scaledX && scaledX.factor === -(scaledY?.factor ?? 0)
      ? mul(sub(scaledX.of, scaledY!.of), scaledX.factor)
      : undefined;
  },
  // (−x)·(−y) = x·y; −1·x = −x; c·(−x) = (−c)·x; c·(d·x) = (c·d)·x; (c·x)·y = c·(x·y)
  mul: ({ inputs, outputs }, at) => {
    const out = outputs[0]!;
    const ofX = operandOf("neg", inputs[0]!, at);
    const ofY = ofX && operandOf("neg", inputs[1]!, at);
    if (ofX && ofY) return mul(ofX, ofY);
    const multiple = multipleOf(inputs, at);
    if (!multiple) {
      for (let i = 0; i < 2; i++) {
        const inner = isLong(inputs[i]!, out) ? scaled(inputs[i]!, at) : undefined;
        if (!inner) continue;
        const other = inputs[1 - i]!;
        if (isMuchSmaller(other, out)) return mul(inner.of, mul(other, inner.factor));
        return mul(mul(inner.of, other), inner.factor);
      }
      return undefined;
    }
    const { factor, of } = multiple;
    if (factor === -1) return broadcastTo(neg(of), out.shape);
    const positive = operandOf("neg", of, at);
    if (positive) return broadcastTo(mul(positive, -factor), out.shape);
    const inner = multipleOf(operandsOf("mul", of, at), at);
    if (!inner || !isModerate(factor * inner.factor)) return undefined;
    return broadcastTo(mul(inner.of, factor * inner.factor), out.shape);
  },
  // x/1 = x; x/c = (1/c)·x; (c·x)/y = c·(x/y); x/y = x·(1/y) where that spares divisions (1/y overflows below 3e-39)
  div: ({ inputs: [x, y], outputs: [out] }, at) => {
    const divisor = numberOf(y!, at);
    if (divisor === 1) return broadcastTo(x!, out!.shape);
    if (divisor !== undefined) return isModerate(divisor) ? broadcastTo(mul(x!, 1 / divisor), out!.shape) : undefined;
    const multiple = isLong(x!, out!) ? scaled(x!, at) : undefined;
    if (multiple) return mul(div(multiple.of, y!), multiple.factor);
    return isMuchSmaller(y!, out!) && sizeOf(x!.shape) === sizeOf(out!.shape) ? mul(x!, reciprocal(y!)) : undefined;
  },
  // Σ −x = −Σ x; Σ c·x = c·Σ x for a factor that is the same along the axes
  reduceSum: ({ inputs: [x], outputs: [out], attributes: { axes } }, at) => {
    if (x!.dtype !== "float32") return undefined;
    const [positive] = operandsOf("neg", x!, at) ?? [];
    if (positive) return neg(reduceSum(positive, axes));
    const factors = operandsOf("mul", x!, at);
    for (const [i, factor] of factors?.entries() ?? []) {
      const offset = x!.shape.length - factor.shape.length;
      const isSame = (axis: number): boolean => axis < offset || factor.shape[axis - offset] === 1;
      const of = factors![1 - i]!;
      if (!sameShape(of.shape, x!.shape) || !axes.every(isSame)) continue;
      const own = range(x!.shape.length).filter((axis) => !axes.includes(axis));
      const shape = own.map((axis) => (isSame(axis) ? 1 : x!.shape[axis]!));
      return broadcastTo(mul(reduceSum(of, axes), reshape(factor, shape)), out!.shape);
    }
    return undefined;
  },
  // a transposition that passes axes of size 1 only is a change of shape; two are one
  transpose: ({ inputs: [x], outputs: [out], attributes: { permutation } }, at) => {
    const moved = permutation.filter((axis: number) => x!.shape[axis] !== 1);
    if (moved.every((axis: number, i: number) => i === 0 || axis > moved[i - 1]!)) return reshape(x!, out!.shape);
    const producer = at.producerOf(x!);
    if (producer?.primitive.name !== "transpose") return undefined;
    const first = producer.attributes.permutation;
    return transpose(
      producer.inputs[0]!,
      permutation.map((axis: number) => first[axis]),
    );
  },
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
  // a choice inside a choice by the same condition is made already; (c ? x·z : y·z) = (c ? x : y)·z
  select: ({ inputs: [condition, x, y], outputs: [out] }, at) => {
    const [conditionOfX, thenOfX] = operandsOf("select", x!, at) ?? [];
    if (conditionOfX === condition) return broadcastTo(select(condition!, thenOfX!, y!), out!.shape);
    const [conditionOfY, , elseOfY] = operandsOf("select", y!, at) ?? [];
    if (conditionOfY === condition) return broadcastTo(select(condition!, x!, elseOfY!), out!.shape);
    const [ofX, ofY] = [operandsOf("mul", x!, at) ?? [], operandsOf("mul", y!, at) ?? []];
    const common = ofX.find((each) => ofY.includes(each));
    if (!common) return undefined;
    const [restX, restY] = [ofX, ofY].map((each) => each[1 - each.indexOf(common)]!);
    return broadcastTo(mul(select(condition!, restX!, restY!), common), out!.shape);
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
const withoutStretching: Identity = ({ primitive, inputs, attributes, outputs }, { producerOf }) => {
  for (let i = 0; i < inputs.length; i++) {
    const producer = producerOf(inputs[i]!);
    if (!producer) continue;
    const isStretched =
      producer.primitive.name === "broadcastTo" ||
      (producer.primitive.name === "reshape" && isSuffix(producer.inputs[0]!.shape, inputs[i]!.shape));
    if (!isStretched) continue;
    const operands = inputs.with(i, producer.inputs[0]!);
    const shape = broadcastShapes(...operands.map((operand) => operand.shape));
    if (shape && sameShape(shape, outputs[0]!.shape)) return emitOne(primitive, operands, attributes);
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
