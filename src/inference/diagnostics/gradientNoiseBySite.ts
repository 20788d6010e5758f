// Which random choices a gradient's noise comes from.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { build, builder } from "../../ir/builder.js";
import { innerPrograms } from "../../ir/control.js";
import { interpret, restateConstant } from "../../ir/interpret.js";
import { foldIn } from "../../ir/primitives/random.js";
import type { Equation, Program, Type, Variable } from "../../ir/program.js";
import { isSample, sampleAttributes } from "../../ir/site.js";
import { foldIn as nextKey, seedKey } from "../../ops/random.js";
import { compile } from "../../runtime/compile.js";
import { chosenEngine } from "../../runtime/engines.js";
import { defaultStrategies } from "../../strategies/defaults.js";
import { estimate } from "../../transforms/estimate/estimate.js";
import { checkOptionNames } from "../../util/options.js";
import { range } from "../../util/shapes.js";
import { checkData } from "../checkData.js";
import { checkObjective } from "../checkObjective.js";
import type { DrawingOptions } from "../judging/moments.js";
import { derivedProgram, type Objective } from "../objective.js";
import { dataTensors, type Parameters, parameterTensors, prepare } from "../prepare.js";

/** Options of {@link gradientNoiseBySite}. */
export interface GradientNoiseOptions extends DrawingOptions {
  /** Independent gradients, each computed once more for every row. @defaultValue 200 */
  readonly draws?: number | undefined;
}

/** What one random choice does to a gradient. */
export interface GradientNoiseRow {
  /** Its address; several for choices of one loop or branch, which are drawn anew together. */
  readonly addresses: readonly string[];
  /** Mean variance of a single gradient over draws of this choice alone, all others held; summed over the parameters. */
  readonly variance: number;
  /** The variance divided by that of the whole gradient; NaN for a gradient without noise. */
  readonly share: number;
}

/**
 * How much of the noise of an objective's gradient each random choice makes: the total-effect indices of Sobol' (Homma & Saltelli,
 * "Importance measures in global sensitivity analysis", 1996), E Var(g | all other choices) / Var g. Every gradient g is computed
 * once more with this choice alone drawn anew, which gives ½(g′ − g)² (Jansen 1999). What two choices do together counts for
 * both, so shares add up to 1 or more. Largest first.
 *
 * @throws ElbowError "option" for fewer than two draws; "gradient-noise" for a loop or branch that cannot be drawn anew
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gradientNoiseBySite, normal, objective, sample } from "elbow";
 * const L = objective(function* ({ loc }: { loc: tf.Tensor }) {
 *   const x = yield* sample("x", normal(loc, 1));
 *   const y = yield* sample("y", normal(loc, 3));
 *   return x.square().add(y.square());
 * });
 * // the gradient 2x + 2y has variance 4 + 36
 * const rows = await gradientNoiseBySite(L, { loc: tf.scalar(0) }, [], { draws: 2000 });
 * console.log(rows.map(({ addresses, share }) => `${addresses}: ${share.toFixed(1)}`)); // => [ 'y: 0.9', 'x: 0.1' ]
 * ```
 */
