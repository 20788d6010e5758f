import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Effect, Effects } from "../dsl/effects.js";
import { ElbowError } from "../errors.js";
import { build, builder } from "../ir/builder.js";
import { inline } from "../ir/interpret.js";
import type { Program } from "../ir/program.js";
import { foldIn, seedKey } from "../ops/random.js";
import { compile } from "../runtime/compile.js";
import { chosenEngine, type EngineChoice } from "../runtime/engines.js";
import { valueAndGradInto, zerosLike } from "../transforms/grad.js";
import { jvpInto } from "../transforms/jvp.js";
import { simplify } from "../transforms/simplify.js";
import { vmap } from "../transforms/vmap.js";
import { checkFunction } from "../util/expected.js";
import { checkOptionNames } from "../util/options.js";
import { range } from "../util/shapes.js";
import { leavesOf, withLeaves } from "../util/tree.js";
import {
  dataTensors,
  type ObjectiveBody,
  type Parameters,
  type Prepared,
  parameterTensors,
  parameterTree,
  prepare,
} from "./prepare.js";
import type { StrategyMap } from "./replaceStrategies.js";
import { checkRun } from "./validate.js";

/** Where the randomness of an estimate comes from, how many estimates are averaged, and which engine runs them. */
export interface EstimateOptions extends EngineChoice {
  /** A non-negative safe integer: the same seed gives the same estimate. */
  readonly seed: number;
  /** Independent estimates, averaged. @defaultValue 1 */
  readonly draws?: number;
  /**
   * Checks the parameters of every distribution while the estimate is computed, those that depend on random choices too; without
   * it only those are checked that are known before. @defaultValue false
   */
  readonly validate?: boolean;
}

/** Which way is better. */
export type Direction = "maximize" | "minimize";

/** Options of {@link objective}. */
export interface ObjectiveOptions {
  /** @defaultValue "maximize" */
  readonly direction?: Direction;
}

/** A seed alone, or with options. */
export type At = number | EstimateOptions;

/**
 * An objective L(parameters, data): a program whose expectation is to be optimised. Its methods return unbiased
 * estimates; they agree with `run(seed, …)` in what they draw.
 *
 * All throw ElbowError "parameter" for distributions whose known parameters are out of range, with `validate` for all.
 */
export interface Objective<P extends Parameters, D extends readonly unknown[]> {
  readonly body: ObjectiveBody<P, D>;
  /** Strategies that replace those of the program: see `withStrategies`. */
  readonly strategies?: StrategyMap;
  /** Which way `fit` goes unless it is told: divergences are to be minimised. */
  readonly direction: Direction;
  /** An estimate of L, a scalar. */
  estimate(at: At, parameters: P, ...data: D): Promise<Tensor>;
  /** An estimate of ∇L, of the parameters' structure. */
  gradEstimate(at: At, parameters: P, ...data: D): Promise<P>;
  /** Both from the same draws. */
  valueAndGradEstimate(at: At, parameters: P, ...data: D): Promise<{ readonly value: Tensor; readonly gradient: P }>;
  /** An estimate of L and of its derivative along `tangents`, by forward mode. */
  jvpEstimate(
    at: At,
    parameters: P,
    tangents: P,
    ...data: D
  ): Promise<{ readonly value: Tensor; readonly tangent: Tensor }>;
  /** The Hessian-vector product ∇²L·v: the gradient of the estimate's derivative along v. @throws where a strategy is exact to first order only */
  hvpEstimate(at: At, parameters: P, vector: P, ...data: D): Promise<P>;
}

/**
 * Makes an objective of a generator function. Inside, programs are simulated, assessed and generated, and random choices
 * may be made directly; the result must be a real scalar.
 *
 * @param body - (parameters, ...data) ↦ scalar; tensors among the arguments are inputs, everything else is fixed
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { enumerate, flip, objective, sample } from "elbow";
 * const L = objective(function* ({ p }: { p: tf.Tensor }) {
 *   const b = yield* sample("b", enumerate(flip(p)));
 *   return tf.where(b.equal(1), 0, p.mul(-0.5));
 * });
 * const { p } = await L.gradEstimate(0, { p: tf.scalar(0.3) });
 * console.log(p.dataSync()[0].toFixed(3)); // => -0.200
 * ```
 */
