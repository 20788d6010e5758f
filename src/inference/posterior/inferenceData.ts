import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess, type Values } from "../../dsl/assess.js";
import type { Effect, Effects } from "../../dsl/effects.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import { observations } from "../../dsl/observations.js";
import { simulate } from "../../dsl/simulate.js";
import { ElbowError } from "../../errors.js";
import type { DType } from "../../ir/program.js";
import type { EngineChoice } from "../../runtime/engines.js";
import { formatShape, type Shape } from "../../util/shapes.js";
import { leavesOf, type Tree } from "../../util/tree.js";
import { version } from "../../util/version.js";
import { paretoSmooth } from "../diagnostics/paretoSmoothing.js";
import { type DrawOptions, drawMany } from "../draws.js";
import { predictive } from "../predictive.js";
import { rowsOf, systematicRows } from "../resampledRows.js";

/** The groups of ArviZ's InferenceData schema that a fitted guide fills. */
export type GroupName =
  | "posterior"
  | "posterior_predictive"
  | "log_likelihood"
  | "sample_stats"
  | "prior"
  | "prior_predictive"
  | "observed_data";

const allGroups: readonly GroupName[] = [
  "posterior",
  "posterior_predictive",
  "log_likelihood",
  "sample_stats",
  "prior",
  "prior_predictive",
  "observed_data",
];

