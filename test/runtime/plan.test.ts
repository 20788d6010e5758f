import { describe, expect, test } from "vitest";
import { build } from "../../src/ir/builder.js";
import { reduceSum } from "../../src/ir/primitives/axes.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp } from "../../src/ir/primitives/exponential.js";
import { foldIn, randomNormal } from "../../src/ir/primitives/random.js";
import type { Program } from "../../src/ir/program.js";
import { type Plan, planOf } from "../../src/runtime/plan.js";
import { scan } from "../../src/transforms/scan.js";
import { cases, type } from "./programs.js";

const kinds = ({ steps }: Plan) => steps.map(({ equation, kind }) => `${equation.primitive.name}: ${kind}`);

describe("liveness", () => {
  test("an intermediate value dies after its last use, inputs, constants and outputs never", () => {
    const program = build([type("float32", 3)], (x) => {
      const y = exp(x);
      const z = mul(y, 2);
      return [add(y, z), z];
    });
    const { steps, firstIntermediate, slots } = planOf(program);
    expect([firstIntermediate, slots]).toEqual([2, 5]);
    expect(steps.map(({ dead }) => dead)).toEqual([[], [], [2]]);
  });

  test("what nobody uses is left out", () => {
    const program = build([type("float32", 3)], (x) => {
      exp(mul(x, 3));
      return [add(x, 1)];
    });
    expect(kinds(planOf(program))).toEqual(["add: device"]);
  });

  test.each(Object.keys(cases))("%s: every value is assigned before and freed after its uses, once", (title) => {
    checkLiveness(planOf(cases[title]!.program));
  });
});

function checkLiveness({ steps, slots, outputs, firstIntermediate }: Plan) {
  const alive = new Set(Array.from({ length: firstIntermediate }, (_, slot) => slot));
  for (const step of steps) {
    for (const slot of step.inputs) expect(alive).toContain(slot);
    for (const slot of step.outputs) {
      expect(alive).not.toContain(slot);
      alive.add(slot);
    }
    for (const slot of step.dead) expect(alive.delete(slot)).toBe(true);
    step.inner.forEach(checkLiveness);
  }
  expect(alive.size).toBeLessThanOrEqual(slots);
  const left = [...alive].filter((slot) => slot >= firstIntermediate);
  expect(left.filter((slot) => !outputs.includes(slot))).toEqual([]);
}

describe("placement", () => {
  const sidesOf = (program: Program, slot: number) => planOf(program).sides[slot];

  test("keys and the counters behind them stay on the host, draws go to the device", () => {
    const program = build([type("int32", 2), type("int32"), type("float32")], (key, step, scale) => [
      foldIn(key, 0),
      add(step, 1),
      mul(randomNormal(foldIn(key, mul(step, 3)), [4]), scale),
    ]);
    expect(kinds(planOf(program))).toEqual([
      "foldIn: host",
      // the counter itself is wanted nowhere on the host, only its multiple
      "add: device",
      "mul: device",
      "foldIn: host",
      "randomNormal: host",
      "mul: device",
    ]);
    expect(sidesOf(program, 0)).toEqual({ onHost: true, onDevice: false });
    expect(sidesOf(program, 2)).toEqual({ onHost: false, onDevice: true });
  });

  test("integer arithmetic on what the host has read anyway stays there", () => {
    const program = build([type("int32", 2), type("int32")], (key, step) => [
      randomNormal(foldIn(key, step), []),
      randomNormal(foldIn(key, mul(step, 3)), []),
      add(step, 1),
    ]);
    const plan = planOf(program);
    expect(plan.steps.every(({ kind }) => kind === "host")).toBe(true);
    expect(plan.isHostOutput).toEqual([true, true, true]);
  });

  test("a program without random numbers runs on the device altogether", () => {
    expect(kinds(planOf(cases.arithmetic!.program)).filter((kind) => !kind.endsWith("device"))).toEqual([]);
  });

  test("a loop wants its operands where its body wants them", () => {
    const keyed = build([type("int32", 2), type("float32")], (key, x) => [
      foldIn(key, 1),
      add(x, reduceSum(randomNormal(key, [3]))),
    ]);
    const program = build([type("int32", 2), type("float32")], (key, x) =>
      scan([foldIn(key, 5), x], { body: keyed, constants: 0, carries: 2, length: 3, reverse: false }),
    );
    const plan = planOf(program);
    const [made, loop] = plan.steps;
    expect(plan.sides[made!.outputs[0]!]).toEqual({ onHost: true, onDevice: false });
    expect(plan.sides[1]).toEqual({ onHost: false, onDevice: true });
    expect(plan.sides[loop!.outputs[0]!]).toEqual({ onHost: true, onDevice: false });
    expect(plan.isHostOutput).toEqual([true, false]);
  });
});
