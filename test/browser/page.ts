// The page's program: what the tests call in a browser.

import * as tf from "@tensorflow/tfjs-core";
import { engineByName, fit, formatSummary, listEngines, summarize } from "elbow";
import { data, objective, parameters } from "../../models/eightSchools.js";
import { codeOf } from "./codeOf.js";
import { type FitOptions, type FitReport, fitEightSchools } from "./fits.js";
import { places } from "./places.js";

/** The same fit in a worker, with fused multiply-adds as on the page. */
function fitInWorker(options: FitOptions): Promise<FitReport> {
  const worker = new Worker("worker.js", { type: "module" });
  return new Promise<FitReport>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FitReport>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    const { ELBOW_FMA } = globalThis as { ELBOW_FMA?: string };
    worker.postMessage({ options, ELBOW_FMA });
  }).finally(() => worker.terminate());
}

let startedWorkers = 0;
const OriginalWorker = globalThis.Worker;
globalThis.Worker = new Proxy(OriginalWorker, {
  construct(target, args: ConstructorParameters<typeof Worker>) {
    startedWorkers++;
    return new target(...args);
  },
});

const settings = { parameters, data, steps: 10 };

const page = {
  fitEightSchools,
  fitInWorker,
  places,
  startedWorkers: () => startedWorkers,
  isIsolated: () => globalThis.crossOriginIsolated,
  engines: async () => (await listEngines()).map(({ name }) => name),
  checkpointErrors: async () => [
    await codeOf(() => fit(objective, { ...settings, checkpoint: { file: "run.json", every: 5 } })),
    await codeOf(() => fit(objective, { ...settings, resume: "run.json" })),
  ],
  engineErrors: () =>
    Promise.all(["tfjs:tensorflow", "tfjs:webgpu", "tfjs:nonsense"].map((name) => codeOf(() => engineByName(name)))),
  fitWithProgress: async () => (await fit(objective, { ...settings, progress: true })).steps,
  table: async () => formatSummary(await summarize({ mu: tf.tensor1d([1, 2, 3]) })),
  fitOnCpu: async () => (await fit(objective, { ...settings, engine: "tfjs:cpu" })).engine,
};

export type Page = typeof page;

Object.assign(globalThis, { page });