export async function gradientNoiseBySite<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: NoInfer<D>,
  options: GradientNoiseOptions = {},
): Promise<GradientNoiseRow[]> {
  checkObjective("gradientNoiseBySite", objective);
  checkData("gradientNoiseBySite", data);
  checkOptionNames("gradientNoiseBySite", options, ["draws", "seed", "engine", "threads"]);
  const { draws = 200, seed = 0, ...choice } = options;
  if (!Number.isInteger(draws) || draws < 2)
    throw new ElbowError("option", { message: `draws must be an integer of at least 2, and is ${draws}` });
  const prepared = prepare(objective, parameters, data);
  const { program: redrawn, groups } = redrawable(prepared.traced);
  const { program, initialStates, sites } = estimate(redrawn, defaultStrategies);
  const gradient = derivedProgram({ ...prepared, program, initialStates, sites }, "gradient", 1);
  const executable = compile(gradient, { engine: await chosenEngine(choice) });
  const fixed = [...parameterTensors(parameters), ...dataTensors(data)];
  const [zero, one] = [tf.scalar(0, "int32"), tf.scalar(1, "int32")];
  const run = async (key: Tensor, anew?: number): Promise<Float64Array> => {
    const redraws = groups.map((_, group) => (group === anew ? one : zero));
    const outputs = await executable.runAsync([key, ...fixed, ...redraws]);
    const values = await Promise.all(outputs.slice(1).map((each) => each.data()));
    tf.dispose(outputs);
    return Float64Array.from(values.flatMap((each) => [...each]));
  };
  const gradients: Float64Array[] = [];
  const variances = groups.map(() => 0);
  try {
    for (const draw of range(draws)) {
      const key = tf.tidy(() => nextKey(seedKey(seed), draw));
      const own = await run(key);
      gradients.push(own);
      for (const group of range(groups.length)) {
        const other = await run(key, group);
        variances[group]! += own.reduce((sum, x, i) => sum + (other[i]! - x) ** 2, 0) / (2 * draws);
      }
      key.dispose();
    }
  } finally {
    tf.dispose([zero, one]);
    executable.dispose();
  }
  const whole = totalVariance(gradients);
  return groups
    .map((addresses, group) => ({ addresses, variance: variances[group]!, share: variances[group]! / whole }))
    .sort((a, b) => b.variance - a.variance);
}

/** The variance of a vector, summed over its elements. */
function totalVariance(vectors: readonly Float64Array[]): number {
  let total = 0;
  for (const i of range(vectors[0]!.length)) {
    const mean = vectors.reduce((sum, each) => sum + each[i]!, 0) / vectors.length;
    total += vectors.reduce((sum, each) => sum + (each[i]! - mean) ** 2, 0) / (vectors.length - 1);
  }
  return total;
}

const integer: Type = { shape: [], dtype: "int32" };

/** The program with one more integer input for every choice, or for those of one loop or branch, which their keys depend on. */
function redrawable(traced: Program): { program: Program; groups: string[][] } {
  const groups = new Map<Equation, string[]>();
  for (const equation of traced.equations) {
    const addresses = [...new Set(addressesIn(equation))];
    if (addresses.length > 0) groups.set(equation, addresses);
  }
  const order = [...groups.keys()];
  const isKey = keysOf(traced);
  // a loop or branch whose keys are not found would seem to make no noise
  for (const equation of order) if (!isSample(equation) && !equation.inputs.some(isKey)) refuse(groups.get(equation)!);
  const types = [...traced.inputs, ...order.map(() => integer)];
  const program = build(types, (...inputs) => {
    const redraws = inputs.splice(traced.inputs.length);
    return interpret<Variable>(traced, inputs, restateConstant, (equation, operands) => {
      const { primitive, attributes, inputs: before } = equation;
      const group = order.indexOf(equation);
      const isOwnKey = (i: number): boolean => group >= 0 && (isSample(equation) ? i === 0 : isKey(before[i]!));
      const changed = operands.map((operand, i) => (isOwnKey(i) ? foldIn(operand, redraws[group]!) : operand));
      return builder().emit(primitive, changed, attributes);
    }).outputs;
  });
  return { program, groups: [...groups.values()] };
}

function refuse(addresses: readonly string[]): never {
  throw new ElbowError("gradient-noise", {
    message: `the random keys of the loop or branch that holds ${addresses.join(", ")} are not found, so it cannot be drawn anew alone`,
    hint: "Use gradientSignalToNoise, which gives the noise by parameter.",
  });
}

const addressesIn = (equation: Equation): string[] =>
  isSample(equation)
    ? [sampleAttributes(equation).address]
    : innerPrograms(equation).flatMap(({ equations }) => equations.flatMap(addressesIn));

/** Operations that hand keys on. */
const handOn = new Set(["reshape", "broadcastTo", "slice", "transpose", "gather"]);

/** Which variables of a program are random keys. */
function keysOf({ inputs, equations }: Program): (variable: Variable) => boolean {
  const keys = new Set<Variable>(inputs.slice(0, 1));
  for (const { primitive, inputs: operands, outputs } of equations)
    if (primitive === foldIn.primitive || (handOn.has(primitive.name) && keys.has(operands[0]!))) keys.add(outputs[0]!);
  return (variable) => keys.has(variable);
}
