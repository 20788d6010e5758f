// The table of docs/strategies.md says what the code does.
import { readFileSync } from "node:fs";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type Distribution, explain, objective, sample } from "elbow";
import { describe, expect, it } from "vitest";
import { offers, strategyFunctions, strategyRows, updatedPage } from "../../scripts/strategyTable.js";

const page = readFileSync(new URL("../../docs/strategies.md", import.meta.url), "utf8");

it("is up to date: npm run docs:strategies", () => {
  expect(updatedPage(page)).toBe(page);
});

it("has a row for every strategy, and none for others", () => {
  const names = strategyFunctions().map(({ name }) => name);
  expect(names).toContain("reinforce");
  expect(names.toSorted()).toEqual(Object.keys(strategyRows).toSorted());
});

it("reads the offers off the types of distributions", () => {
  const all = offers();
  expect([...all.get("delta")!]).toEqual(["reparam"]);
  expect(all.get("flip")).toEqual(all.get("bernoulli"));
  expect(all.get("flip")!.has("arm")).toBe(true);
  expect(all.get("categorical")!.has("arm")).toBe(false);
  expect(all.get("categorical")!.has("topK")).toBe(true);
  expect(all.get("normal")!.has("quadrature")).toBe(true);
  expect(all.has("iid")).toBe(false);
});

describe("lanes", () => {
  /** A formula of the table in numbers. */
  const evaluated = (formula: string, letters: Readonly<Record<string, number>>): number => {
    const code = formula.replaceAll("·", "*").replaceAll("−", "-").replaceAll("^", "**");
    const names = Object.keys(letters);
    return new Function("min", ...names, `return ${code};`)(Math.min, ...names.map((name) => letters[name])) as number;
  };

  it.each(Object.entries(strategyRows))("%s", (_, { lanes, example, letters = {} }) => {
    for (const M of [1, 3]) {
      const L = objective(function* (scale: Tensor) {
        const p = M === 1 ? 0.4 : [0.4, 0.5, 0.6];
        const x = yield* sample("x", example(p) as Distribution<Tensor, never>);
        // needs all elements together
        return tf.square(tf.sum(tf.mul(scale, x)));
      });
      expect(explain(L, tf.scalar(1)).sites[0]!.lanes, `M = ${M}`).toBe(evaluated(lanes, { ...letters, M }));
    }
  });
});
