// Every special function against its table: values and derivatives, on the reference and on every engine that runs here.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, test } from "vitest";
import { build, builder } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { broadcastTo } from "../../src/ir/primitives/axes.js";
import type { NDArray, Program, Variable } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import * as special from "../../src/ops/special.js";
import { jvpInto } from "../../src/transforms/jvp.js";
import { flatten, toArray } from "../distributions/arrays.js";
import { engines } from "../ir/conformance/engines.js";
import {
  covered,
  type Entry,
  entries,
  type Point,
  pointsOf,
  relativeError,
  rowsOfVectors,
  tableNames,
  ulpsOf,
  worstOf,
} from "./specialTables.js";

beforeAll(() => tf.setBackend("cpu"));

/** What an engine may be off by, in ulp of single precision. @defaultValue 4 */
const limits: Readonly<Record<string, number>> = {
  // ψ near its negative zeros, and where a composition subtracts the reflected value
  "digamma.value": 5,
  "lgamma.d_x": 5,
  "trigamma.d_x": 200,
  // (√π/2)·e^{x²} of an x rounded to single precision
  "erfinv.d_x": 16,
  // 1/((1 − p)·λ(−x)) of an x rounded to single precision
  "ndtri.d_x": 5,
  // densities e^{−error − deviance}, whose exponent is rounded to single precision
  "gammainc.d_x": 48,
  "gammaincc.d_x": 48,
  "betainc.d_x": 96,
};

/** Results that tfjs's wasm backend takes for 0 are no larger than this. */
const leastNormal = 2 ** -126;
const isLost = ({ truth, received }: Point): boolean => received === 0 && Math.abs(truth) < leastNormal;

const groups = (points: readonly Point[]): [column: string, points: Point[]][] =>
  [...new Set(points.map(({ column }) => column))].map((column) => [
    column,
    points.filter((point) => point.column === column),
  ]);

test("every table has a function", () => {
  expect(tableNames.filter((name) => !covered.has(name))).toEqual([]);
});

describe.each(entries.map((entry) => [entry.name, entry] as const))("%s", (name, entry) => {
  it("is exact to 1e−13 in double precision, and so are its derivatives", () => {
    const points = pointsOf(entry);
    const { error, point } = worstOf(points, relativeError);
    expect(error, JSON.stringify(point)).toBeLessThan(1e-13);
  });

  it.each(engines)("is exact on %s", (_, run) => {
    for (const [column, points] of groups(pointsOf(entry, run, false))) {
      const { error, point } = worstOf(
        points.filter((each) => !isLost(each)),
        ulpsOf,
      );
      expect(error, JSON.stringify(point)).toBeLessThanOrEqual(limits[`${name}.${column}`] ?? 4);
    }
  });
});

describe("log Σ eˣ", () => {
  it.each([["reference", evaluate, 1e-13] as const, ...engines.map(([name, run]) => [name, run, 1e-6] as const)])(
    "on %s",
    (_, run, bound) => {
      for (const [x, value, derivative] of rowsOfVectors) {
        const input = toArray(x as number[]);
        // the derivative along each coordinate is that of a sum with one-hot tangents
        const program = trace([{ shape: input.shape, dtype: "float32" }], (v) => [special.logSumExp(v)]);
        const [received] = run(program, [input]);
        expect(
          relativeError({ at: [], column: "", truth: Number(value), received: received!.elements[0]! }),
        ).toBeLessThan(bound);
        // there is none where all is −∞
        if (derivative === null) continue;
        flatten(derivative as number[]).forEach((truth, i) => {
          const direction = { ...input, elements: input.elements.map((_each, k) => (k === i ? 1 : 0)) };
          const [slope] = run(tangent(program), [input, direction]);
          expect(Math.abs(slope!.elements[0]! - truth)).toBeLessThanOrEqual(bound * truth + 1e-30);
        });
      }
    },
  );
});

/** The program (inputs, directions) → the derivative of its result along the directions. */
function tangent(program: Program): Program {
  const count = program.inputs.length;
  return build([...program.inputs, ...program.inputs], (...all) => {
    const { tangents } = jvpInto(program, all.slice(0, count), all.slice(count));
    return [tangents[0]!];
  });
}

