// Special functions on the engine webgpu: against the tables of test/reference, and against double precision over wide ranges of
// arguments, shapes from 10⁻³ to 10⁵ and far tails among them. The limits are those of docs/webgpu.md.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { build, builder, emit } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { allPrimitives } from "../../../src/ir/primitives/all.js";
import { broadcastTo } from "../../../src/ir/primitives/axes.js";
import type { NDArray, Program } from "../../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import type { WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { jvpInto } from "../../../src/transforms/jvp.js";
import { type Entry, entries, type Point, pointsOf, relativeError, worstOf } from "../../ops/specialTables.js";
import { available } from "../available.js";

const engine = (await available("webgpu")) as WebgpuEngine | undefined;

async function run(program: Program, inputs: readonly NDArray[]): Promise<NDArray[]> {
  const executable = engine!.compile(program);
  expect(executable.details!().hostEvaluated).toEqual([]);
  const tensors = inputs.map(tensorFromNDArray);
  const outputs = await executable.runAsync(tensors);
  const results = await Promise.all(outputs.map(ndarrayFromTensorAsync));
  tf.dispose([tensors, outputs]);
  executable.dispose();
  return results;
}

/** The points of a table on this engine: the programs are collected, run, and their results given in the same order. */
async function pointsOnGpu(entry: Entry): Promise<Point[]> {
  const calls: [Program, readonly NDArray[]][] = [];
  pointsOf(
    entry,
    (program, inputs) => {
      calls.push([program, inputs]);
      return evaluate(program, inputs);
    },
    false,
  );
  const results: NDArray[][] = [];
  for (const [program, inputs] of calls) results.push(await run(program, inputs));
  return pointsOf(entry, () => results.shift()!, false);
}

/** Graphics processors take numbers below this for 0. */
const leastNormal = 2 ** -126;
const isLost = ({ truth }: Point): boolean => Math.abs(truth) < 2 * leastNormal;

/** The tables of functions that are written for single precision, and relative errors: in far tails those of exponents count. */
const tableLimits: Readonly<Record<string, number>> = {
  i0e: 1e-6,
  i1e: 1e-6,
  logI0: 1e-6,
  lambertw: 3e-6,
  gammainc: 1e-5,
  gammaincc: 1e-5,
  betainc: 3e-5,
};
const tables = entries.filter(({ name }) => name in tableLimits);

const { POSITIVE_INFINITY: inf, NaN: nan } = Number;
const shapes = [1e-3, 0.01, 0.05, 0.2, 0.5, 0.9, 1, 1.3, 2, 3.7, 7, 12.5, 30, 77, 200, 1000, 5e3, 3e4, 1e5];
const moderate = [0.05, 0.3, 0.9, 1, 2, 3.7, 12.5, 77, 1000, 3e4, 1e5];
const points = [
  ...[1e-6, 1e-3, 0.01, 0.1, 0.3, 0.6, 0.74, 0.76, 1, 1.5, 2, 3, 5, 8, 12, 13, 20, 30, 33, 50, 70, 77, 80, 100],
  ...[180, 200, 220, 900, 1000, 1100, 4800, 5000, 5200, 29500, 30000, 30300, 99000, 1e5, 101000],
];
const shares = [
  ...[1e-6, 1e-3, 0.01, 0.03, 0.1, 0.25, 0.29, 0.3, 0.31, 0.4, 0.49, 0.499, 0.5, 0.501, 0.51, 0.6, 0.74, 0.76],
  ...[0.9, 0.97, 0.99, 0.995, 0.999],
];
const probabilities = [1e-30, 1e-10, 1e-6, 1e-3, 0.01, 0.1, 0.25, 0.3, 0.49, 0.6, 0.75, 0.9, 0.99, 0.999, 1 - 1e-6];
const ratios = [-30, -5, -1.5, -1, -0.7, -0.1, -0.03, -0.01, -1e-3, -1e-5, 1e-5, 1e-3, 0.01, 0.05, 0.3, 1, 2, 10];
const fromBranch = [-0.3678, -0.367, -0.36, -0.35, -0.3, -0.25, -0.2, -0.1, -1e-3, -1e-10, 1e-20, 1e-3, 0.1, 0.5];
const products = [...fromBranch, 1, 2, 2.9, 3.1, 10, 100, 1e4, 1e10, 1e30];
const lows = [-inf, -1e4, -300, -30, -8, -3, -1, -0.1, 0, 0.1, 1, 2.5, 7, 30, 1e3, 1e4];
const highs = [-9999, -299, -29, -7, -2, -0.5, 0.05, 0.2, 0.3, 1.1, 4, 8, 31, 1001, 10001, inf];
const counts = [1, 2, 3, 10, 60, 300, 1e4, 1e5];
const chances = [1e-6, 1e-3, 0.1, 0.3, 0.7, 0.99, 1 - 1e-6];
const rates = [1e-6, 1e-3, 0.1, 0.5, 0.9, 1, 2.5, 7, 12, 15.9, 16.1, 23.9, 24.1, 30, 33, 41, 100, 1e3, 1e5, 1e7];
const failures = [1e-3, 0.1, 0.5, 1, 1.5, 3.3, 10, 100, 1e3];
const odds = [1e-3, 0.1, 1, 5, 30];

