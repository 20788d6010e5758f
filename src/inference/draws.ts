import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess, type Values } from "../dsl/assess.js";
import { isTensor } from "../dsl/choices.js";
import type { Covers } from "../dsl/covers.js";
import type { Effect, Effects } from "../dsl/effects.js";
import type { GenerativeFunction } from "../dsl/gen.js";
import { simulate } from "../dsl/simulate.js";
import { checking } from "../dsl/validity.js";
import { drive } from "../dsl/verbs.js";
import { ElbowError } from "../errors.js";
import type { DType, Program, Type } from "../ir/program.js";
import { trace } from "../ir/tracing.js";
import { foldIn, seedKey } from "../ops/random.js";
import { valuesNow } from "../runtime/arrays.js";
import { compile } from "../runtime/compile.js";
import { chosenEngine, type EngineChoice } from "../runtime/engines.js";
import { forward } from "../transforms/forward.js";
import { simplify } from "../transforms/simplify.js";
import { vmap } from "../transforms/vmap.js";
import { checkArray, checkFunction } from "../util/expected.js";
import { checkOptionNames } from "../util/options.js";
import { range } from "../util/shapes.js";
import { leavesOf, type Tree, withLeaves } from "../util/tree.js";
import { checkData } from "./checkData.js";
import { checkLogWeights } from "./checkLogWeights.js";
import { programCost } from "./explain/programCost.js";
import { checkPrograms } from "./objectives/checkPrograms.js";
import type { GuideParameters } from "./objectives/elbo.js";
import { checkValidity } from "./validate.js";
import { weightsOf } from "./weights.js";

/** How many draws, from which seed, on which engine. */
export interface DrawOptions extends EngineChoice {
  readonly draws: number;
  /** @defaultValue 0 */
  readonly seed?: number;
  /**
   * Checks the parameters of every distribution while they are drawn from, and throws ElbowError "parameter"; without it only
   * those are checked that are known before. @defaultValue false
   */
  readonly validate?: boolean;
  /**
   * Arithmetic operations that all draws together may take: where they would take more, fewer are made, but a hundred at least.
   * @defaultValue no bound
   */
  readonly work?: number;
}

const tensorsIn = (tree: Tree<unknown>): Tensor[] =>
  leavesOf(tree).flatMap(({ leaf }) => (isTensor(leaf) ? [leaf] : []));
const keyType: Type = { shape: [2], dtype: "int32" };

/**
 * Runs a computation many times side by side, each time with its own random key, as one compiled program.
 *
 * @param computation - tensors among its arguments are inputs; returns a nested structure of tensors
 * @returns the same structure, every tensor with a new first axis of `draws`
 */
export async function drawMany<A extends readonly unknown[], T extends Tree<Tensor>>(
  computation: (...args: A) => Effects<Effect, T>,
  args: A,
  options: DrawOptions,
): Promise<T> {
  checkFunction(
    "drawMany",
    "the computation",
    computation,
    "Write drawMany(function* (data) { … }, [data], { draws }).",
  );
  checkArray("drawMany", "the arguments", args, "Write drawMany(computation, [data], { draws }).");
  checkOptionNames("drawMany", options, drawOptionNames, ["draws"]);
  return drawEach((_row, ...all: A) => computation(...all), [], args, options);
}

const drawOptionNames = ["draws", "seed", "validate", "work", "engine", "threads"];

/**
 * The same with a row of tensors for every run.
 *
 * @param computation - gets its row first, then the arguments that all share
 * @param rows - nested tensors whose first axis is that of `draws`
 */
export async function drawEach<Row extends Tree<Tensor>, A extends readonly unknown[], T extends Tree<Tensor>>(
  computation: (row: Row, ...args: A) => Effects<Effect, T>,
  rows: Row,
  args: A,
  options: DrawOptions,
): Promise<T> {
  if (typeof options !== "object") checkOptionNames("draws", options, drawOptionNames, "required");
  const { draws, seed = 0, validate = false, work, engine, threads } = options;
  if (!Number.isSafeInteger(draws) || draws < 1)
    throw new ElbowError("option", { message: `draws must be a positive integer\n  received: ${draws}` });
  const tensors = tensorsIn(args as Tree<unknown>);
  const rowTensors = leavesOf<Tensor>(rows).map(({ leaf }) => leaf);
  const types = tensors.map(({ shape, dtype }): Type => ({ shape, dtype: dtype as DType }));
  const rowTypes = rowTensors.map(({ shape, dtype }): Type => ({ shape: shape.slice(1), dtype: dtype as DType }));
  let structure: T | undefined;
  const program: Program = trace([keyType, ...rowTypes, ...types], (key, ...inputs) => {
    const row = withLeaves(rows, inputs.splice(0, rowTypes.length)) as Row;
    const filled = leavesOf(args as Tree<unknown>).map(({ leaf }) => (isTensor(leaf) ? inputs.shift()! : leaf));
    const compute = () => drive(computation(row, ...(withLeaves(args as Tree<unknown>, filled) as unknown as A)), key!);
    const { result, validity } = validate ? checking(compute) : { result: compute(), validity: undefined };
    structure = result;
    const checks = validity ? [validity] : [];
    return [...checks, ...leavesOf<Tensor>(structure).map(({ leaf }) => leaf)];
  });
  const single = simplify(forward(program));
  const sideBySide = (lanes: number): Program =>
    simplify(vmap(single, lanes, [0, ...rowTypes.map(() => 0), ...types.map(() => null)]));
  const all = sideBySide(draws);
  const { count, atOnce } = amountOf(all, sideBySide, draws, work);
  const chosen = await chosenEngine({ engine, threads });
  const results: Tensor[][] = [];
  try {
    for (let first = 0; first < count; first += atOnce) {
      // the last ones may be fewer
      const lanes = Math.min(atOnce, count - first);
      const many = lanes === draws ? all : sideBySide(lanes);
      const executable = compile(many, { engine: chosen });
      const own = tf.tidy(() => [
        foldIn(seedKey(seed), tf.tensor1d(range(first + lanes).slice(first), "int32")),
        ...rowTensors.map((all) => (lanes === all.shape[0] ? tf.clone(all) : tf.slice(all, first, lanes))),
      ]);
      try {
        const inputs = [...own, ...tensors];
        const outputs = await executable.runAsync(inputs);
        results.push(outputs);
        if (validate) await checkValidity(many, inputs, outputs.shift()!);
      } finally {
        tf.dispose(own);
        executable.dispose();
      }
    }
    return withLeaves(structure as Tree<Tensor>, joined(results)) as T;
  } catch (error) {
    tf.dispose(results);
    throw error;
  }
}