/** Points at which derivatives of higher order are compared with difference quotients. */
const smooth: Readonly<Record<string, readonly (readonly number[])[]>> = {
  lgamma: [[0.4, 1.3, 3.1, 12.5, -0.6, -2.3]],
  digamma: [[0.4, 1.3, 3.1, 12.5, -0.6, -2.3]],
  trigamma: [[0.4, 1.3, 3.1, 12.5, -0.6, -2.3]],
  erfinv: [[-0.8, -0.1, 0.3, 0.6, 0.9]],
  ndtri: [[0.05, 0.3, 0.5, 0.7, 0.95]],
  log1p: [[-0.6, -0.1, 0.4, 3.1]],
  logNdtr: [[-12.5, -4.2, -0.7, 0, 0.4, 2.2]],
  i0e: [[-7.1, -0.8, 0.4, 3.2, 12.5, 30.5]],
  i1e: [[-7.1, -0.8, 0.4, 3.2, 12.5, 30.5]],
  lambertw: [[-0.3, -0.05, 0.4, 2.2, 11]],
  gammainc: [
    [0.7, 1.5, 4.2, 9.1],
    [0.4, 1.9, 3.1, 11.3],
  ],
  betainc: [
    [0.7, 1.5, 4.2, 9.1],
    [1.2, 0.8, 3.3, 6.4],
    [0.2, 0.5, 0.7, 0.6],
  ],
  betaln: [
    [0.7, 1.5, 4.2, 120.5],
    [1.2, 0.8, 33, 0.4],
  ],
};
const anywhere = [[-2.3, -0.7, 0.1, 1.4, 3.1]];
const pointsFor = ({ name }: Entry) =>
  (smooth[name === "gammaincc" ? "gammainc" : name] ?? anywhere).map(
    (elements): NDArray => ({ shape: [elements.length], dtype: "float32", elements: Float64Array.from(elements) }),
  );

/** The largest difference of a derivative along (1, …, 1) from the difference quotient of the program, relative to the quotient. */
function excess(program: Program, derivative: Program, inputs: readonly NDArray[]): number {
  const h = 2 ** -11;
  const at = (steps: number) =>
    evaluate(
      program,
      inputs.map((input) => ({ ...input, elements: input.elements.map((x) => x + steps * h) })),
    )[0]!.elements;
  const [far, near, back, farBack] = [2, 1, -1, -2].map(at);
  const ones = inputs.map((input) => ({ ...input, elements: input.elements.map(() => 1) }));
  const received = evaluate(derivative, [...inputs, ...ones])[0]!.elements;
  return Math.max(
    ...[...received].map((each, k) => {
      const quotient = (8 * (near![k]! - back![k]!) - (far![k]! - farBack![k]!)) / (12 * h);
      return Math.abs(each - quotient) / Math.max(1, Math.abs(quotient));
    }),
  );
}

const oneLike = (x: Variable): Variable => broadcastTo(builder().scalar(1, "float32"), x.shape);

/** f and its derivatives along (1, …, 1) up to an order, as programs of the operands alone. */
function derivativesOf({ f }: Entry, inputs: readonly NDArray[], order: number): Program[] {
  const types = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
  const programs = [trace(types, (...x) => [f(...x)])];
  for (let n = 0; n < order; n++) {
    const last = programs[n]!;
    programs.push(
      build(last.inputs, (...x) => {
        const { tangents } = jvpInto(last, x, x.map(oneLike));
        return [tangents[0]!];
      }),
    );
  }
  return programs;
}

test.each(entries.map((entry) => [entry.name, entry] as const))(
  "derivatives of %s of orders 2 and 3 are limits of difference quotients",
  (_, entry) => {
    const inputs = pointsFor(entry);
    const programs = derivativesOf(entry, inputs, 2);
    for (const order of [0, 1, 2])
      expect(excess(programs[order]!, tangent(programs[order]!), inputs)).toBeLessThan(1e-6);
  },
);

test("a derivative that is off by 1e−5 is seen", () => {
  const entry = entries.find(({ name }) => name === "ndtri")!;
  const inputs = pointsFor(entry);
  const [program] = derivativesOf(entry, inputs, 0);
  const wrong = tangent(
    trace([{ shape: inputs[0]!.shape, dtype: "float32" }], (x) => [tf.mul(special.ndtri(x), 1 + 1e-5)]),
  );
  expect(excess(program!, wrong, inputs)).toBeGreaterThan(1e-6);
});

test("an engine whose values are off by 8 ulp is seen", () => {
  const entry = entries.find(({ name }) => name === "logI0")!;
  const off = pointsOf(entry, (program, inputs) =>
    evaluate(program, inputs).map((each) => ({
      ...each,
      elements: each.elements.map((x) => Math.fround(x) * (1 + 2 ** -20)),
    })),
  );
  expect(worstOf(off, ulpsOf).error).toBeGreaterThan(4);
  expect(worstOf(off, relativeError).error).toBeGreaterThan(1e-13);
});
