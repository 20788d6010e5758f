// What is added and subtracted again, or multiplied and divided: the log density of a normal at its own reparameterized
// draw is a function of ((m + s·ε) − m)/s = ε.
import { builder, emitOne } from "../ir/builder.js";
import { div, neg, reciprocal, sub } from "../ir/primitives/arithmetic.js";
import { broadcastTo } from "../ir/primitives/axes.js";
import { add, mul } from "../ir/primitives/elementwise.js";
import type { Equation, Primitive, Variable } from "../ir/program.js";
import { sameShape } from "../util/shapes.js";
import type { Surroundings } from "./identities.js";

/** Sums or products. */
interface Group {
  readonly join: typeof add;
  readonly without: typeof sub;
  readonly inverse: typeof neg;
  /** Joined to anything, it changes nothing. */
  readonly neutral: number;
  /** Whether a constant may cancel. */
  readonly isHarmless: (constant: number) => boolean;
}

const groups: readonly Group[] = [
  // numbers like 1.5·2²³ are added and subtracted again in order to round
  { join: add, without: sub, inverse: neg, neutral: 0, isHarmless: (x) => Math.abs(x) < 2 ** 20 },
  { join: mul, without: div, inverse: reciprocal, neutral: 1, isHarmless: (x) => x !== 0 && Number.isFinite(x) },
];

const groupOf = new Map<Primitive, Group>(
  groups.flatMap((group) => [
    [group.join.primitive, group],
    [group.without.primitive, group],
  ]),
);

/** A term and whether it is subtracted; a factor and whether it divides. */
interface Part {
  readonly of: Variable;
  readonly isInverse: boolean;
}

const inverted = (parts: readonly Part[]): Part[] => parts.map(({ of, isInverse }) => ({ of, isInverse: !isInverse }));

/** How deep sums of sums are taken apart on the left and on the right. */
const depths: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
  [2, 0],
  [0, 2],
  [2, 1],
  [1, 2],
  [2, 2],
];

/**
 * Leaves out what cancels, where one operation is enough for the rest: (a + b) − b = a, a − (a − b) = b, (a·b)/b = a,
 * (a + b + c) − b = a + c, also where the operands were stretched in between; −((−a)·b) = a·b; and log p − log(1 − p) = x
 * for p = σ(x). What is added twice is doubled if it is a multiple already, as gradients of squares are: (a + cb) + cb = a + 2cb.
 *
 * These are identities of real functions, so they hold for all derivatives too, and the right sides round less often. They
 * differ where the left sides are NaN because of an infinite or, below a fraction, zero operand: there the right sides are
 * the limit. Values under `stopGradient` are others than those above it: they do not cancel.
 */
export function cancel(equation: Equation, surroundings: Surroundings): Variable | undefined {
  const { primitive, inputs, outputs } = equation;
  const [output] = outputs;
  if (output!.dtype !== "float32") return undefined;
  if (primitive === neg.primitive) return negated(equation, surroundings);
  const group = groupOf.get(primitive);
  if (!group) return undefined;
  const logits = primitive === sub.primitive ? logOdds(equation, surroundings) : undefined;
  if (logits) return logits;
  const isInverse = primitive === group.without.primitive;
  const met: Part[] = [];
  if (
    meetsInverse(inputs[0]!, false, 2, met, group, surroundings) ||
    meetsInverse(inputs[1]!, isInverse, 2, met, group, surroundings)
  ) {
    for (const [left, right] of depths) {
      const ofSecond = partsOf(inputs[1]!, right, group, surroundings);
      const parts = [...partsOf(inputs[0]!, left, group, surroundings), ...(isInverse ? inverted(ofSecond) : ofSecond)];
      const rest = withoutPairs(parts, group, surroundings);
      const found = rest.length < parts.length ? joined(rest, group) : undefined;
      if (found) return broadcastTo(found, output!.shape);
    }
  }
  return primitive === add.primitive ? doubled(equation, surroundings) : undefined;
}

/** What a value was before it was stretched. */
function unstretched(variable: Variable, { producerOf }: Surroundings): Variable {
  for (let current = variable; ; ) {
    const producer = producerOf(current);
    const source = producer?.primitive === broadcastTo.primitive ? producer.inputs[0]! : undefined;
    if (!source) return current;
    current = source;
  }
}

/** The terms of a sum, the factors of a product. */
function partsOf(variable: Variable, depth: number, group: Group, surroundings: Surroundings): Part[] {
  const of = unstretched(variable, surroundings);
  const { primitive, inputs = [] } = depth > 0 ? (surroundings.producerOf(of) ?? {}) : {};
  if (!primitive || !isOfGroup(primitive, group)) return [{ of, isInverse: false }];
  const first = partsOf(inputs[0]!, depth - 1, group, surroundings);
  if (primitive === group.inverse.primitive) return inverted(first);
  const second = partsOf(inputs[1]!, depth - 1, group, surroundings);
  return primitive === group.join.primitive ? [...first, ...second] : [...first, ...inverted(second)];
}

