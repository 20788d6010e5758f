// A few steps of every model of models/, for the comparison of engines. A model that is added there is found here.
import { readdirSync } from "node:fs";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { clipByNorm, type Engine, elbo, type FitResult, fit, meanField, type Objective, sgd } from "elbow";
import { makeNetwork as makeAirNetwork } from "../../models/air.js";
import { type Posterior, tensorsOf } from "../../models/posteriordb/support/posterior.js";
import { makeNetwork as makeVaeNetwork } from "../../models/vae.js";
import { readModelModule } from "../../src/cli/modelModule.js";
import type { FitSettings } from "../../src/inference/fit.js";
import type { DataStream } from "../../src/inference/fitting/sources.js";
import { leavesOf, type Tree } from "../../src/util/tree.js";
import { referenceOf } from "./posteriordb.js";

type Exports = Readonly<Record<string, unknown>>;

/** What is fitted. Of data that come in batches, the fit goes round and round these. */
export interface ShortFit {
  readonly name: string;
  readonly objective: Objective<object, readonly unknown[]>;
  readonly parameters: object;
  readonly batches: readonly (readonly Tensor[])[];
  readonly settings?: Partial<FitSettings<object>>;
}

const root = new URL("../../models/", import.meta.url);
const modulesIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => folder + file);

/** The files of models/ and models/posteriordb/ that hold a model: `all.ts` is a list of the others. */
export const galleryFiles = modulesIn("");
export const posteriordbFiles = modulesIn("posteriordb/").filter((file) => !file.endsWith("/all.ts"));

export const importModel = (file: string): Promise<Exports> => import(new URL(file, root).href);

/** Batches of a model's own stream, a few rows of each: kernels of software drivers are slow. */
const rows = 4;
async function firstBatches(stream: DataStream<readonly unknown[]>): Promise<Tensor[][]> {
  const batches: Tensor[][] = [];
  for await (const batch of stream) {
    batches.push((batch as readonly Tensor[]).map((each) => tf.slice(each, 0, rows)));
    if (batches.length === 2) break;
  }
  return batches;
}

/** Networks of a size that software drivers compute in seconds. */
const smallNetworks: Readonly<Record<string, () => object>> = {
  "air.ts": () => makeAirNetwork({ lstm: 4, hidden: 4, what: 2, window: 4 }),
  "vae.ts": () => makeVaeNetwork({ hidden: 8, latent: 3 }),
};

/** As `elbow fit` reads the module. */
export async function galleryFit(file: string): Promise<ShortFit> {
  const { objective, parameters, data, fit: own } = readModelModule(file, await importModel(file));
  const isStream = !Array.isArray(data);
  return {
    name: file,
    objective,
    parameters: smallNetworks[file]?.() ?? parameters,
    batches: isStream ? await firstBatches(data as DataStream<readonly unknown[]>) : [data as Tensor[]],
    ...(own.unused && { settings: { unused: own.unused } }),
  };
}

const isPosterior = (value: unknown): value is Posterior =>
  typeof value === "object" && value !== null && "model" in value && "inputs" in value;

/** The posteriors that a module exports. */
export const posteriorsOf = (exports: Exports): Posterior[] => Object.values(exports).filter(isPosterior);

/** Independent normals, where and how the comparison with posteriordb's reference starts them. */
export function posteriorFit(of: Posterior): ShortFit {
  const { data: named } = referenceOf(of);
  const data = tensorsOf(of, named);
  const [coordinates, values] = [of.coordinates?.(named), of.start?.(named)];
  const { guide, parameters } = meanField(of.model, data, {
    ...(coordinates && { coordinates }),
    ...(values && { start: { values } }),
  });
  const objective = elbo(of.model, guide as never) as unknown as ShortFit["objective"];
  return { name: of.name, objective, parameters, batches: [data] };
}

/** Two entries of the history, of three steps each. */
const steps = 6;

/** Gradient descent by steps of limited length, in which errors do not grow: Adam divides by gradients that may be rounding alone. */
export function fitted(of: ShortFit, engine: Engine, seed: number): Promise<FitResult<object>> {
  async function* endless(): AsyncGenerator<readonly Tensor[]> {
    for (;;) yield* of.batches;
  }
  return fit(of.objective, {
    draws: 2,
    ...of.settings,
    parameters: of.parameters,
    data: of.batches.length > 1 ? { [Symbol.asyncIterator]: endless } : of.batches[0]!,
    steps,
    reportEvery: steps / 2,
    optimizer: sgd({ learningRate: 0.01 }),
    clip: clipByNorm(1),
    seed,
    engine,
  });
}

/** Differences between fits, relative: of an objective to 1 + |objective|, of parameters to how far the fit moved any of theirs. */
export interface Deviation {
  readonly objective: number;
  readonly parameters: number;
}

/** The largest deviations of one fit from another. */
export function deviation(of: ShortFit, found: FitResult<object>, from: FitResult<object>): Deviation {
  const largest = (numbers: readonly number[]): number =>
    numbers.reduce((most, each) => (Number.isNaN(each) ? Number.NaN : Math.max(most, each)), 0);
  const objectives = found.history.map(({ objective }, i) => {
    const other = from.history[i]!.objective;
    return Math.abs(objective - other) / (1 + Math.abs(other));
  });
  const [mine, others, starts] = [found.parameters, from.parameters, of.parameters].map((tree) =>
    leavesOf(tree as Tree<Tensor>).map(({ leaf }) => leaf.dataSync()),
  );
  let [apart, moved] = [0, 0];
  mine!.forEach((tensor, i) => {
    tensor.forEach((x, j) => {
      const other = others![i]![j]!;
      apart = largest([apart, Math.abs(x - other)]);
      moved = largest([moved, Math.abs(other - starts![i]![j]!)]);
    });
  });
  return { objective: largest(objectives), parameters: apart / moved };
}
