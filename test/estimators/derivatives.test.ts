// Second derivatives by composing the modes of differentiation, against differences in double precision.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { cholesky, choleskySolve, logDeterminant, logSumExp, simplify, trace, triangularSolve, where } from "elbow";
import { describe, expect, it } from "vitest";
import { build } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { inline } from "../../src/ir/interpret.js";
import { reduceSum } from "../../src/ir/primitives/axes.js";
import { mul } from "../../src/ir/primitives/elementwise.js";
import type { Program, Variable } from "../../src/ir/program.js";
import { branch, loop } from "../../src/ops/control.js";
import { valueAndGrad, zerosLike } from "../../src/transforms/grad.js";
import { jvpInto } from "../../src/transforms/jvp.js";
import { differences } from "../support/numbers.js";

type Vectors = readonly (readonly number[])[];

const run = (program: Program, ...inputs: Vectors): number[] => {
  const arrays = inputs.map((x) => ({ shape: [x.length], dtype: "float32" as const, elements: Float64Array.from(x) }));
  return [...evaluate(simplify(program), arrays)[0]!.elements];
};

/** ∇f in its first input, by reverse mode. */
const gradient = (f: Program): Program => {
  const both = valueAndGrad(f, { wrt: [0] });
  return { ...both, outputs: both.outputs.slice(1) };
};

/** Df·v in the first input, with v as a new last input, by forward mode. */
const along = (f: Program): Program =>
  build([...f.inputs, f.inputs[0]!], (...inputs) => {
    const v = inputs.pop()!;
    const { outputs, tangents } = jvpInto(f, inputs, [v, ...inputs.slice(1).map(() => undefined)]);
    return [tangents[0] ?? zerosLike(outputs[0]!)];
  });

/** g·v for a program g of one input whose result is a vector, with v as a new last input. */
const projected = (g: Program): Program =>
  build([g.inputs[0]!, g.inputs[0]!], (x, v) => [reduceSum(mul(inline(g, [x!])[0]!, v as Variable))]);

/** Row j of the Hessian for the unit vector e_j, in four ways. */
const modes: Readonly<Record<string, (f: Program, x: readonly number[], unit: readonly number[]) => number[]>> = {
  "reverse over forward": (f, x, e) => run(gradient(along(f)), x, e),
  "forward over reverse": (f, x, e) => run(along(gradient(f)), x, e),
  "reverse over reverse": (f, x, e) => run(gradient(projected(gradient(f))), x, e),
  "forward over forward": (f, x, e) => {
    const twice = along(along(f));
    return x.map((_, i) => run(twice, x, units(x.length)[i]!, e)[0]!);
  },
};

const units = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)));

/** Makes a positive definite [3, 3] matrix of three numbers. */
const definite = (x: Tensor): Tensor => {
  const rows = tf.stack([x, x.mul(x), tf.sin(x)]);
  return tf.add(rows.matMul(rows, false, true), tf.eye(3).mul(2));
};

const weights = (x: Tensor) => tf.linspace(0.5, 2, x.size).reshape(x.shape);

