// Statistics of gradient estimates in double precision, against a truth.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Objective } from "../../src/inference/objective.js";
import { derivedProgram } from "../../src/inference/objective.js";
import { dataTensors, type Parameters, parameterTensors, prepare } from "../../src/inference/prepare.js";
import { innerPrograms } from "../../src/ir/control.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { toNDArray } from "../../src/ir/lifted.js";
import type { Program } from "../../src/ir/program.js";
import { foldIn, seedKey } from "../../src/ops/random.js";
import { range } from "../../src/util/shapes.js";

export interface Moments {
  readonly mean: number;
  readonly variance: number;
  /** Standard error of the mean. */
  readonly error: number;
  readonly draws: number;
}

export interface DrawOptions {
  readonly draws: number;
  readonly seed?: number;
  readonly chunk?: number;
  readonly derived?: "value" | "gradient" | "jvp" | "hvp";
}

/** Moments of every element of every result (value first, then the gradient leaves), over independent draws. */
export function estimateMoments<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  { draws, seed = 1, chunk = 5000, derived = "gradient" }: DrawOptions,
  tangents: readonly Tensor[] = [],
): Moments[][] {
  const rounds = Math.ceil(draws / chunk);
  const program = derivedProgram(prepare(objective, parameters, data), derived, chunk);
  const fixed = [...parameterTensors(parameters), ...dataTensors(data), ...tangents].map(toNDArray);
  let sums: { total: Float64Array; squares: Float64Array; shift: Float64Array }[] = [];
  for (const round of range(rounds)) {
    const keys = toNDArray(tf.tidy(() => foldIn(foldIn(seedKey(seed), round), tf.tensor1d(range(chunk), "int32"))));
    const results = evaluate(program, [keys, ...fixed]);
    if (round === 0)
      sums = results.map(({ elements }) => {
        const size = elements.length / chunk;
        return { total: new Float64Array(size), squares: new Float64Array(size), shift: elements.slice(0, size) };
      });
    results.forEach(({ elements }, i) => {
      const { total, squares, shift } = sums[i]!;
      for (let at = 0; at < elements.length; at++) {
        const j = at % total.length;
        const x = elements[at]! - shift[j]!;
        total[j]! += x;
        squares[j]! += x * x;
      }
    });
  }
  const n = rounds * chunk;
  return sums.map(({ total, squares, shift }) =>
    Array.from(total, (sum, j) => {
      const variance = Math.max(0, (squares[j]! - (sum * sum) / n) / (n - 1));
      return { mean: shift[j]! + sum / n, variance, error: Math.sqrt(variance / n), draws: n };
    }),
  );
}

/** Standard errors between a mean and the truth; rounding (of parameters to float32, say) counts as no deviation. */
export const zScore = ({ mean, error }: Moments, truth: number, rounding = 1e-9): number =>
  Math.abs(mean - truth) < rounding * Math.max(1, Math.abs(truth)) ? 0 : (mean - truth) / error;

/** One estimate in double precision: all results (value first, then the gradient leaves) as plain numbers. */
export function estimateOnce<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  { seed = 1, derived = "gradient" }: Partial<Pick<DrawOptions, "seed" | "derived">> = {},
  tangents: readonly Tensor[] = [],
): number[][] {
  const program = derivedProgram(prepare(objective, parameters, data), derived, 1);
  const inputs = [seedKey(seed), ...parameterTensors(parameters), ...dataTensors(data), ...tangents];
  return evaluate(program, inputs.map(toNDArray)).map(({ elements }) => [...elements]);
}

/** Equations of the estimator and of its gradient program, those inside loops and branches included. */
export function equationCounts<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
): { readonly estimator: number; readonly gradient: number } {
  const count = ({ equations }: Program): number =>
    equations.reduce(
      (sum, equation) => sum + 1 + innerPrograms(equation).reduce((all, each) => all + count(each), 0),
      0,
    );
  const prepared = prepare(objective, parameters, data);
  return { estimator: count(prepared.program), gradient: count(derivedProgram(prepared, "gradient", 1)) };
}