interface Range {
  readonly primitive: string;
  /** The operand in which it is differentiated, and how often. */
  readonly along?: number;
  readonly order?: number;
  /** Values of the operands: all combinations. */
  readonly operands: readonly (readonly number[])[];
  /** Which combinations count. */
  readonly where?: (...x: number[]) => boolean;
  /** What the received value may differ by: relative·|expected| + absolute. */
  readonly relative: number;
  readonly absolute?: number;
}

const isInterval = (a: number, b: number): boolean => a < b;
const inEffect = (x: number, a: number, b: number): boolean => a < b && x >= a && x <= b;

const ranges: readonly Range[] = [
  { primitive: "gammainc", operands: [shapes, points], relative: 1e-5 },
  { primitive: "gammaincc", operands: [shapes, points], relative: 1e-5 },
  { primitive: "gammainc", along: 0, operands: [shapes, points], relative: 1e-5 },
  {
    primitive: "gammainc",
    along: 0,
    order: 2,
    operands: [shapes.slice(0, 13), points],
    relative: 3e-5,
    absolute: 3e-8,
  },
  {
    primitive: "logGammaFlow",
    operands: [shapes, [-800, -50, -10, -4, -2, -1, 0, 0.3, 1, 3, 5, 8, 11.5]],
    relative: 3e-6,
  },
  { primitive: "betainc", operands: [moderate, moderate, shares], relative: 1.5e-5 },
  { primitive: "betainc", along: 0, operands: [moderate, moderate, shares], relative: 2e-5, absolute: 1e-7 },
  { primitive: "betainc", along: 1, operands: [moderate, moderate, shares], relative: 2e-5, absolute: 1e-7 },
  { primitive: "logGammaQuantile", operands: [probabilities, shapes], relative: 3e-6, absolute: 3e-7 },
  { primitive: "logGammaUpperQuantile", operands: [probabilities, shapes], relative: 3e-6, absolute: 3e-7 },
  { primitive: "betaQuantile", operands: [probabilities, moderate, moderate], relative: 3e-5, absolute: 1e-15 },
  { primitive: "studentTCdf", operands: [moderate, ratios], relative: 6e-6 },
  { primitive: "studentTCdf", along: 0, operands: [moderate, ratios], relative: 8e-6 },
  {
    primitive: "studentTQuantile",
    operands: [probabilities, moderate],
    relative: 1e-5,
    where: (p, h) => p > 1e-6 || h > 0.3,
  },
  { primitive: "lambertw", operands: [products], relative: 1e-6 },
  { primitive: "lambertw", along: 0, operands: [products], relative: 3e-6 },
  { primitive: "lambertw", along: 0, order: 2, operands: [products], relative: 5e-6 },
  {
    primitive: "lgammaCurvature",
    operands: [
      [1e-6, 1e-3, 0.1, 0.5, 1, 2, 5, 20, 100],
      [0.1, 0.5, 1, 2, 5, 20, 100],
    ],
    relative: 1e-6,
  },
  { primitive: "logCentralBinomial", operands: [[1e-3, 0.1, 0.5, 1, 2, 5, 20, 100, 1e3, 1e5]], relative: 1e-6 },
  { primitive: "truncatedMean", operands: [lows, highs], where: isInterval, relative: 1e-6, absolute: 1e-7 },
  { primitive: "truncatedVariance", operands: [lows, highs], where: isInterval, relative: 1e-6 },
  { primitive: "truncatedEntropy", operands: [lows, highs], where: isInterval, relative: 1e-6, absolute: 2e-7 },
  {
    primitive: "truncatedLogDensity",
    operands: [[-5, -1, 0, 0.15, 0.5, 3, 30.2], lows, highs],
    where: inEffect,
    relative: 1e-6,
    absolute: 3e-7,
  },
  {
    primitive: "truncatedCdf",
    operands: [[-8, -5, -1, 0, 0.15, 0.5, 3, 7.01, 30.2], lows, highs],
    where: (_, a, b) => a < b,
    relative: 3e-6,
  },
  {
    primitive: "truncatedQuantile",
    operands: [[1e-6, 0.01, 0.3, 0.5, 0.75, 0.99, 0.9999], lows, highs],
    where: (_, a, b) => a < b,
    relative: 3e-6,
    absolute: 2e-7,
  },
  { primitive: "gammaShapeMass", operands: [shapes], relative: 3e-6 },
  {
    primitive: "logGammaShapeBelow",
    operands: [shapes, [1e-6, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.8, 0.99]],
    relative: 2e-5,
    absolute: 2e-6,
  },
  {
    primitive: "logGammaShapeAbove",
    operands: [shapes, [0.01, 0.1, 0.3, 0.5, 0.8, 0.99, 0.9999]],
    relative: 2e-5,
    absolute: 2e-6,
  },
  { primitive: "binomialEntropy", operands: [counts, chances], relative: 1e-6 },
  { primitive: "binomialEntropy", along: 1, operands: [counts, chances], relative: 3e-6, absolute: 5e-7 },
  { primitive: "binomialEntropy", along: 1, order: 2, operands: [counts, chances], relative: 1e-6 },
  { primitive: "binomialSurprise", along: 1, order: 2, operands: [counts, chances], relative: 1e-6 },
  { primitive: "negativeBinomialEntropy", along: 1, order: 2, operands: [failures, odds], relative: 1e-6 },
  { primitive: "binomialSurprise", operands: [counts, chances], relative: 1e-6 },
  { primitive: "binomialSurprise", along: 1, operands: [counts, chances], relative: 3e-6 },
  { primitive: "poissonEntropy", operands: [rates], relative: 1e-6 },
  { primitive: "poissonEntropy", along: 0, operands: [rates], relative: 1e-6 },
  { primitive: "poissonEntropy", along: 0, order: 2, operands: [rates], relative: 5e-6 },
  { primitive: "negativeBinomialEntropy", operands: [failures, odds], relative: 1e-6 },
  { primitive: "negativeBinomialEntropy", along: 0, operands: [failures, odds], relative: 2e-5 },
  { primitive: "negativeBinomialEntropy", along: 1, operands: [failures, odds], relative: 3e-6 },
  {
    primitive: "binomialQuantile",
    operands: [[1e-3, 0.01, 0.123, 0.3, 0.5, 0.51, 0.77, 0.9, 0.9999], counts, chances],
    relative: 0,
  },
  {
    primitive: "negativeBinomialQuantile",
    operands: [[1e-3, 0.01, 0.123, 0.3, 0.5, 0.51, 0.77, 0.9, 0.9999], failures, odds],
    relative: 0,
  },
];

