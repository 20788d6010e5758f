// What a step computes from the seed alone, so that an engine can do it once.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { normal } from "../../../src/distributions/normal.js";
import { sample, scan } from "../../../src/dsl/effects.js";
import { gen } from "../../../src/dsl/gen.js";
import { buildStep } from "../../../src/inference/fitting/stepProgram.js";
import { objective } from "../../../src/inference/objective.js";
import { sgd } from "../../../src/inference/optimizers/sgd.js";
import { prepare } from "../../../src/inference/prepare.js";
import { innerPrograms, type ScanAttributes } from "../../../src/ir/control.js";
import { randomNormal } from "../../../src/ir/primitives/random.js";
import type { Program, Variable } from "../../../src/ir/program.js";
import "../../../src/index.js";

const walk = gen(function* (x: tf.Tensor) {
  return { carry: x.add(yield* sample("step", normal(0, 0.5))) };
});
const noisy = objective(function* (theta: tf.Tensor) {
  const z = yield* sample("z", normal(theta, tf.ones([3])));
  const { carry } = yield* scan("walk", (x: tf.Tensor, _t: tf.Tensor) => walk(x), z.sum(), 5);
  return carry.square();
});

/** Key and stream of every draw, in loops too: whether they change from step to step. */
function drawsOf(program: Program, isChanging: (input: number) => boolean): { key: boolean; stream: Variable }[] {
  const changing = new Set<Variable>(program.inputs.filter((_, i) => isChanging(i)));
  return program.equations.flatMap((equation) => {
    const { primitive, inputs, outputs, attributes } = equation;
    const isIn = inputs.map((input) => changing.has(input));
    if (isIn.includes(true)) for (const output of outputs) changing.add(output);
    if (primitive === randomNormal.primitive) return [{ key: isIn[0]!, stream: inputs[1]! }];
    // the elements of a loop's carries change on the way, and no key is carried here
    const carries = (attributes as ScanAttributes).constants;
    return innerPrograms(equation).flatMap((inner) =>
      drawsOf(inner, (i) => isIn[i]!).map((draw) => {
        const at = inner.inputs.indexOf(draw.stream);
        expect(at).toBeLessThan(carries);
        return { ...draw, stream: inputs[at]! };
      }),
    );
  });
}

test.each([1, 4])("keys come from the seed, and the step counter is the stream of all draws: %i estimates", (draws) => {
  const prepared = prepare(noisy, tf.scalar(0), [], draws);
  const types = { parameters: [{ shape: [], dtype: "float32" as const }], slots: [[]], data: [] };
  const rules = { optimizer: sgd({ learningRate: 0.1 }), direction: "minimize" as const, clip: undefined };
  const { program, carried } = buildStep(prepared, types, rules, () => []);
  const found = drawsOf(program, (input) => input < carried);
  const step = program.inputs[1]!;
  expect(step.dtype).toBe("int32");
  expect(found.length).toBeGreaterThanOrEqual(2);
  for (const { key, stream } of found) {
    expect(key).toBe(false);
    expect(stream).toBe(step);
  }
});
