#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { CheckCommandOptions } from "./checkCommand.js";
import type { DoctorCommandOptions } from "./doctorCommand.js";
import type { ExplainCommandOptions } from "./explainCommand.js";
import type { FitCommandOptions } from "./fitCommand.js";
import { type NewCommandOptions, newCommand, templates } from "./newCommand.js";
import { printError } from "./printError.js";
import type { ReportCommandOptions } from "./reportCommand.js";
import type { SimulateCommandOptions } from "./simulateCommand.js";
import { isWatched } from "./watched.js";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number, at least 0.");
  return Number(text);
};

// the process is this command's, so Node's flag for fused multiply-adds may be set
process.env.ELBOW_FMA ??= "1";

const positive = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It must be a whole number, at least 1.");
  return Number(text);
};

// commands are loaded when they are asked for: help and mistakes need none of them
const jsonText = "print one JSON object on stdout, and everything else on stderr";
const dataText = "the file that the module reads its data from, in place of its own";

const program = new Command("elbow")
  .description("Probabilistic programs, fitted by variational inference")
  .version(version)
  .option("--debug", "print errors with their stack")
  // errors of the command line are printed like all others, and with --json as an object
  .exitOverride();

program
  .command("new")
  .description(
    "Make a project that runs at once: a model with its data, a test, and npm start, which fits it and writes a report. npm installs what it needs.",
  )
  .argument("<name>", "the project's folder, which must not exist or be empty")
  .option("--template <name>", `what it starts as: ${Object.keys(templates).join(", ")}`, "regression")
  .option("--elbow <spec>", "where npm gets Elbow from: a version, a tarball, a folder (where this copy came from)")
  .option("--no-install", "leave npm install to you")
  .option("--json", jsonText)
  .action((name: string, options: NewCommandOptions) => newCommand(name, options));

program
  .command("fit")
  .description(
    "Fit what a TypeScript or JavaScript module exports: objective (or model and guide), parameters, and optionally data, fit (options), truth, summary(result).",
  )
  .argument("<file>", "the module")
  .option("--steps <n>", "steps to take in all", wholeNumber)
  .option("--seed <n>", "random seed", wholeNumber)
  .option("--engine <name>", "engine to run on: reference, tfjs, tfjs:wasm, …")
  .option("--threads <n>", "threads of the engine wasm: for large programs on idle cores", wholeNumber)
  .option("--json", jsonText)
  .option("--checkpoint <file>", "write the state of the fit to a file, every tenth of the steps and at the end")
  .option("--resume <file>", "go on from a checkpoint")
  .option(
    "--posterior-draws <n>",
    "draws of the guide for the posterior table and k̂ (4000; fewer where they take long)",
    wholeNumber,
  )
  .option("--data <file>", dataText)
  .option("--out <dir>", "keep the run in a folder, as result.json: for elbow report")
  .option("--watch", "fit again whenever the module, what it imports or its data file is saved")
  .action(async (file: string, options: FitCommandOptions) =>
    options.watch && !isWatched()
      ? (await import("./watchFit.js")).watchFit(file)
      : (await import("./fitCommand.js")).fitCommand(file, options),
  );

program
  .command("simulate")
  .description(
    "Draw from the model that a module exports: its random choices, and what it would observe in the place of its data. Prints a table; with --json or --out all draws.",
  )
  .argument("<file>", "the module")
  .option("-n, --number <n>", "draws", positive, 1000)
  .option("--seed <n>", "random seed", wholeNumber)
  .option("--out <file>", "write all draws to a .json or .csv file")
  .option("--data <file>", dataText)
  .option("--engine <name>", "engine to draw on: reference, tfjs, tfjs:wasm, …")
  .option("--threads <n>", "threads of the engine wasm", wholeNumber)
  .option("--json", jsonText)
  .action(async (file: string, options: SimulateCommandOptions) =>
    (await import("./simulateCommand.js")).simulateCommand(file, options),
  );

program
  .command("report")
  .description(
    "Write report.html into the folder of a run that elbow fit --out has kept: one file with pictures and tables.",
  )
  .argument("<dir>", "the folder of the run")
  .option("--draws <n>", "draws for densities, pairs and predictions (4000)", wholeNumber)
  .option("--open", "show it in the browser")
  .option("--data <file>", dataText)
  .action(async (folder: string, options: ReportCommandOptions) =>
    (await import("./reportCommand.js")).reportCommand(folder, options),
  );

program
  .command("explain")
  .description(
    "Say how every random choice of what a module exports (as for fit) is estimated and why, which parts of the objective depend on it, and what every transform costs; with --cost also where the time of an optimizer step goes.",
  )
  .argument("<file>", "the module")
  .option("--cost", "profile the compiled step: arithmetic, memory and time of each of its loops and kernels")
  .option("--engine <name>", "engine to profile: wasm, on four threads wasm:4")
  .option("--threads <n>", "threads of the engine wasm", wholeNumber)
  .option("--json", jsonText)
  .option("--shapes", "print the shapes of all addresses instead, the guide's beside the model's")
  .option("--svg <file>", "draw random choices, leaves of the objective and the objective as a graph")
  .option("--data <file>", dataText)
  .action(async (file: string, options: ExplainCommandOptions) =>
    (await import("./explainCommand.js")).explainCommand(file, options),
  );

program
  .command("check")
  .description(
    "Compare the mean value and gradient over many estimates of what a module exports (as for fit) with the exact ones, or with those of an independent estimator where the model is too large for them. The exit code is 0 if no bias is found, 1 if there is one or the check fails.",
  )
  .argument("<file>", "the module")
  .option("--draws <n>", "independent estimates (20000)", wholeNumber)
  .option("--seed <n>", "random seed", wholeNumber)
  .option("--engine <name>", "engine to draw on; reference, which is exact, by default")
  .option("--threads <n>", "threads of the engine wasm", wholeNumber)
  .option("--json", jsonText)
  .option("--data <file>", dataText)
  .action(async (file: string, options: CheckCommandOptions) =>
    (await import("./checkCommand.js")).checkCommand(file, options),
  );

program
  .command("doctor")
  .description(
    "Say what this machine has for Elbow: Node, processor, engines with the command that installs each absent one, GPUs.",
  )
  .option("--json", jsonText)
  .action(async (options: DoctorCommandOptions) => (await import("./doctorCommand.js")).doctorCommand(options));

program.addHelpText(
  "after",
  "\nA module exports a model, a guide and parameters, or an objective; `elbow new` makes one to start from.\nExit codes: 0 success, 1 error or bias found, 130 stopped by ctrl-C (the parameters so far are reported).",
);

const isJson = process.argv.includes("--json");
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed its text
    process.exitCode = error.exitCode;
    const message = error.message.replace(/^error: /, "");
    if (isJson && error.exitCode !== 0)
      process.stdout.write(`${JSON.stringify({ error: { code: "usage", message } })}\n`);
  } else {
    printError(error, { json: isJson, debug: program.opts<{ debug?: boolean }>().debug ?? false });
    process.exitCode = 1;
  }
}