const combinations = (operands: readonly (readonly number[])[]): number[][] =>
  operands.reduce<number[][]>(
    (rows, values) => rows.flatMap((row) => values.map((x) => [...row, Math.fround(x)])),
    [[]],
  );

/** The program of a function, or of its derivative in one operand. */
function programOf({ primitive: name, along, order = 1 }: Range, types: readonly NDArray[]): Program {
  const primitive = allPrimitives.find((each) => each.name === name)!;
  let program = build(types, (...x) => emit(primitive, x, {}));
  if (along === undefined) return program;
  for (let n = 0; n < order; n++) {
    const last = program;
    program = build(types, (...x) => {
      const one = broadcastTo(builder().scalar(1, "float32"), x[along]!.shape);
      const { tangents } = jvpInto(
        last,
        x,
        x.map((_, i) => (i === along ? one : undefined)),
      );
      return [tangents[0]!];
    });
  }
  return program;
}

describe.skipIf(!engine)("special functions on webgpu", () => {
  beforeAll(() => tf.setBackend("cpu"));

  test.each(tables.map((entry) => [entry.name, entry] as const))("table of %s", async (name, entry) => {
    const found = await pointsOnGpu(entry);
    for (const column of new Set(found.map((point) => point.column))) {
      const { error, point } = worstOf(
        found.filter((each) => each.column === column && !isLost(each)),
        relativeError,
      );
      expect(error, JSON.stringify(point)).toBeLessThanOrEqual(tableLimits[name]!);
    }
  });

  const titled = ranges.map((range) => {
    const { primitive, along, order = 1 } = range;
    return [along === undefined ? primitive : `${primitive}, derivative ${order} in operand ${along}`, range] as const;
  });
  test.each(titled)("%s", async (_, range) => {
    const rows = combinations(range.operands).filter((row) => range.where?.(...row) ?? true);
    const inputs = range.operands.map((_operand, i): NDArray => {
      return { shape: [rows.length], dtype: "float32", elements: Float64Array.from(rows, (row) => row[i]!) };
    });
    const program = programOf(range, inputs);
    const [expected] = evaluate(program, inputs);
    const [received] = await run(program, inputs);
    const wrong = rows.flatMap((row, i) => {
      const [x, y] = [received!.elements[i]!, expected!.elements[i]!];
      const bound = range.relative * Math.abs(y) + (range.absolute ?? 0) + 2 * leastNormal;
      return x === Math.fround(y) || Math.abs(x - y) <= bound ? [] : [`${row.join(", ")}: ${x}, not ${y}`];
    });
    expect(wrong).toEqual([]);
  });

  const edges: readonly (readonly [primitive: string, operands: readonly number[], value: number])[] = [
    ["gammainc", [2, 0], 0],
    ["gammainc", [2, inf], 1],
    ["gammainc", [inf, 2], 0],
    ["gammainc", [0, 2], 1],
    ["gammainc", [-1, 2], nan],
    ["gammainc", [2, nan], nan],
    ["gammaincc", [2, 0], 1],
    ["gammaincc", [2, inf], 0],
    ["gammaincc", [2, -1], nan],
    ["betainc", [2, 3, 0], 0],
    ["betainc", [2, 3, 1], 1],
    ["betainc", [2, 3, 1.5], nan],
    ["betainc", [-2, 3, 0.5], nan],
    ["betainc", [2, nan, 0.5], nan],
    ["logGammaFlow", [2, -inf], inf],
    ["logGammaFlow", [0, 1], nan],
    ["logGammaQuantile", [0, 2], -inf],
    ["logGammaQuantile", [1, 2], inf],
    ["logGammaQuantile", [1.5, 2], nan],
    ["logGammaUpperQuantile", [0, 2], inf],
    ["logGammaUpperQuantile", [1, 2], -inf],
    ["betaQuantile", [0, 2, 3], 0],
    ["betaQuantile", [1, 2, 3], 1],
    ["betaQuantile", [0.5, 2, -3], nan],
    ["studentTCdf", [2, -inf], 0],
    ["studentTCdf", [2, inf], 1],
    ["studentTCdf", [2, 0], 0.5],
    ["studentTCdf", [2, nan], nan],
    ["studentTQuantile", [0, 2], -inf],
    ["studentTQuantile", [0.5, 2], 0],
    ["studentTQuantile", [1, 2], inf],
    ["studentTQuantile", [-1, 2], nan],
    ["lambertw", [inf], inf],
    ["lambertw", [0], 0],
    ["lambertw", [-0.5], nan],
    ["lambertw", [nan], nan],
    ["truncatedQuantile", [0, -2, 3], -2],
    ["truncatedQuantile", [1, -2, 3], 3],
    ["truncatedQuantile", [0, -inf, -3], -inf],
    ["truncatedQuantile", [1, -2, inf], inf],
    ["truncatedQuantile", [0.5, 3, 2], nan],
    ["truncatedCdf", [-3, -2, 3], 0],
    ["truncatedCdf", [inf, -2, 3], 1],
    ["truncatedLogDensity", [inf, -2, inf], -inf],
    ["truncatedMean", [nan, 3], nan],
    ["truncatedMean", [inf, inf], nan],
    ["poissonEntropy", [0], 0],
    ["poissonEntropy", [-1], nan],
    ["binomialEntropy", [0, 0.5], 0],
    ["binomialEntropy", [4, 0], 0],
    ["binomialEntropy", [4, 1], 0],
    ["binomialEntropy", [4.5, 0.5], nan],
    ["negativeBinomialEntropy", [2, 0], 0],
    ["negativeBinomialEntropy", [0, 2], nan],
    ["binomialQuantile", [0, 4, 0.5], 0],
    ["binomialQuantile", [1, 4, 0.5], 4],
    ["binomialQuantile", [0.5, 4, 0], 4],
    ["binomialQuantile", [0.5, 4, 1], 0],
    ["binomialQuantile", [nan, 4, 0.5], nan],
    ["negativeBinomialQuantile", [1, 4, 0.5], inf],
    ["negativeBinomialQuantile", [0.5, 4, 0], 0],
    ["gammaShapeMass", [0], nan],
    ["logGammaShapeAbove", [2, 1], nan],
  ];
  test("at the edges", async () => {
    const wrong: string[] = [];
    for (const name of new Set(edges.map(([each]) => each))) {
      const own = edges.filter(([each]) => each === name);
      const inputs = own[0]![1].map((_, i): NDArray => {
        return { shape: [own.length], dtype: "float32", elements: Float64Array.from(own, ([, x]) => x[i]!) };
      });
      const program = programOf({ primitive: name, operands: [], relative: 0 }, inputs);
      const [received] = await run(program, inputs);
      const [onHost] = evaluate(program, inputs);
      own.forEach(([, operands, value], i) => {
        const [x, y] = [received!.elements[i]!, onHost!.elements[i]!];
        if (!Object.is(x + 0, value) || !(Object.is(y + 0, value) || Math.abs(y - value) < 1e-12))
          wrong.push(`${name}(${operands}): ${x}, on the host ${y}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  test("a limit that is too narrow is seen", async () => {
    const inputs: NDArray[] = [shapes, shapes].map((each) => {
      return { shape: [each.length], dtype: "float32", elements: Float64Array.from(each, Math.fround) };
    });
    const program = programOf({ primitive: "gammainc", operands: [], relative: 0 }, inputs);
    const [expected] = evaluate(program, inputs);
    const [received] = await run(program, inputs);
    const errors = [...received!.elements].map((x, i) => Math.abs(x / expected!.elements[i]! - 1));
    expect(Math.max(...errors)).toBeGreaterThan(1e-8);
  });
});
