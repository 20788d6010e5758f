import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { evaluate } from "../../ir/evaluate.js";
import { toNDArray } from "../../ir/lifted.js";
import type { Program } from "../../ir/program.js";
import { foldIn, seedKey } from "../../ops/random.js";
import { compile } from "../../runtime/compile.js";
import { chosenEngine, type EngineChoice } from "../../runtime/engines.js";
import { range, sizeOf } from "../../util/shapes.js";
import { leavesOf } from "../../util/tree.js";
import type { Objective } from "../objective.js";
import { derivedProgram } from "../objective.js";
import { dataTensors, type Parameters, parameterTensors, parameterTree, prepare } from "../prepare.js";

export interface DrawingOptions extends EngineChoice {
  /** Independent estimates. @defaultValue 20000 */
  readonly draws?: number | undefined;
  /** A non-negative safe integer. @defaultValue 0 */
  readonly seed?: number | undefined;
}

/** Mean and variance of one element of an estimate. */
export interface Moments {
  readonly mean: number;
  /** Of a single draw. */
  readonly variance: number;
  readonly standardError: number;
}

/** Moments of an objective's estimates. */
export interface EstimateMoments {
  readonly value: Moments;
  /** Per parameter leaf, flat. */
  readonly gradient: readonly (readonly Moments[])[];
  readonly draws: number;
  /** Whether they were computed in single precision. */
  readonly isSingle: boolean;
}

export const defaultDraws = 20_000;
const elementLimit = 2 ** 22;
const mostAtOnce = 2000;

/** Moments of value and gradient over independent draws: in double precision unless another engine than `reference` is named. */
export async function estimateMoments<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  { draws = defaultDraws, seed = 0, engine, threads }: DrawingOptions,
): Promise<EstimateMoments> {
  const prepared = prepare(objective, parameters, data);
  const chunk = Math.min(draws, mostAtOnce, Math.max(1, Math.floor(elementLimit / elementsOf(prepared.program))));
  const isSingle = engine !== undefined && engine !== "reference";
  const fixed = [...parameterTensors(parameters), ...dataTensors(data)];
  const program = derivedProgram(prepared, "gradient", chunk);
  const run = isSingle ? await onEngine(program, fixed, { engine, threads }) : inDouble(program, fixed);
  const rounds = Math.ceil(draws / chunk);
  let sums: Sum[] = [];
  try {
    for (const round of range(rounds)) {
      const key = tf.tidy(() =>
        chunk === 1
          ? foldIn(seedKey(seed), round)
          : foldIn(foldIn(seedKey(seed), round), tf.tensor1d(range(chunk), "int32")),
      );
      const results = await run.of(key);
      key.dispose();
      if (round === 0) sums = results.map((elements) => sumFor(elements, elements.length / chunk));
      results.forEach((elements, i) => {
        add(sums[i]!, elements);
      });
    }
  } finally {
    run.dispose();
  }
  const [value, ...gradient] = sums.map((sum) => momentsOf(sum, rounds * chunk));
  return { value: value![0]!, gradient, draws: rounds * chunk, isSingle };
}

type Results = readonly ArrayLike<number>[];
interface Runner {
  readonly of: (key: Tensor) => Results | Promise<Results>;
  readonly dispose: () => void;
}

function inDouble(program: Program, fixed: readonly Tensor[]): Runner {
  const arrays = fixed.map(toNDArray);
  return {
    of: (key) => evaluate(program, [toNDArray(key), ...arrays]).map(({ elements }) => elements),
    dispose: () => undefined,
  };
}

async function onEngine(program: Program, fixed: readonly Tensor[], choice: EngineChoice): Promise<Runner> {
  const executable = compile(program, { engine: await chosenEngine(choice) });
  return {
    of: async (key) => {
      const results = await executable.runAsync([key, ...fixed]);
      const elements = await Promise.all(results.map((result) => result.data()));
      tf.dispose(results);
      return elements;
    },
    dispose: () => executable.dispose(),
  };
}

/** Elements of all intermediate values of one draw, derivatives counted in: double precision keeps them all. */
const elementsOf = ({ equations }: Program): number =>
  4 * equations.reduce((sum, { outputs }) => sum + outputs.reduce((all, { shape }) => all + sizeOf(shape), 0), 1);

/** Sums of deviations from a shift near the mean, and of their squares. */
interface Sum {
  readonly total: Float64Array;
  readonly squares: Float64Array;
  readonly shift: Float64Array;
}

function sumFor(elements: ArrayLike<number>, size: number): Sum {
  const shift = Float64Array.from({ length: size }, (_, j) => elements[j]!);
  return { total: new Float64Array(size), squares: new Float64Array(size), shift };
}

function add({ total, squares, shift }: Sum, elements: ArrayLike<number>): void {
  for (let at = 0; at < elements.length; at++) {
    const j = at % total.length;
    const x = elements[at]! - shift[j]!;
    total[j]! += x;
    squares[j]! += x * x;
  }
}

const momentsOf = ({ total, squares, shift }: Sum, n: number): Moments[] =>
  Array.from(total, (sum, j) => {
    const variance = Math.max(0, (squares[j]! - (sum * sum) / n) / (n - 1));
    return { mean: shift[j]! + sum / n, variance, standardError: Math.sqrt(variance / n) };
  });

/** The parameters' names and shapes, in the order of their leaves. */
export const namedParameters = (
  parameters: Parameters,
): { readonly name: string; readonly shape: readonly number[] }[] =>
  leavesOf(parameterTree(parameters)).map(({ path, leaf }) => ({
    name: path.join(".") || "parameters",
    shape: leaf.shape,
  }));
