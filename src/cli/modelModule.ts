import { ElbowError } from "../errors.js";
import type { FitResult, FitSettings } from "../inference/fit.js";
import type { FitData } from "../inference/fitting/sources.js";
import type { Objective } from "../inference/objective.js";
import { elbo } from "../inference/objectives/elbo.js";
import type { Parameters as ParameterTree } from "../inference/prepare.js";
import type { Truth } from "../inference/summary.js";

type Data = readonly unknown[];

/** What the arguments of `elbo` look like once their types are gone. */
type Model = Parameters<typeof elbo>[0];
type Guide = Parameters<typeof elbo>[1];

/** What `elbow fit` takes from a module. */
export interface ModelModule {
  readonly objective: Objective<ParameterTree, Data>;
  readonly parameters: ParameterTree;
  readonly data: FitData<Data>;
  readonly model: Model | undefined;
  readonly guide: Guide | undefined;
  readonly fit: Partial<FitSettings<ParameterTree>>;
  readonly truth: Truth;
  readonly summary: ((result: FitResult<ParameterTree>) => unknown) | undefined;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Checks a module's exports. @throws ElbowError "model-exports", naming what is missing and what is there */
export function readModelModule(file: string, exports: Readonly<Record<string, unknown>>): ModelModule {
  const { objective, model, guide, parameters, data = [], fit = {}, truth = {}, summary } = exports;
  const complain = (message: string, hint: string) =>
    new ElbowError("model-exports", {
      message: `${file} ${message}\n  exports: ${Object.keys(exports).join(", ") || "nothing"}`,
      hint,
    });
  const hasPair = typeof model === "function" && typeof guide === "function";
  const hasObjective = isObject(objective) && "body" in objective;
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
    model: hasPair ? (model as Model) : undefined,
    guide: hasPair ? (guide as Guide) : undefined,
    fit: fit as Partial<FitSettings<ParameterTree>>,
    truth: isObject(truth) ? (truth as Truth) : {},
    summary: summary as ModelModule["summary"],
  };
}