/** A variable of a group: an array with a name for every axis. */
export interface InferenceVariable {
  readonly dims: readonly string[];
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** Values of an axis, numbers or names. */
export type Coordinate = readonly number[] | readonly string[];

/** Draws of a posterior with all that belongs to them, as ArviZ orders it: plain data. */
export interface InferenceData {
  readonly groups: { readonly [name in GroupName]?: { readonly [variable: string]: InferenceVariable } };
  /** Values of every axis. */
  readonly coords: { readonly [dim: string]: Coordinate };
  readonly attrs: { readonly [name: string]: string | number };
}

/** Options of {@link Posterior.inferenceData}. */
export interface InferenceDataOptions {
  /** Draws in all chains together. @defaultValue 1000 */
  readonly draws?: number | undefined;
  /** The draws are independent; they may still be dealt out to several chains. @defaultValue 1 */
  readonly chains?: number | undefined;
  readonly seed?: number | undefined;
  /** What the draws are from: see `draws`. @defaultValue "guide" */
  readonly from?: "guide" | "importance" | undefined;
  /** @defaultValue all */
  readonly groups?: readonly GroupName[] | undefined;
  /** Names of a variable's axes, by its name: `{ theta: ["school"] }`. @defaultValue theta_dim_0, … */
  readonly dims?: { readonly [variable: string]: readonly string[] } | undefined;
  /** Values of named axes: `{ school: ["A", "B", …] }`. @defaultValue 0, 1, … */
  readonly coords?: { readonly [dim: string]: Coordinate } | undefined;
}

/** Draws everything that a file for ArviZ holds. The pair's types are known to {@link posterior}. */
export async function inferenceDataOf<D extends readonly unknown[]>(
  model: GenerativeFunction<D, unknown, unknown>,
  guide: GenerativeFunction<readonly [unknown, ...D], unknown, unknown>,
  parameters: object,
  data: D,
  options: InferenceDataOptions & EngineChoice,
): Promise<InferenceData> {
  const { draws = 1000, chains = 1, seed = 0, from = "guide", groups = allGroups, engine, threads } = options;
  if (!Number.isSafeInteger(chains) || chains < 1 || draws % chains !== 0)
    throw new ElbowError("option", {
      message: `inferenceData: draws must come in chains of equal length\n  draws:  ${draws}\n  chains: ${chains}`,
    });
  const choice = { seed, engine, threads };
  const kept: Tree<Tensor>[] = [];
  const keep = <T>(trees: T): T => {
    kept.push(trees as Tree<Tensor>);
    return trees;
  };
  const wants = (...names: readonly GroupName[]): boolean => names.some((name) => groups.includes(name));
  try {
    const drawn = wants("posterior", "posterior_predictive", "log_likelihood", "sample_stats")
      ? keep(
          await jointDraws(joint(model, guide, wants("log_likelihood")), [parameters, data], from, {
            ...choice,
            draws,
          }),
        )
      : undefined;
    const predicted =
      drawn && wants("posterior_predictive")
        ? keep(await predictive(model, data, { ...choice, draws, choices: drawn.choices as never }))
        : undefined;
    const prior = wants("prior", "prior_predictive")
      ? keep(await predictive(model, data, { ...choice, draws }))
      : undefined;
    const [observed] = wants("observed_data")
      ? [keep(await drawMany(observing(model, guide), [parameters, data], { ...choice, draws: 1 }))]
      : [undefined];

    const trees: { readonly [name in GroupName]: unknown } = {
      posterior: drawn?.choices,
      posterior_predictive: predicted?.observed,
      log_likelihood: drawn?.logLikelihood,
      sample_stats: drawn?.stats,
      prior: prior?.choices,
      prior_predictive: prior?.observed,
      observed_data: observed,
    };
    const made: { [name in GroupName]?: { [variable: string]: InferenceVariable } } = {};
    for (const group of allGroups.filter((each) => groups.includes(each))) {
      const lead: readonly [Shape, readonly string[]] =
        group === "observed_data"
          ? [[], []]
          : [
              [chains, draws / chains],
              ["chain", "draw"],
            ];
      const variables = await variablesOf((trees[group] ?? {}) as Tree<Tensor>, lead, options.dims ?? {});
      if (Object.keys(variables).length > 0) made[group] = variables;
    }
    return {
      groups: made,
      coords: coordsOf(made, options.coords ?? {}),
      attrs: {
        created_at: new Date().toISOString(),
        inference_library: "elbow",
        inference_library_version: version,
        seed,
        draws_from: from,
      },
    };
  } finally {
    tf.dispose(kept.flatMap((tree) => leavesOf(tree).map(({ leaf }) => leaf)));
  }
}

interface Joint {
  readonly choices: Tree<Tensor>;
  readonly lp: Tensor;
  readonly logGuide: Tensor;
  readonly logLikelihood: Tree<Tensor>;
}

/** Draws from the guide with their densities and weights, or resampled by their weights. */
async function jointDraws<D extends readonly unknown[]>(
  computation: (q: object, data: D) => Effects<Effect, Joint & { readonly [name: string]: Tree<Tensor> }>,
  args: [object, D],
  from: "guide" | "importance",
  options: DrawOptions,
): Promise<Pick<Joint, "choices" | "logLikelihood"> & { readonly stats: { readonly [name: string]: Tensor } }> {
  const own = await drawMany(computation, args, options);
  const { choices, lp, logGuide, logLikelihood } = own;
  const logWeights = tf.tidy(() => tf.sub(lp, logGuide));
  logGuide.dispose();
  if (from === "guide") return { choices, logLikelihood, stats: { lp, log_weight: logWeights } };
  try {
    const rows = systematicRows(paretoSmooth(await logWeights.data()).logWeights, options.draws, options.seed ?? 0);
    return rowsOf({ choices, logLikelihood, stats: { lp } }, rows);
  } finally {
    tf.dispose([logWeights, lp, ...[choices, logLikelihood].flatMap((tree) => leavesOf(tree).map(({ leaf }) => leaf))]);
  }
}

/** A draw from the guide, with its densities. */
const joint = <D extends readonly unknown[]>(
  model: GenerativeFunction<D, unknown, unknown>,
  guide: GenerativeFunction<readonly [unknown, ...D], unknown, unknown>,
  hasLikelihood: boolean,
) =>
  function* (q: object, data: D): Effects<Effect, Joint & { readonly [name: string]: Tree<Tensor> }> {
    const { choices, logDensity } = yield* simulate(guide(q, ...data));
    const lp = yield* assess(model(...data), choices as Values<unknown>);
    const { logDensities } = hasLikelihood
      ? yield* observations(model(...data), choices as Values<unknown>)
      : { logDensities: {} };
    return {
      choices: choices as Tree<Tensor>,
      lp,
      logGuide: logDensity,
      logLikelihood: logDensities as unknown as Tree<Tensor>,
    };
  };

/** The data that the model observes. */
const observing = <D extends readonly unknown[]>(
  model: GenerativeFunction<D, unknown, unknown>,
  guide: GenerativeFunction<readonly [unknown, ...D], unknown, unknown>,
) =>
  function* (q: object, data: D): Effects<Effect, Tree<Tensor>> {
    const { choices } = yield* simulate(guide(q, ...data));
    const { values } = yield* observations(model(...data), choices as Values<unknown>);
    return values as unknown as Tree<Tensor>;
  };

/** The tensors of a group with names: addresses joined by dots, since a slash separates groups in files. */
async function variablesOf(
  tree: Tree<Tensor>,
  [leadShape, leadDims]: readonly [Shape, readonly string[]],
  named: { readonly [variable: string]: readonly string[] },
): Promise<{ [variable: string]: InferenceVariable }> {
  const variables: { [variable: string]: InferenceVariable } = {};
  for (const { path, leaf } of leavesOf(tree)) {
    const name = path.join(".").replaceAll("/", ".");
    if (name in variables)
      throw new ElbowError("address-names", {
        message: `two addresses have the same name in files: "${name}"`,
        hint: "Rename one of them: a dot in an address looks like a nested program there.",
      });
    const own = leaf.shape.slice(1);
    const dims = named[name] ?? own.map((_, axis) => `${name}_dim_${axis}`);
    if (dims.length !== own.length)
      throw new ElbowError("option", {
        message: `dims of "${name}" must name each of its axes\n  expected: ${formatShape(own)}\n  received: ${dims.join(", ") || "none"}`,
      });
    variables[name] = {
      dims: [...leadDims, ...dims],
      shape: [...leadShape, ...own],
      dtype: leaf.dtype as DType,
      values: (await leaf.data()) as InferenceVariable["values"],
    };
  }
  return variables;
}

function coordsOf(
  groups: InferenceData["groups"],
  given: { readonly [dim: string]: Coordinate },
): InferenceData["coords"] {
  const coords: { [dim: string]: Coordinate } = {};
  for (const [name, { dims, shape }] of Object.values(groups).flatMap((each) => Object.entries(each)))
    dims.forEach((dim, axis) => {
      const size = shape[axis]!;
      const values = coords[dim] ?? given[dim] ?? Array.from({ length: size }, (_, i) => i);
      if (values.length !== size)
        throw new ElbowError("option", {
          message: `the axis "${dim}" of "${name}" has ${size} values, and ${values.length} are given or stand elsewhere`,
          hint: "Give axes of different lengths different names in dims.",
        });
      coords[dim] = values;
    });
  return coords;
}