const functions: readonly [string, (x: Tensor) => Tensor, readonly number[]][] = [
  ["x eˣ", (x) => x.mul(tf.exp(x)).sum(), [0.5, -1.25]],
  ["x tanh x", (x) => x.mul(tf.tanh(x)).sum(), [0.5, -1.25]],
  ["x σ(x)", (x) => x.mul(tf.sigmoid(x)).sum(), [0.5, -1.25]],
  ["exp(x₁ tanh x₂)", (x) => tf.exp(x.slice(0, 1).mul(tf.tanh(x.slice(1, 1)))).sum(), [0.5, -1.25]],
  ["log-sum-exp", (x) => logSumExp(x.mul(weights(x))).square(), [0.5, -1.25, 0.75]],
  ["log-sum-exp of rows", (x) => logSumExp(x.reshape([2, 2]).mul(x.reshape([2, 2])), 1).prod(), [0.5, -1.25, 0.75, 1]],
  ["x > 0 ? x³ : 0", (x) => where(x.greater(0), x.mul(x).mul(x), 0).sum(), [0.75, -0.5, 1.5]],
  [
    "log of a replaced argument",
    (x) => where(x.greater(0), tf.log(where(x.greater(0), x, 1)), x.square()).sum(),
    [0.75, -0.5],
  ],
  [
    "cumulative sums along rows, squared",
    (x) =>
      x
        .reshape([2, 3])
        .cumsum(1)
        .square()
        .mul(weights(x.reshape([2, 3])))
        .sum(),
    [1, 2, -1, 0.5, 0.25, 3],
  ],
  ["cumulative sums along columns, cubed", (x) => x.reshape([3, 2]).cumsum(0).pow(3).sum(), [1, 2, -1, 0.5, 0.25, 3]],
  [
    "exclusive reversed cumulative sums",
    (x) =>
      tf
        .exp(x.reshape([2, 2]).cumsum(0, true, true))
        .mul(x.reshape([2, 2]))
        .sum(),
    [1, 0.5, -1, 0.25],
  ],
  ["gather with repetition", (x) => tf.gather(x, [2, 0, 0]).mul(tf.sin(x)).square().sum(), [0.5, -1.25, 2]],
  [
    "gather of columns",
    (x) =>
      tf
        .gather(x.reshape([2, 2]), [1, 1, 0], 1)
        .prod(1)
        .square()
        .sum(),
    [0.5, -1.25, 2, 1],
  ],
  ["log determinant", (x) => logDeterminant(definite(x)), [0.5, -1.25, 0.75]],
  [
    "quadratic form with the inverse",
    (x) =>
      choleskySolve(cholesky(definite(x)), x.reshape([3, 1]))
        .mul(x.reshape([3, 1]))
        .sum(),
    [0.5, -1.25, 0.75],
  ],
  [
    "a triangular system",
    (x) =>
      triangularSolve(cholesky(definite(x)), x.reshape([3, 1]))
        .square()
        .mul(weights(x.reshape([3, 1])))
        .sum(),
    [0.5, -1.25, 0.75],
  ],
  [
    "its factor, element by element",
    (x) =>
      cholesky(definite(x))
        .mul(weights(definite(x)))
        .square()
        .sum(),
    [0.5, -1.25, 0.75],
  ],
  [
    "matrix products",
    (x) =>
      x
        .reshape([2, 2])
        .matMul(tf.sin(x.reshape([2, 2])))
        .square()
        .sum(),
    [0.5, -1.25, 0.75, 1],
  ],
  ["softmax", (x) => tf.softmax(x).square().mul(weights(x)).sum(), [0.5, -1.25, 0.75]],
  ["a quotient", (x) => x.slice(0, 1).div(x.slice(1, 1).square().add(1)).sum(), [0.5, -1.25]],
  ["a power", (x) => tf.pow(x.slice(0, 1), x.slice(1, 1)).sum(), [1.5, -1.25]],
  [
    "a convolution",
    (x) => {
      const image = x.reshape([1, 2, 3, 1]);
      return tf
        .conv2d(image as tf.Tensor4D, tf.sin(x.slice(0, 4)).reshape([2, 2, 1, 1]) as tf.Tensor4D, 1, "same")
        .square()
        .sum();
    },
    [1, 0.5, -1, 0.25, 0.75, -0.5],
  ],
  [
    "a loop: c ← c·sin(x_t) + x_t²",
    (x) =>
      loop(([c], [e]) => ({ carry: [c!.mul(tf.sin(e!)).add(e!.square())], outputs: [c!.mul(e!)] }), [tf.scalar(1)], [x])
        .outputs[0]!.square()
        .sum(),
    [0.5, -1.25, 0.75, 2],
  ],
  [
    "a loop with a captured value, from last to first",
    (x) =>
      loop(([c], [e]) => ({ carry: [tf.tanh(c!.add(e!.mul(x.sum())))], outputs: [] }), [x.prod()], [x], {
        reverse: true,
      }).carry[0]!,
    [0.5, -1.25, 0.75],
  ],
  [
    "a branch that is taken",
    (x) =>
      branch(
        x.sum().greater(0),
        () => [x.prod().exp()],
        () => [x.sum()],
      )[0]!,
    [0.5, 1.25],
  ],
  [
    "a branch that is not",
    (x) =>
      branch(
        x.sum().less(0),
        () => [x.sum()],
        () => [x.prod().exp().mul(x.sum())],
      )[0]!,
    [0.5, 1.25],
  ],
  [
    "a branch in a loop",
    (x) =>
      loop(
        ([c], [e]) => ({
          carry: branch(
            e!.greater(0),
            () => [c!.mul(e!)],
            () => [c!.sub(e!.square())],
          ),
          outputs: [],
        }),
        [tf.scalar(2)],
        [x],
      ).carry[0]!.square(),
    [0.5, -1.25, 0.75],
  ],
];

describe.each(functions)("the Hessian of %s", (_, f, x) => {
  const program = trace([{ shape: [x.length], dtype: "float32" }], (t) => [f(t).reshape([])]);
  const value = (at: readonly number[]) => run(program, at)[0]!;
  const hessian = x.map((__, i) => differences((at) => differences(value, at, 5e-3)[i]!, x, 5e-3));

  it.each(Object.entries(modes))("%s", (__, mode) => {
    for (const [j, unit] of units(x.length).entries()) {
      const row = mode(program, x, unit);
      for (const [i, entry] of row.entries())
        expect(Math.abs(entry - hessian[j]![i]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(hessian[j]![i]!)));
    }
  });

  it("its gradient, in both modes", () => {
    const exact = differences(value, x);
    const forward = units(x.length).map((unit) => run(along(program), x, unit)[0]!);
    for (const found of [run(gradient(program), x), forward])
      for (const [i, entry] of found.entries())
        expect(Math.abs(entry - exact[i]!)).toBeLessThan(1e-8 * Math.max(1, Math.abs(exact[i]!)));
  });
});

it("negative control: the derivative of a function that is off by 1e-5 x² is seen", () => {
  const program = trace([{ shape: [1], dtype: "float32" }], (x) => [x.exp().add(x.square().mul(1e-5)).sum()]);
  expect(Math.abs(modes["reverse over reverse"]!(program, [0.5], [1])[0]! - Math.exp(0.5))).toBeGreaterThan(1e-6);
});
