import * as tf from "@tensorflow/tfjs-core";
import { isTensor } from "../dsl/choices.js";
import { ElbowError } from "../errors.js";
import { withFirstData } from "../inference/firstData.js";
import type { FitResult, FitSettings } from "../inference/fit.js";
import type { Minibatches } from "../inference/fitting/minibatches.js";
import type { DataStream, FitData } from "../inference/fitting/sources.js";
import type { Objective } from "../inference/objective.js";
import { elbo } from "../inference/objectives/elbo.js";
import type { Parameters as ParameterTree } from "../inference/prepare.js";
import type { Truth } from "../inference/summary.js";
import { mapLeaves, type Tree } from "../util/tree.js";

type Data = readonly unknown[];

/** What the arguments of `elbo` look like once their types are gone. */
type Model = Parameters<typeof elbo>[0];
type Guide = Parameters<typeof elbo>[1];

/** What commands take from a module. */
export interface ModelModule {
  readonly objective: Objective<ParameterTree, Data>;
  readonly parameters: ParameterTree;
  readonly data: FitData<Data>;
  /** Whether all data are at hand, those that minibatches are made of included. */
  readonly hasFixedData: boolean;
  readonly model: Model | undefined;
  /** Whether the model takes the parameters, too, before its data: it is learned. */
  readonly isModelLearned: boolean;
  readonly guide: Guide | undefined;
  readonly fit: Partial<FitSettings<ParameterTree>>;
  readonly truth: Truth;
  readonly summary: ((result: FitResult<ParameterTree>) => unknown) | undefined;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isMinibatches = (data: unknown): data is Minibatches<Data> =>
  isObject(data) && "kind" in data && data.kind === "minibatches";

/**
 * Data for a fit, and those that its result is judged by: all of them, of a stream the first batch. That is kept for as long as
 * the process runs.
 */
export function observedData({ data }: Pick<ModelModule, "data">): {
  readonly data: FitData<Data>;
  readonly judged: () => Promise<Data>;
} {
  if (Array.isArray(data)) return { data, judged: async () => data };
  if (isMinibatches(data))
    return { data, judged: async () => data.data.map((each) => (isTensor(each) ? each : tf.tensor(each as number[]))) };
  let first: Data | undefined;
  const keep = (batch: Data): Data => {
    first ??= mapLeaves(batch as Tree<unknown>, (leaf) => (isTensor(leaf) ? tf.clone(leaf) : leaf)) as Data;
    return batch;
  };
  const stream = data as DataStream<Data>;
  async function* kept(): AsyncGenerator<Data> {
    for await (const batch of stream) yield keep(batch);
  }
  return {
    data: { [Symbol.asyncIterator]: kept },
    judged: async () => {
      // what a source has given is its own to dispose
      if (!first) await withFirstData(stream, async (batch) => keep(batch));
      return first!;
    },
  };
}

const complaint = (file: string, exports: Readonly<Record<string, unknown>>) => (message: string, hint: string) =>
  new ElbowError("model-exports", {
    message: `${file} ${message}\n  exports: ${
      Object.keys(exports)
        .filter((name) => exports[name] !== undefined)
        .join(", ") || "nothing"
    }`,
    hint,
  });

/** A module's model alone, with the parameters if it takes them. @throws ElbowError "model-exports" */
export function readModel(
  file: string,
  exports: Readonly<Record<string, unknown>>,
): { readonly model: Model; readonly parameters: ParameterTree | undefined; readonly data: FitData<Data> } {
  const { model, parameters, data = [], isModelLearned } = exports;
  const complain = complaint(file, exports);
  if (typeof model !== "function")
    throw complain("exports no model", "Export a program: model = gen(function* (…) { … }).");
  if (isModelLearned === true && !isObject(parameters))
    throw complain(
      "exports no parameters, and its model takes them",
      "Export parameters, or leave out isModelLearned.",
    );
  return {
    model: model as Model,
    parameters: isModelLearned === true ? (parameters as ParameterTree) : undefined,
    data: data as FitData<Data>,
  };
}

/** Checks a module's exports. @throws ElbowError "model-exports", naming what is missing and what is there */
export function readModelModule(file: string, exports: Readonly<Record<string, unknown>>): ModelModule {
  const { objective, model, guide, parameters, data = [], fit = {}, truth = {}, summary } = exports;
  const { isModelLearned = false } = exports;
  const complain = complaint(file, exports);
  const hasPair = typeof model === "function" && typeof guide === "function";
  const hasObjective = isObject(objective) && "body" in objective;
  if (!hasObjective && typeof model === "function" && !hasPair)
    throw complain(
      "exports a model without a guide",
      "Export a guide beside it: write one, or take that of meanField(model, data), with its parameters.",
    );
  if (!hasObjective && !hasPair)
    throw complain(
      "exports nothing to fit",
      "Export an objective (objective = elbo(model, guide), say), or a model and a guide.",
    );
  if (!isObject(parameters))
    throw complain("exports no parameters", "Export where the fit starts: parameters = { loc: tf.scalar(0), … }.");
  if (!isObject(fit))
    throw complain("exports a fit that is no object of options", "Export fit = { steps: 2000, … }, or leave it out.");
  if (summary !== undefined && typeof summary !== "function")
    throw complain("exports a summary that is no function", "Export summary = (result) => …, or leave it out.");
  return {
    objective: (hasObjective ? objective : elbo(model as Model, guide as Guide)) as Objective<ParameterTree, Data>,
    parameters: parameters as ParameterTree,
    data: data as FitData<Data>,
    hasFixedData: Array.isArray(data) || isMinibatches(data),
    model: hasPair ? (model as Model) : undefined,
    isModelLearned: isModelLearned === true,
    guide: hasPair ? (guide as Guide) : undefined,
    fit: fit as Partial<FitSettings<ParameterTree>>,
    truth: isObject(truth) ? (truth as Truth) : {},
    summary: summary as ModelModule["summary"],
  };
}
