// The special functions against truths computed with mpmath (test/reference/special-functions.json).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { build } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { expm1, log1p, logSigmoid, softplus } from "../../src/ir/primitives/exponential.js";
import { logSumExp } from "../../src/ir/primitives/logSumExp.js";
import { digamma, erf, erfc, erfinv, lgamma, logNdtr, polygamma } from "../../src/ir/primitives/special.js";
import type { NDArray, Program, Variable } from "../../src/ir/program.js";
import { valueAndGrad } from "../../src/transforms/grad.js";

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}
const file = new URL("../reference/special-functions.json", import.meta.url);
const tables = JSON.parse(readFileSync(file, "utf8")) as Record<string, Table>;

/** The file writes infinities as strings. */
const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : [Number(value)]);

/** The rows as the input, the value and the derivative, which is undefined where there is none. */
function rowsOf(name: string) {
  const { columns, rows } = tables[name]!;
  const [x, value, dx] = ["x", "value", "d_x"].map((column) => columns.indexOf(column));
  return rows.map((row) => ({
    x: numbers(row[x!]),
    value: numbers(row[value!])[0]!,
    dx: row[dx!] === null ? undefined : numbers(row[dx!]),
  }));
}

const vector = (elements: readonly number[]): NDArray => ({
  shape: [elements.length],
  dtype: "float32",
  elements: Float64Array.from(elements),
});

const programOf = (emitter: (x: Variable) => Variable, size: number): Program =>
  build([{ shape: [size], dtype: "float32" }], (x) => [emitter(x)]);

/** |received − expected| relative to the larger of the expected value and `floor`. */
function expectAccurate(received: number, expected: number, bound: number, floor: number, at: string): void {
  if (Object.is(received, expected) || received === expected) return;
  const error = Math.abs(received - expected) / Math.max(Math.abs(expected), floor);
  expect(error, `${at}: received ${received}, expected ${expected}`).toBeLessThan(bound);
}

/** Relative bounds; near a zero of the function or of its derivative the error counts relative to `floor`. */
interface Entry {
  readonly name: string;
  readonly emitter: (x: Variable) => Variable;
  readonly bound?: number;
  readonly floor?: number;
}

const entries: readonly Entry[] = [
  { name: "lgamma", emitter: lgamma, floor: 1e-2 },
  { name: "digamma", emitter: digamma, floor: 1e-2 },
  { name: "trigamma", emitter: (x) => polygamma(1, x) },
  { name: "erf", emitter: erf },
  { name: "erfc", emitter: erfc },
  { name: "erfinv", emitter: erfinv },
  { name: "log_ndtr", emitter: logNdtr, bound: 2e-13 },
  { name: "log1p", emitter: log1p },
  { name: "expm1", emitter: expm1 },
  { name: "softplus", emitter: softplus },
  { name: "log_sigmoid", emitter: logSigmoid },
];

describe.each(entries)("$name", ({ name, emitter, bound = 1e-13, floor = 0 }) => {
  test("value", () => {
    for (const { x, value } of rowsOf(name)) {
      const [received] = evaluate(programOf(emitter, 1), [vector(x)]);
      expectAccurate(received!.elements[0]!, value, bound, floor, `${name}(${x})`);
    }
  });

  test("derivative", () => {
    for (const { x, dx } of rowsOf(name)) {
      if (!dx || dx.some((each) => !Number.isFinite(each))) continue;
      const [, gradient] = evaluate(valueAndGrad(programOf(emitter, 1)), [vector(x)]);
      const derivative = gradient!.elements[0]!;
      expectAccurate(derivative, dx[0]!, 1e-12, Math.max(floor, 1e-300), `${name}′(${x})`);
    }
  });
});

test("logsumexp", () => {
  for (const { x, value, dx } of rowsOf("logsumexp")) {
    const [received, gradient] = evaluate(valueAndGrad(programOf((v) => logSumExp(v), x.length)), [vector(x)]);
    expectAccurate(received!.elements[0]!, value, 1e-14, 1e-2, `logsumexp(${x})`);
    dx?.forEach((each, i) => {
      expectAccurate(gradient!.elements[i]!, each, 1e-13, 1e-300, `logsumexp′(${x})`);
    });
  }
});
