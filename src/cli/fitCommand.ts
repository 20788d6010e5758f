import { isTensor } from "../dsl/choices.js";
import { type FitResult, fit } from "../inference/fit.js";
import type { Parameters } from "../inference/prepare.js";
import { formatSummary, type SummaryRow } from "../inference/summary.js";
import { describeEngine, type ExecutableDetails } from "../runtime/engine.js";
import { formatBytes } from "../util/formatBytes.js";
import { leavesOf, type Tree, withLeaves } from "../util/tree.js";
import { type DataOptions, loadModelModule } from "./loadModelModule.js";
import { type ModelModule, observedData } from "./modelModule.js";
import { type Posterior, posteriorOf, reported } from "./posterior.js";
import { checkRunFolder, writeRun } from "./runFolder.js";

/** The options of `elbow fit` as commander reads them. */
export interface FitCommandOptions extends DataOptions {
  readonly steps?: number;
  readonly seed?: number;
  readonly engine?: string;
  readonly threads?: number;
  readonly json?: boolean;
  readonly checkpoint?: string;
  readonly resume?: string;
  readonly posteriorDraws?: number;
  readonly watch?: boolean;
  readonly out?: string;
}

const defaultSteps = 2000;

/** Fits what a module exports, and reports: text, or with `json` one JSON object and nothing else on stdout. */
export async function fitCommand(file: string, options: FitCommandOptions): Promise<void> {
  // stdout belongs to the JSON: what the user's module logs goes to stderr
  if (options.json) console.log = console.info = console.debug = console.error;
  const module = await loadModelModule(file, options);
  if (options.out !== undefined) await checkRunFolder(options.out);
  const { data, judged } = observedData(module);
  const controller = new AbortController();
  const stop = () => {
    process.stderr.write("\nstopping after this step; Ctrl-C again ends at once\n");
    controller.abort();
  };
  process.once("SIGINT", stop);
  const result = await fit(module.objective, {
    progress: true,
    signal: controller.signal,
    steps: defaultSteps,
    parameters: module.parameters,
    data,
    ...(options.out !== undefined && reportsOf(options, module)),
    ...module.fit,
    ...settingsOf(options, module),
  });
  process.removeListener("SIGINT", stop);
  const posterior = await posteriorOf(
    module,
    result,
    {
      draws: options.posteriorDraws,
      data: await judged(),
      engine: options.engine ?? module.fit.engine,
      threads: options.threads ?? module.fit.threads,
    },
    (line) => process.stderr.write(`${line}\n`),
  );
  if (options.out !== undefined) await writeRun(options.out, { file, options, truth: module.truth, result });
  if (options.json) process.stdout.write(`${JSON.stringify(await jsonOf(result, posterior))}\n`);
  else process.stdout.write(`${await textOf(result, posterior)}\n`);
  if (result.isStopped) {
    const saved = options.checkpoint ?? module.fit.checkpoint?.file;
    process.stderr.write(
      `stopped after ${result.steps} steps${saved ? `; go on with --resume ${saved}` : "; with --checkpoint FILE it could be resumed"}\n`,
    );
    process.exitCode = 130;
  }
}

/** A run that is kept has enough entries in its history for a picture; a resumed one has those that it began with. */
const reportsOf = ({ steps, resume }: FitCommandOptions, { fit: own }: ModelModule) =>
  resume === undefined ? { reportEvery: Math.max(20, Math.ceil((steps ?? own.steps ?? defaultSteps) / 100)) } : {};

/** What the command line says, which goes before what the module says. */
function settingsOf(options: FitCommandOptions, { fit: own }: ModelModule) {
  const { steps, seed, engine, threads, resume, checkpoint } = options;
  const total = steps ?? own.steps ?? defaultSteps;
  return {
    ...(steps !== undefined && { steps }),
    ...(seed !== undefined && { seed }),
    ...(engine !== undefined && { engine }),
    ...(threads !== undefined && { threads }),
    ...(resume !== undefined && { resume }),
    ...(checkpoint !== undefined && {
      checkpoint: { file: checkpoint, every: own.checkpoint?.every ?? Math.max(1, Math.ceil(total / 10)) },
    }),
  };
}

/** Tensors as nested arrays, large ones described. */
async function plain(value: unknown): Promise<unknown> {
  const leaves = leavesOf(value as Tree<unknown>).map(({ leaf }) => leaf);
  return withLeaves(
    value as Tree<unknown>,
    await Promise.all(leaves.map((leaf) => (isTensor(leaf) ? reported(leaf) : leaf))),
  );
}

const jsonOf = async (
  {
    objective,
    standardError,
    steps,
    stepsPerSecond,
    compileMs,
    engine,
    engineDetails,
    stepDetails,
    seed,
  }: FitResult<Parameters>,
  { summary, khat }: Posterior,
) => ({
  objective,
  standardError,
  steps,
  stepsPerSecond,
  compileMs,
  engine,
  ...engineDetails,
  ...stepDetails,
  seed,
  summary: await plain(summary),
  khat: khat ?? null,
});

const describeStep = ({ kernels, bytes, hostEvaluated }: ExecutableDetails): string =>
  `a step is ${kernels} kernel${kernels === 1 ? "" : "s"} and ${formatBytes(bytes)} on the GPU${hostEvaluated.length > 0 ? `; the host evaluates ${hostEvaluated.join(", ")}` : ""}`;

interface Table {
  readonly rows: readonly SummaryRow[];
  readonly khat?: unknown;
  readonly advice?: unknown;
}

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && Array.isArray((value as { rows?: unknown }).rows);

async function textOf(result: FitResult<Parameters>, { summary, khat, advice }: Posterior): Promise<string> {
  const {
    objective,
    standardError,
    steps,
    seconds,
    stepsPerSecond,
    compileMs,
    engine,
    engineDetails,
    stepDetails,
    seed,
  } = result;
  const head = [
    `objective ${objective.toPrecision(6)} ± ${standardError.toPrecision(2)}`,
    `${steps} steps in ${seconds.toFixed(1)} s (${Math.round(stepsPerSecond).toLocaleString("en-US")} steps/s) on ${describeEngine(engine, engineDetails)}, seed ${seed}`,
    `traced and compiled in ${Math.round(compileMs)} ms`,
    ...(stepDetails ? [describeStep(stepDetails)] : []),
  ].join("\n");
  const reliability = khat === undefined ? [] : [`khat: ${khat.toFixed(2)}${advice ? ` (${advice})` : ""}`];
  if (typeof summary === "string") return [head, summary, ...reliability].join("\n");
  if (!isTable(summary)) return [head, JSON.stringify(await plain(summary), undefined, 2), ...reliability].join("\n");
  const { rows, khat: _, advice: __, ...rest } = summary;
  const facts = Object.entries(rest).map(
    ([name, value]) => `${name}: ${typeof value === "number" ? Number(value.toPrecision(6)) : value}`,
  );
  return [head, formatSummary(rows), ...facts, ...reliability].join("\n");
}
