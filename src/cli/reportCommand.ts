import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { partial } from "../dsl/partial.js";
import { posterior } from "../inference/posterior/posterior.js";
import { reportHtml } from "../report/html/reportHtml.js";
import { type DataOptions, loadModelModule } from "./loadModelModule.js";
import { type ModelModule, observedData } from "./modelModule.js";
import { type Run, readRun } from "./runFolder.js";

/** The options of `elbow report` as commander reads them. */
export interface ReportCommandOptions extends DataOptions {
  readonly draws?: number;
  readonly open?: boolean;
}

/** Writes the report of a run into its folder. What the module can no longer say is left out, with a note. */
export async function reportCommand(folder: string, { draws, open, data }: ReportCommandOptions): Promise<void> {
  const run = await readRun(folder);
  const { file, result, options, versions, date } = run;
  const notes: string[] = [];
  const dataFile = data ?? run.dataFile;
  const module = await loadModelModule(file, dataFile === undefined ? {} : { data: dataFile }).catch((error: Error) => {
    const [why] = error.message.split("\n");
    notes.push(`The module cannot be read, so there is no posterior and no estimator: ${why}`);
    return undefined;
  });
  const html = await reportHtml(result, {
    title: basename(file).replace(/\.[cm]?[jt]s$/, ""),
    draws,
    notes,
    facts: {
      module: file,
      options: optionsOf(options),
      ended: date,
      ...Object.fromEntries(Object.entries(versions).map(([name, version]) => [`version of ${name}`, version])),
    },
    ...(module && { objective: module.objective, data: module.data, posterior: await posteriorOf(module, run) }),
  });
  const target = join(folder, "report.html");
  await writeFile(target, html);
  process.stdout.write(`${target}\n`);
  if (open) show(target);
}

/** The posterior of a module's model and guide; for a stream of data that of its first batch. */
async function posteriorOf(module: ModelModule, { result, truth }: Run) {
  const { model, guide, isModelLearned } = module;
  if (!model || !guide) return undefined;
  const data = (await observedData(module).judged()) as never;
  const { engine, threads } = module.fit;
  const applied = isModelLearned ? (partial(model as never, result.parameters as never) as typeof model) : model;
  return posterior(applied, guide, result as never, { data, truth, seed: result.seed, engine, threads });
}

const optionsOf = (options: Run["options"]): string =>
  Object.entries(options)
    .filter(([name]) => !["json", "watch"].includes(name))
    .map(([name, value]) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${value}`)
    .join(" ") || "none";

/** Opens a file with what the system opens pages with. */
function show(file: string): void {
  const [command, ...before] =
    process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
  const child = spawn(command!, [...before, file], { detached: true, stdio: "ignore" });
  child.on("error", () => process.stderr.write(`${command} cannot be run: open ${file} yourself\n`));
  child.unref();
}