/** Bytes that draws made at once may read and write: a bound of the memory that they take. */
const mostBytes = 2 ** 30;
const fewestDraws = 100;

/** How many draws are made, and how many at once. */
function amountOf(
  all: Program,
  sideBySide: (lanes: number) => Program,
  draws: number,
  work = Number.POSITIVE_INFINITY,
): { readonly count: number; readonly atOnce: number } {
  const total = programCost(all);
  if (total.flops <= work && total.bytes <= mostBytes) return { count: draws, atOnce: draws };
  // what does not depend on the draw is computed once for all
  const [one, two] = [1, 2].map((lanes) => programCost(sideBySide(lanes)));
  const [flops, bytes] = (["flops", "bytes"] as const).map((name) => Math.max(1, two![name] - one![name]));
  const count = Math.min(draws, Math.max(fewestDraws, Math.floor(work / flops!)));
  const parts = Math.ceil((count * bytes!) / mostBytes);
  return { count, atOnce: Math.ceil(count / Math.min(parts, count)) };
}

/** Draws that were made in parts, in one. */
function joined(parts: readonly (readonly Tensor[])[]): Tensor[] {
  if (parts.length === 1) return [...parts[0]!];
  const whole = parts[0]!.map((_, i) => tf.concat(parts.map((each) => each[i]!)));
  tf.dispose(parts as Tensor[][]);
  return whole;
}

/** Draws from a guide, weighted towards the posterior of a model. */
export interface ImportanceDraws<C> {
  /** Every choice with a first axis of draws. */
  readonly choices: C;
  /** log p(x, z) − log q(z), one per draw. */
  readonly logWeights: Tensor;
}

/**
 * Draws from a guide with importance weights: weighted, they are draws from the model's posterior.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, importanceDraws, logEvidence, normal, observe, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("mu", normal(q.loc, 1));
 * });
 * const { logWeights } = await importanceDraws(model, guide, { loc: tf.scalar(1) }, [tf.scalar(2)], { draws: 20000 });
 * const exact = -0.25 * 4 - 0.5 * Math.log(4 * Math.PI);
 * console.log(Math.abs(logEvidence(logWeights) - exact) < 0.02); // => true
 * ```
 */
export async function importanceDraws<
  D extends readonly unknown[],
  M,
  R,
  A extends readonly [unknown, ...unknown[]],
  G,
  S,
>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  parameters: GuideParameters<A>,
  data: D,
  options: DrawOptions,
): Promise<ImportanceDraws<G>> {
  checkPrograms(
    "importanceDraws",
    { model, guide },
    "Write importanceDraws(model, guide, parameters, [y], { draws }), both programs without arguments.",
  );
  checkData("importanceDraws", data);
  // the options of importanceSummary do as well
  checkOptionNames("importanceDraws", options, [...drawOptionNames, "truth"], ["draws"]);
  const { draws, seed, validate, work, engine, threads } = options;
  const drawn = await drawMany(
    function* (q: unknown, observed: D): Effects<Effect, { choices: Tree<Tensor>; logWeights: Tensor }> {
      const { choices, logDensity } = yield* simulate(guide(...([q, ...observed] as unknown as A)));
      const joint = yield* assess(model(...observed), choices as unknown as Values<M>);
      return { choices: choices as unknown as Tree<Tensor>, logWeights: tf.sub(joint, logDensity) };
    },
    [parameters, data] as const,
    { draws, seed, validate, work, engine, threads } as DrawOptions,
  );
  // logEvidence and others look at them without waiting: after this they can, also where the draws stay on a GPU
  await drawn.logWeights.data();
  return drawn as unknown as ImportanceDraws<G>;
}

/** Self-normalised weights of log weights: non-negative, summing to one. @throws ElbowError "weights" if there are none */
export function normalizedWeights(logWeights: Tensor): Float64Array {
  checkLogWeights("normalizedWeights", logWeights);
  return weightsOf(valuesNow(logWeights)).weights;
}

/** The estimate log (1/n) Σ w of the log evidence: its exponential is unbiased. */
export function logEvidence(logWeights: Tensor): number {
  checkLogWeights("logEvidence", logWeights);
  return weightsOf(valuesNow(logWeights)).logMean;
}

/** Effective sample size of importance weights, (Σ w)² / Σ w²: between 1 and the number of draws. */
export function effectiveSampleSize(logWeights: Tensor): number {
  checkLogWeights("effectiveSampleSize", logWeights);
  return weightsOf(valuesNow(logWeights)).effectiveSampleSize;
}