const isOfGroup = (primitive: Primitive, { join, without, inverse }: Group): boolean =>
  primitive === join.primitive || primitive === without.primitive || primitive === inverse.primitive;

/**
 * Whether a value stands among the parts, at whatever depth, with both signs: without one, nothing cancels. A quick look.
 */
function meetsInverse(
  variable: Variable,
  isInverse: boolean,
  depth: number,
  met: Part[],
  group: Group,
  surroundings: Surroundings,
): boolean {
  const of = unstretched(variable, surroundings);
  for (let i = 0; i < met.length; i++) if (met[i]!.of === of && met[i]!.isInverse !== isInverse) return true;
  met.push({ of, isInverse });
  const producer = depth > 0 ? surroundings.producerOf(of) : undefined;
  if (!producer || !isOfGroup(producer.primitive, group)) return false;
  const { primitive, inputs } = producer;
  const first = primitive === group.inverse.primitive ? !isInverse : isInverse;
  if (meetsInverse(inputs[0]!, first, depth - 1, met, group, surroundings)) return true;
  const second = primitive === group.without.primitive ? !isInverse : isInverse;
  return inputs.length > 1 && meetsInverse(inputs[1]!, second, depth - 1, met, group, surroundings);
}

/** The parts without those that stand there with both signs. */
function withoutPairs(parts: readonly Part[], { isHarmless }: Group, { elementsOf }: Surroundings): Part[] {
  const rest: Part[] = [];
  for (const part of parts) {
    const other = rest.findIndex(({ of, isInverse }) => of === part.of && isInverse !== part.isInverse);
    if (other >= 0 && (elementsOf(part.of)?.every(isHarmless) ?? true)) rest.splice(other, 1);
    else rest.push(part);
  }
  return rest;
}

/** The parts in at most one operation. */
function joined(parts: readonly Part[], { join, without, inverse, neutral }: Group): Variable | undefined {
  if (parts.length > 2) return undefined;
  const [plus, minus] = [false, true].map((sign) => parts.filter(({ isInverse }) => isInverse === sign));
  const [p0, p1] = plus!.map(({ of }) => of);
  const [m0, m1] = minus!.map(({ of }) => of);
  if (m1) return undefined;
  if (p1) return join(p0!, p1);
  if (p0) return m0 ? without(p0, m0) : p0;
  return m0 ? inverse(m0) : builder().scalar(neutral, "float32");
}

/** −((−a)·b) = a·b, −((c·a)·b) = ((−c)·a)·b, and the same of quotients. */
function negated(equation: Equation, { producerOf, elementsOf }: Surroundings): Variable | undefined {
  const product = producerOf(equation.inputs[0]!);
  if (!product || (product.primitive !== mul.primitive && product.primitive !== div.primitive)) return undefined;
  const { primitive, inputs } = product;
  const takesSign = (factor: Variable): boolean => {
    const producer = producerOf(factor);
    if (producer?.primitive === mul.primitive) return producer.inputs.some((each) => elementsOf(each)?.length === 1);
    return producer?.primitive === neg.primitive;
  };
  const at = inputs.findIndex(takesSign);
  return at < 0 ? undefined : emitOne(primitive, inputs.with(at, neg(inputs[at]!)));
}

/** (a + t) + t = a + 2t where t is a multiple, so that 2t costs no more than t. */
function doubled({ inputs }: Equation, { producerOf, elementsOf }: Surroundings): Variable | undefined {
  const isNumber = (variable: Variable): boolean => elementsOf(variable)?.length === 1;
  for (let i = 0; i < inputs.length; i++) {
    const t = inputs[i]!;
    const sum = producerOf(inputs[1 - i]!);
    if (sum?.primitive !== add.primitive || !sum.inputs.includes(t)) continue;
    const product = producerOf(t);
    if (product?.primitive !== mul.primitive || !product.inputs.some(isNumber)) continue;
    return add(sum.inputs[1 - sum.inputs.indexOf(t)]!, mul(t, 2));
  }
  return undefined;
}

/** log p − log(1 − p) = x for p = σ(x), however the second logarithm is written. */
function logOdds({ inputs }: Equation, { producerOf, elementsOf }: Surroundings): Variable | undefined {
  const x = inputs[0]!;
  const y = inputs[1]!;
  if (producerOf(x)?.primitive.name !== "log") return undefined;
  const operandOf = (name: string, variable: Variable | undefined, operand = 0): Variable | undefined => {
    const producer = variable && producerOf(variable);
    return producer?.primitive.name === name ? producer.inputs[operand] : undefined;
  };
  const p = operandOf("log", x);
  const logits = operandOf("sigmoid", p);
  if (!logits || !sameShape(x.shape, y.shape)) return undefined;
  const complement = operandOf("log", y);
  const isOne = (variable: Variable | undefined) =>
    (variable && elementsOf(variable)?.every((each) => each === 1)) ?? false;
  const isComplement =
    operandOf("neg", operandOf("log1p", y)) === p ||
    (isOne(operandOf("sub", complement, 0)) && operandOf("sub", complement, 1) === p);
  return isComplement ? logits : undefined;
}
