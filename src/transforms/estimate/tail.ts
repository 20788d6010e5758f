// Linearity: the part of an objective that is linear in what is random, and the leaves below it.

import type { Primitive } from "../../ir/primitive.js";
import { div, neg, sub } from "../../ir/primitives/arithmetic.js";
import { broadcastTo } from "../../ir/primitives/axes.js";
import { add, mul } from "../../ir/primitives/elementwise.js";
import type { Attributes, Equation, Program, Variable } from "../../ir/program.js";
import { broadcastShapes, type Shape, sameShape } from "../../util/shapes.js";

/** A factor that a leaf is scaled by, elementwise: `primitive(leaf, by)`, or `primitive(leaf)` without `by`. */
export interface Factor {
  readonly primitive: Primitive;
  readonly by: Variable | undefined;
}

/** A tensor of separate costs, each estimated on its own. */
export interface Leaf {
  readonly kind: "leaf";
  readonly variable: Variable;
  /** What computes it. */
  readonly equation: Equation | undefined;
  readonly factors: readonly Factor[];
  readonly shape: Shape;
}

/** The elementwise sum of equally shaped parts. */
export interface Sum {
  readonly kind: "sum";
  readonly parts: readonly Tail[];
  readonly shape: Shape;
}

/** An operation that is linear in its random operands; the others are fixed. */
export interface Linear {
  readonly kind: "linear";
  readonly primitive: Primitive;
  readonly attributes: Attributes;
  readonly operands: readonly (Tail | Variable)[];
  readonly shape: Shape;
}

export type Tail = Leaf | Sum | Linear;

const isTail = (operand: Tail | Variable): operand is Tail => "kind" in operand;

/** Splits a value into its linear tail and leaves. `isRandom` tells which variables depend on a random choice. */
export function findTail(program: Program, target: Variable, isRandom: (variable: Variable) => boolean): Tail {
  const producers = new Map(
    program.equations.flatMap((equation) => equation.outputs.map((output) => [output, equation] as const)),
  );
  const known = new Map<Variable, Tail>();
  const of = (variable: Variable): Tail => {
    const same = known.get(variable);
    if (same) return same;
    const tail = isRandom(variable) ? through(variable, producers.get(variable)) : leaf(variable, undefined);
    known.set(variable, tail);
    return tail;
  };
  const through = (variable: Variable, equation: Equation | undefined): Tail => {
    if (equation?.outputs.length !== 1) return leaf(variable, equation);
    const { primitive, inputs, attributes } = equation;
    const random = inputs.flatMap((input, i) => (isRandom(input) ? [i] : []));
    const jointly = primitive.linearIn.find((set) => random.every((i) => set.includes(i)));
    if (!jointly) return leaf(variable, equation);
    const [x, y] = inputs;
    if (primitive === add.primitive) return sum([stretched(of(x!), variable.shape), stretched(of(y!), variable.shape)]);
    if (primitive === sub.primitive)
      return sum([
        stretched(of(x!), variable.shape),
        scaled(stretched(of(y!), variable.shape), { primitive: neg.primitive, by: undefined }),
      ]);
    if (primitive === neg.primitive) return scaled(of(x!), { primitive, by: undefined });
    if ((primitive === mul.primitive || primitive === div.primitive) && random.length === 1) {
      const [factor, other] = random[0] === 0 ? [x!, y!] : [y!, x!];
      if (sameShape(factor.shape, variable.shape)) return scaled(of(factor), { primitive, by: other });
    }
    return {
      kind: "linear",
      primitive,
      attributes,
      // a fixed operand among them is a leaf too: with it left aside, concat(x, c) would be affine in x, and not linear
      operands: inputs.map((input, i) => (jointly.includes(i) ? of(input) : input)),
      shape: variable.shape,
    };
  };
  return of(target);
}

const leaf = (variable: Variable, equation: Equation | undefined): Leaf => ({
  kind: "leaf",
  variable,
  equation,
  factors: [],
  shape: variable.shape,
});

const stretched = (tail: Tail, shape: Shape): Tail =>
  sameShape(tail.shape, shape)
    ? tail
    : { kind: "linear", primitive: broadcastTo.primitive, attributes: { shape: [...shape] }, operands: [tail], shape };

/** Scales every leaf of a sum rather than the sum, so that sums of sums become one. */
function scaled(tail: Tail, factor: Factor): Tail {
  if (factor.by && !sameShape(broadcastShapes(tail.shape, factor.by.shape) ?? [], tail.shape))
    return {
      kind: "linear",
      primitive: factor.primitive,
      attributes: {},
      operands: [tail, factor.by],
      shape: tail.shape,
    };
  if (tail.kind === "leaf") return { ...tail, factors: [...tail.factors, factor] };
  if (tail.kind === "sum") return sum(tail.parts.map((part) => scaled(part, factor)));
  const random = tail.operands.filter(isTail);
  // a scalar factor commutes with a linear operation of one random operand
  if (random.length === 1 && (!factor.by || factor.by.shape.length === 0))
    return { ...tail, operands: tail.operands.map((operand) => (isTail(operand) ? scaled(operand, factor) : operand)) };
  const operands = factor.by ? [tail, factor.by] : [tail];
  return { kind: "linear", primitive: factor.primitive, attributes: {}, operands, shape: tail.shape };
}

/** A flat sum, with parts that pass through the same linear operation joined below it: A·x + A·y = A·(x + y). */
function sum(parts: readonly Tail[]): Tail {
  const flat = parts.flatMap((part) => (part.kind === "sum" ? part.parts : [part]));
  const groups = new Map<string, { first: Linear; below: Tail[] }>();
  const result: Tail[] = [];
  for (const part of flat) {
    const random = part.kind === "linear" ? part.operands.filter(isTail) : [];
    if (part.kind !== "linear" || random.length !== 1) {
      result.push(part);
      continue;
    }
    const operands = part.operands.map((operand) => (isTail(operand) ? `*[${operand.shape}]` : operand.id));
    const key = `${part.primitive.name}${JSON.stringify(part.attributes)}(${operands})`;
    const group = groups.get(key);
    if (group) group.below.push(random[0]!);
    else groups.set(key, { first: part, below: [random[0]!] });
  }
  for (const { first, below } of groups.values())
    result.push(
      below.length === 1
        ? first
        : { ...first, operands: first.operands.map((operand) => (isTail(operand) ? sum(below) : operand)) },
    );
  return result.length === 1 ? result[0]! : { kind: "sum", parts: result, shape: result[0]!.shape };
}

/** All leaves of a tail. */
export const leavesOf = (tail: Tail): Leaf[] =>
  tail.kind === "leaf"
    ? [tail]
    : tail.kind === "sum"
      ? tail.parts.flatMap(leavesOf)
      : tail.operands.flatMap((operand) => (isTail(operand) ? leavesOf(operand) : []));
