// Loops and branches: their rules are made of those of the programs inside.
import fc from "fast-check";
import { build } from "../../../../src/ir/builder.js";
import type { CondAttributes, ScanAttributes } from "../../../../src/ir/control.js";
import { sub } from "../../../../src/ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum } from "../../../../src/ir/primitives/axes.js";
import { cumsum } from "../../../../src/ir/primitives/cumulative.js";
import { add, mul } from "../../../../src/ir/primitives/elementwise.js";
import { tanh } from "../../../../src/ir/primitives/exponential.js";
import type { Program, Type, Variable } from "../../../../src/ir/program.js";
import { condPrimitive } from "../../../../src/transforms/cond.js";
import { scanPrimitive } from "../../../../src/transforms/scan.js";
import type { Shape } from "../../../../src/util/shapes.js";
import { between, type Conformance, each, everywhere, integers, type Signature } from "../conformance.js";

const float = (shape: Shape): Type => ({ shape, dtype: "float32" });
const lengths = fc.integer({ min: 1, max: 4 });

/** Steps on vectors: [constant, carry a, carry b, element] → [next a, next b, results…]. */
const steps: Record<string, (k: Variable, a: Variable, b: Variable, x: Variable) => Variable[]> = {
  "two carries apart": (k, a, b, x) => [tanh(add(a, mul(k, x))), mul(b, 0.5), add(a, x), b],
  "one step at a time": (k, a, b, x) => [a, b, mul(k, x), tanh(x)],
  "the step before alone": (k, a, b, x) => [x, b, sub(x, a), mul(k, b)],
  "a carry of a carry": (k, a, b, x) => [add(a, mul(x, 0.5)), tanh(add(b, a)), mul(b, k), x],
  "mixed elements": (k, a, b, x) => [a, broadcastTo(reduceSum(mul(b, x)), x.shape), cumsum(x), add(k, b)],
};

const loops: fc.Arbitrary<Signature> = fc
  .tuple(fc.constantFrom(...Object.values(steps)), lengths, lengths, fc.boolean())
  .map(([step, length, n, reverse]) => {
    const own = float([n]);
    const body = build([own, own, own, own], (...args) => step(...(args as [Variable, Variable, Variable, Variable])));
    const attributes: ScanAttributes = { body, constants: 1, carries: 2, length, reverse };
    return { types: [own, own, own, float([length, n])], attributes: { ...attributes } };
  });

const branches: Record<string, (x: Variable, y: Variable) => Variable[]> = {
  elementwise: (x, y) => [mul(x, y), tanh(x)],
  "one operand each": (x, y) => [y, x],
  running: (x, y) => [cumsum(x, { axis: 0 }), add(cumsum(x, { axis: 0, reverse: true }), y)],
};

const choices: fc.Arbitrary<Signature> = fc
  .tuple(fc.constantFrom(...Object.values(branches)), fc.constantFrom(...Object.values(branches)), lengths, lengths)
  .map(([whenTrue, whenFalse, m, n]) => {
    const types = [float([m, n]), float([m, n])];
    const of = (branch: (x: Variable, y: Variable) => Variable[]): Program => build(types, (x, y) => branch(x!, y!));
    const attributes: CondAttributes = { whenTrue: of(whenTrue), whenFalse: of(whenFalse) };
    return { types: [{ shape: [], dtype: "bool" }, ...types], attributes: { ...attributes } };
  });

const values = between(-1, 1);

export const controlCases: readonly Conformance[] = [
  { primitive: scanPrimitive, signature: loops, domains: everywhere(values) },
  { primitive: condPrimitive, signature: choices, domains: each(integers(0, 1), values, values) },
];
