import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { isTensor } from "../dsl/choices.js";
import type { Effect, Effects } from "../dsl/effects.js";
import { collectingObserved } from "../dsl/observed.js";
import { checking } from "../dsl/validity.js";
import { drive } from "../dsl/verbs.js";
import { ElbowError } from "../errors.js";
import type { DType, Program, Type } from "../ir/program.js";
import { trace } from "../ir/tracing.js";
import { defaultStrategies } from "../strategies/defaults.js";
import { estimate, type SiteReport } from "../transforms/estimate/estimate.js";
import type { LeafReport } from "../transforms/estimate/leaves.js";
import { formatShape, sizeOf } from "../util/shapes.js";
import { leavesOf, type Tree, withLeaves } from "../util/tree.js";
import { average } from "./average.js";
import { watchedTree, withMissingParameter } from "./parameterReads.js";
import { replaceStrategies, type StrategyMap } from "./replaceStrategies.js";

/**
 * The parameters of an objective: any nested object of tensors, or a tensor. The leaves are checked when it is used;
 * the type is wide so that an `interface` fits, which has no index signature.
 */
export type Parameters = object;

/** The parameters as a tree of tensors. */
export const parameterTree = (parameters: Parameters): Tree<Tensor> => parameters as Tree<Tensor>;

/** An objective as the user wrote it: a computation of parameters and data that ends in a real scalar. */
export type ObjectiveBody<P extends Parameters, D extends readonly unknown[]> = (
  parameters: P,
  ...data: D
) => Effects<Effect, Tensor>;

/** What is traced: a body, and strategies that replace those that it names. */
export interface Traceable<P extends Parameters, D extends readonly unknown[]> {
  readonly body: ObjectiveBody<P, D>;
  readonly strategies?: StrategyMap;
}

/** A data tensor that is observed just as it comes in. */
export interface ObservedData {
  /** Which of the data tensors. */
  readonly position: number;
  /** Whether any finite number will do. */
  readonly isReal: boolean;
  /** @throws ElbowError "observed-value" for elements that the distribution cannot have */
  readonly check: (elements: ArrayLike<number>) => void;
}

/** An objective traced and turned into an estimator, for given shapes. */
export interface Prepared {
  /** Inputs: [key, parameter leaves…, data tensors…, states…]; outputs: [estimate, next states…, auxiliary loss if any]. */
  readonly program: Program;
  readonly parameterCount: number;
  readonly dataCount: number;
  /** Starting values of the states that some strategies carry from step to step. */
  readonly initialStates: readonly number[];
  /** Whether strategies have a loss of their own, which a fit minimises beside the objective. */
  readonly hasAuxiliaryLoss: boolean;
  readonly sites: readonly SiteReport[];
  readonly leaves: readonly LeafReport[];
  /** The objective as it was traced, with its random choices. Inputs: [key, parameter leaves…, data tensors…]. */
  readonly traced: Program;
  /** Data that are observed just as they come in. */
  readonly observed: readonly ObservedData[];
  /** Whether the parameters of distributions are checked wherever the program runs. */
  readonly isValidated: boolean;
  /** What it took to trace the objective and to transform it. */
  readonly milliseconds: { readonly trace: number; readonly transform: number };
}

const keyType: Type = { shape: [2], dtype: "int32" };
const typeOfTensor = ({ shape, dtype }: Tensor): Type => ({ shape, dtype: dtype as DType });

/** The tensors among data arguments, in order. Everything else is part of the program. */
export const dataTensors = (data: readonly unknown[]): Tensor[] =>
  leavesOf(data as Tree<unknown>).flatMap(({ leaf }) => (isTensor(leaf) ? [leaf] : []));

/** The tensors of a parameter structure. @throws ElbowError "parameters" for leaves that are no tensors of reals */
export function parameterTensors(parameters: Parameters): Tensor[] {
  return leavesOf(parameterTree(parameters)).map(({ leaf, path }) => {
    if (isTensor(leaf) && leaf.dtype === "float32") return leaf;
    throw new ElbowError("parameters", {
      message: `the parameter ${path.join(".") || "(root)"} is ${isTensor(leaf) ? `a tensor of ${leaf.dtype}` : `no tensor but ${typeof leaf}`}`,
      hint: "Parameters are nested objects of float32 tensors: tf.scalar(0), tf.zeros([8]), …",
    });
  });
}