export function objective<P extends Parameters, D extends readonly unknown[], E extends Effect>(
  body: (parameters: P, ...data: D) => Effects<E, Tensor>,
  options: ObjectiveOptions = {},
): Objective<P, D> {
  checkFunction("objective", "the objective", body, "Write objective(function* (parameters, data) { … }).");
  checkOptionNames("objective", options, ["direction"]);
  const { direction } = options;
  return objectiveOf(body as unknown as ObjectiveBody<P, D>, undefined, direction);
}

/** An objective of a body, with strategies that replace the program's own. */
export function objectiveOf<P extends Parameters, D extends readonly unknown[]>(
  body: ObjectiveBody<P, D>,
  strategies?: StrategyMap,
  direction: Direction = "maximize",
): Objective<P, D> {
  const self: Objective<P, D> = {
    body,
    direction,
    ...(strategies && { strategies }),
    estimate: async (at, parameters, ...data) => (await runDerived(self, "value", at, parameters, [], data))[0]!,
    gradEstimate: async (at, parameters, ...data) =>
      (await self.valueAndGradEstimate(at, parameters, ...data)).gradient,
    valueAndGradEstimate: async (at, parameters, ...data) => {
      const [value, ...gradient] = await runDerived(self, "gradient", at, parameters, [], data);
      return { value: value!, gradient: withLeaves(parameters, gradient) as P };
    },
    jvpEstimate: async (at, parameters, tangents, ...data) => {
      const [value, tangent] = await runDerived(self, "jvp", at, parameters, tangentLeaves(parameters, tangents), data);
      return { value: value!, tangent: tangent! };
    },
    hvpEstimate: async (at, parameters, vector, ...data) =>
      withLeaves(
        parameters,
        await runDerived(self, "hvp", at, parameters, tangentLeaves(parameters, vector), data),
      ) as P,
  };
  return self;
}

/** What can be derived from an estimator: each a program over [key, parameters…, data…, tangents…]. */
type Derived = "value" | "gradient" | "jvp" | "hvp";

const derivedPrograms = new WeakMap<Prepared, Map<string, Program>>();

/** The program of one independent estimate. States of moving baselines are at their starting values. */
export function derivedProgram(of: Prepared, derived: Derived, draws: number): Program {
  const known = derivedPrograms.get(of) ?? new Map<string, Program>();
  derivedPrograms.set(of, known);
  const name = `${derived}:${draws}`;
  if (!known.has(name)) known.set(name, deriveProgram(of, derived, draws));
  return known.get(name)!;
}

function deriveProgram(
  { program, parameterCount, initialStates, sites }: Prepared,
  derived: Derived,
  draws: number,
): Program {
  if (derived === "hvp") checkSmooth(sites);
  const stateless = build(program.inputs.slice(0, program.inputs.length - initialStates.length), (...inputs) => {
    return inline(program, [...inputs, ...initialStates.map((state) => builder().scalar(state, "float32"))]).slice(
      0,
      1,
    );
  });
  const wrt = range(parameterCount).map((i) => i + 1);
  const one = ((): Program => {
    if (derived === "value") return stateless;
    if (derived === "gradient") return lastValueAndGrad(stateless, wrt);
    const directional = build([...stateless.inputs, ...wrt.map((i) => stateless.inputs[i]!)], (...inputs) => {
      const primals = inputs.slice(0, stateless.inputs.length);
      const tangents = inputs.slice(stateless.inputs.length);
      const result = jvpInto(
        stateless,
        primals,
        primals.map((_, i) => (wrt.includes(i) ? tangents[i - 1] : undefined)),
      );
      return [...result.outputs, result.tangents[0] ?? zerosLike(result.outputs[0]!)];
    });
    if (derived === "jvp") return directional;
    const tangentOnly = { ...directional, outputs: directional.outputs.slice(1) };
    const second = lastValueAndGrad(tangentOnly, wrt);
    return { ...second, outputs: second.outputs.slice(1) };
  })();
  if (draws === 1) return simplify(one);
  return simplify(
    vmap(
      one,
      draws,
      one.inputs.map((_, i) => (i === 0 ? 0 : null)),
    ),
  );
}

