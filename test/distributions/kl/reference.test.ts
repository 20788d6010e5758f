// Divergences and their gradients against the table, in double precision and on tfjs.
import "@tensorflow/tfjs-backend-cpu";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { kl } from "../../../src/distributions/kl/kl.js";
import { toTensor } from "../../../src/ir/lifted.js";
import { flatten, gradientInDoubles, type Nested, toArray } from "../arrays.js";
import { families } from "../families.js";

interface Case {
  readonly p: Readonly<Record<string, Nested>>;
  readonly q: Readonly<Record<string, Nested>>;
  readonly kl: Nested;
  readonly d_p?: Readonly<Record<string, Nested | null>>;
  readonly d_q?: Readonly<Record<string, Nested | null>>;
}

const tables: Readonly<Record<string, readonly Case[]>> = JSON.parse(
  readFileSync(new URL("../../reference/kl.json", import.meta.url), "utf8"),
);

beforeAll(() => tf.setBackend("cpu"));

const near = (received: number, expected: number, relative: number, absolute: number): boolean =>
  received === expected || Math.abs(received - expected) <= relative * Math.abs(expected) + absolute;

/** Gradients in probabilities of categories are told up to a constant, which moves along no simplex. */
function centred(gradient: readonly number[], truth: readonly number[]): readonly (readonly number[])[] {
  const known = truth.flatMap((x, i) => (Number.isNaN(x) ? [] : [i]));
  const mean = (of: readonly number[]) => known.reduce((sum, i) => sum + of[i]!, 0) / known.length;
  return [gradient, truth].map((each) => each.map((x) => x - mean(each)));
}

function check(name: string, { p, q, kl: expected, d_p, d_q }: Case): void {
  const build = families[name]!;
  const count = Object.keys(p).length;
  const divergence = (...tensors: tf.Tensor[]) => kl(build(...tensors.slice(0, count)), build(...tensors.slice(count)));
  const inputs = [p, q].flatMap((each) => Object.values(each).map(toArray));
  const { value, gradient } = gradientInDoubles(divergence, inputs);
  const truth = Number(expected);
  expect([value, near(value, truth, 1e-10, 1e-13)]).toEqual([value, true]);
  const sides = [d_p, d_q].flatMap((side, i) => Object.keys(i === 0 ? p : q).map((key) => side?.[key]));
  sides.forEach((side, i) => {
    if (side === undefined || side === null) return;
    const numbers = flatten(side);
    const isTable = /^(Categorical\(probs\)|Multinomial)$/.test(name) && numbers.length > 1;
    const [received, wanted] = isTable ? centred(gradient[i]!, numbers) : [gradient[i]!, numbers];
    wanted!.forEach((x, k) => {
      if (!Number.isNaN(x)) expect([received![k], near(received![k]!, x, 1e-10, 1e-12)]).toEqual([received![k], true]);
    });
  });
  if (Number.isFinite(value)) expect(gradient.flat().filter(Number.isNaN)).toEqual([]);
  const eager = divergence(...inputs.map(toTensor)).dataSync()[0]!;
  const condition = inputs.flatMap(({ elements }, i) => [...elements].map((x, k) => Math.abs(x * gradient[i]![k]!)));
  const loose = Number.isFinite(value) ? 2e-7 * condition.reduce((sum, x) => sum + x, 0) : 0;
  expect([eager, near(eager, truth, 1e-5, 1e-7 + loose)]).toEqual([eager, true]);
}

for (const [name, cases] of Object.entries(tables))
  describe(name, () => {
    for (const each of cases) it(`${JSON.stringify(each.p)} ‖ ${JSON.stringify(each.q)}`, () => check(name, each));
  });

it("negative control: a divergence that is off by 10⁻⁸ fails", () => {
  const [, each] = tables.Normal!;
  expect(() => check("Normal", { ...each!, kl: Number(each!.kl) * (1 + 1e-8) })).toThrow();
});
