// What TensorFlow's C library can do that tfjs cannot; where it is installed, the conformance suite runs on it, too.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { cholesky } from "../../../src/ir/primitives/cholesky.js";
import { betainc, gammainc } from "../../../src/ir/primitives/incomplete.js";
import { lgamma } from "../../../src/ir/primitives/special.js";
import { triangularSolve } from "../../../src/ir/primitives/triangularSolve.js";
import type { Program } from "../../../src/ir/program.js";
import { planOf } from "../../../src/runtime/plan.js";
import { rulesOf } from "../../../src/runtime/tfjs/rules.js";
import { available } from "../available.js";
import { type } from "../programs.js";

const special = build([type("float32", 3), type("float32")], (x, a) => [lgamma(x), gammainc(a, x), betainc(a, a, x)]);
const solving = build([type("float32", 2, 2), type("float32", 2, 1)], (a, b) => [triangularSolve(cholesky(a), b)]);

const kindsOn = (backend: string, program: Program) =>
  planOf(program, rulesOf(backend).hasRule).steps.map(({ equation, kind }) => `${equation.primitive.name}: ${kind}`);

test("programs are planned for what the backend can do", () => {
  expect(kindsOn("wasm", special)).toEqual(["lgamma: device", "gammainc: host", "betainc: host"]);
  expect(kindsOn("tensorflow", special)).toEqual(["lgamma: device", "gammainc: device", "betainc: device"]);
  expect(kindsOn("wasm", solving)).toEqual(["cholesky: host", "triangularSolve: host"]);
  expect(kindsOn("tensorflow", solving)).toEqual(["cholesky: device", "triangularSolve: device"]);
});

const tensorflow = await available("tfjs:tensorflow");

describe.skipIf(!tensorflow)("tfjs:tensorflow (runs where @tensorflow/tfjs-node is installed)", () => {
  const runOn = (program: Program, inputs: readonly tf.Tensor[]): number[][] =>
    tensorflow!
      .compile(program)
      .run(inputs)
      .map((each) => [...each.dataSync()]);

  test("special functions of operands that broadcast", () => {
    const [logGammas, gammas, betas] = runOn(special, [tf.tensor1d([0.25, 0.5, 0.75]), tf.scalar(1)]);
    expect(logGammas![1]).toBeCloseTo(Math.log(Math.PI) / 2, 6);
    // P(1, x) = 1 − e⁻ˣ, I_x(1, 1) = x
    for (const [i, x] of [0.25, 0.5, 0.75].entries()) {
      expect(gammas![i]).toBeCloseTo(1 - Math.exp(-x), 6);
      expect(betas![i]).toBeCloseTo(x, 6);
    }
  });

  test("a matrix that is not positive definite gives NaN", () => {
    const b = tf.tensor2d([[1], [2]]);
    expect(
      runOn(solving, [
        tf.tensor2d([
          [4, 2],
          [2, 3],
        ]),
        b,
      ])[0]!.map((each) => each.toFixed(5)),
    ).toEqual(["0.50000", "1.06066"]);
    expect(
      runOn(solving, [
        tf.tensor2d([
          [1, 2],
          [2, 1],
        ]),
        b,
      ])[0],
    ).toEqual([Number.NaN, Number.NaN]);
  });
});