/** Value and gradient of what will not be differentiated again. */
const lastValueAndGrad = (program: Program, wrt: readonly number[]): Program =>
  build(program.inputs, (...inputs) => valueAndGradInto(program, inputs, wrt, true));

/** @throws ElbowError "derivative-order" if a pathwise value reaches the objective through a kink */
function checkSmooth(sites: Prepared["sites"]): void {
  for (const { address, family, strategy, kink, source } of sites) {
    if (!kink) continue;
    throw new ElbowError("derivative-order", {
      message:
        `the second derivative through "${address}" would be biased: its value reaches the objective through an operation whose derivative jumps\n` +
        `  site:      ${strategy.name}(${family}) ${source ?? ""}\n` +
        `  operation: ${kink.primitive.name} ${kink.source?.line ?? ""}`,
      hint: "Estimate it with reinforce, or use a smooth operation (softplus for relu, logSumExp for max).",
      at: { address, source },
    });
  }
}

/** The keys of independent estimates: [draws, 2]. */
const drawKeys = (seed: number, draws: number): Tensor => foldIn(seedKey(seed), tf.tensor1d(range(draws), "int32"));

const estimateNames = ["seed", "draws", "validate", "engine", "threads"];

async function runDerived<P extends Parameters, D extends readonly unknown[]>(
  of: Objective<P, D>,
  derived: Derived,
  at: At,
  parameters: P,
  tangents: readonly Tensor[],
  data: D,
): Promise<Tensor[]> {
  if (typeof at !== "number") checkOptionNames("estimate", at, estimateNames, "required");
  const { draws = 1 } = typeof at === "number" ? {} : at;
  const stacked = await drawDerived(of, derived, at, parameters, tangents, data);
  if (draws === 1) return stacked;
  const means = stacked.map((each) => tf.tidy(() => tf.mean(each, 0)));
  tf.dispose(stacked);
  return means;
}

/** Independent estimates of value, gradient, … side by side: tensors with a leading axis of draws (none for one draw). */
export async function drawDerived<P extends Parameters, D extends readonly unknown[]>(
  of: Objective<P, D>,
  derived: Derived,
  at: At,
  parameters: P,
  tangents: readonly Tensor[],
  data: D,
): Promise<Tensor[]> {
  const { seed, draws = 1, validate = false, ...choice } = typeof at === "number" ? { seed: at } : at;
  if (!Number.isInteger(draws) || draws < 1)
    throw new ElbowError("option", { message: `draws must be a positive integer, and is ${draws}` });
  const prepared = prepare(of, parameters, data, 1, validate);
  const program = derivedProgram(prepared, derived, draws);
  const engine = await chosenEngine(choice);
  const executable = compile(program, { engine });
  const key = tf.tidy(() => (draws === 1 ? seedKey(seed) : drawKeys(seed, draws)));
  const inputs = [key, ...parameterTensors(parameters), ...dataTensors(data)];
  try {
    if (validate) await checkRun(derivedProgram(prepared, "value", draws), inputs, engine);
    return await executable.runAsync([...inputs, ...tangents]);
  } finally {
    key.dispose();
  }
}

/** The leaves of a tangent structure. @throws ElbowError "parameters" unless it has the parameters' structure and shapes */
function tangentLeaves(parameters: Parameters, tangents: Parameters): Tensor[] {
  parameterTensors(tangents);
  const expected = leavesOf(parameterTree(parameters));
  const received = leavesOf(parameterTree(tangents));
  const describe = (leaves: typeof expected) =>
    leaves.map(({ path, leaf }) => `${path.join(".")}[${leaf.shape}]`).join(", ");
  if (describe(expected) !== describe(received))
    throw new ElbowError("parameters", {
      message: `the tangents do not have the structure of the parameters\n  expected: ${describe(expected)}\n  received: ${describe(received)}`,
    });
  return received.map(({ leaf }) => leaf);
}