const prepared = new WeakMap<object, Map<string, Prepared>>();
const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A text that is the same for arguments that lead to the same program: shapes of tensors, values of everything else. */
function signature(parameters: Parameters, data: readonly unknown[]): string {
  const describe = (value: unknown): string => {
    if (isTensor(value)) return `${value.dtype}${formatShape(value.shape)}`;
    if (typeof value !== "object" && typeof value !== "function") return `${typeof value}:${String(value)}`;
    if (value === null) return "null";
    if (!identities.has(value)) identities.set(value, ++lastIdentity);
    return `#${identities.get(value)}`;
  };
  return leavesOf({ parameters, data } as Tree<unknown>)
    .map(({ leaf, path }) => `${path.join(".")}=${describe(leaf)}`)
    .join(";");
}

/**
 * Traces an objective for the shapes of these arguments and applies the estimator transform. Results are kept for the
 * body and shapes.
 *
 * @param draws - independent estimates that the program averages
 * @param validate - whether the estimate is NaN where a distribution has parameters that it cannot have
 * @throws ElbowError for whatever the user's code or the estimator refuses, and "objective-value" unless it returns a real scalar
 */
export function prepare<P extends Parameters, D extends readonly unknown[]>(
  objective: Traceable<P, D>,
  parameters: P,
  data: D,
  draws = 1,
  validate = false,
): Prepared {
  const known = prepared.get(objective.body) ?? new Map<string, Prepared>();
  prepared.set(objective.body, known);
  const key = `${draws}:${validate}:${signature(parameters, data)}`;
  const same = known.get(key);
  if (same) return same;
  const started = performance.now();
  const observed: ObservedData[] = [];
  const traced = traceObjective(objective, parameters, data, validate, observed);
  const tracedAt = performance.now();
  const { program, initialStates, hasAuxiliaryLoss, sites, leaves } = estimate(traced, defaultStrategies);
  const result = {
    program: average(program, draws),
    parameterCount: parameterTensors(parameters).length,
    dataCount: dataTensors(data).length,
    initialStates,
    hasAuxiliaryLoss,
    sites,
    leaves,
    traced,
    observed,
    isValidated: validate,
    milliseconds: { trace: tracedAt - started, transform: performance.now() - tracedAt },
  };
  known.set(key, result);
  return result;
}

/**
 * An objective as a program with random choices, for the shapes of these arguments.
 *
 * @param observedData - takes up the data that are observed
 * @returns inputs: [key, parameter leaves…, data tensors…]; output: the objective
 */
export function traceObjective<P extends Parameters, D extends readonly unknown[]>(
  { body, strategies }: Traceable<P, D>,
  parameters: P,
  data: D,
  validate = false,
  observedData: ObservedData[] = [],
): Program {
  const parameterLeaves = parameterTensors(parameters);
  const dataLeaves = dataTensors(data);
  const written = trace(
    [keyType, ...parameterLeaves.map(typeOfTensor), ...dataLeaves.map(typeOfTensor)],
    (randomKey, ...inputs) => {
      const { tree, missing } = watchedTree(withLeaves(parameters, inputs.splice(0, parameterLeaves.length)) as P);
      const dataInputs = [...inputs];
      const mixed = leavesOf(data as Tree<unknown>).map(({ leaf }) => (isTensor(leaf) ? inputs.shift()! : leaf));
      const dataTree = withLeaves(data as Tree<unknown>, mixed) as unknown as D;
      const compute = () => {
        try {
          return drive(body(tree, ...dataTree), randomKey!);
        } catch (error) {
          throw withMissingParameter(error, missing, parameters);
        }
      };
      const {
        result: { result, validity },
        observed,
      } = collectingObserved(() => (validate ? checking(compute) : { result: compute(), validity: undefined }));
      for (const { value, isReal, check } of observed) {
        const position = dataInputs.indexOf(value);
        if (position >= 0) observedData.push({ position, isReal, check });
      }
      const value = checkValue(result);
      return [validity ? tf.add(value, validity) : value];
    },
  );
  return strategies ? replaceStrategies(written, strategies) : written;
}

function checkValue(value: unknown): Tensor {
  if (isTensor(value) && sizeOf(value.shape) === 1 && value.dtype === "float32") return tf.reshape(value, []);
  const received = isTensor(value) ? `${value.dtype}${formatShape(value.shape)}` : typeof value;
  throw new ElbowError("objective-value", {
    message: `an objective must return a real scalar, and this one returned ${received}`,
    hint: "Sum or average the costs.",
  });
}
