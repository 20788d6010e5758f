#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command, InvalidArgumentError } from "commander";
import "../index.js";
import { type CheckCommandOptions, checkCommand } from "./checkCommand.js";
import { type ExplainCommandOptions, explainCommand } from "./explainCommand.js";
import { type FitCommandOptions, fitCommand } from "./fitCommand.js";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number, at least 0.");
  return Number(text);
};

// the process is this command's, so Node's flag for fused multiply-adds may be set
process.env.ELBOW_FMA ??= "1";

const program = new Command("elbow")
  .description("Probabilistic programs, fitted by variational inference")
  .version(version)
  .option("--debug", "print errors with their stack");

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
  .option("--json", "print one JSON object on stdout, and everything else on stderr")
  .option("--checkpoint <file>", "write the state of the fit to a file, every tenth of the steps and at the end")
  .option("--resume <file>", "go on from a checkpoint")
  .option(
    "--posterior-draws <n>",
    "draws of the guide for the posterior table and k̂ (4000; fewer where they take long)",
    wholeNumber,
  )
  .action((file: string, options: FitCommandOptions) => fitCommand(file, options));

program
  .command("explain")
  .description(
    "Say how every random choice of what a module exports (as for fit) is estimated and why, which parts of the objective depend on it, and what every transform costs; with --cost also where the time of an optimizer step goes.",
  )
  .argument("<file>", "the module")
  .option("--cost", "profile the compiled step: arithmetic, memory and time of each of its loops and kernels")
  .option("--engine <name>", "engine to profile: wasm, on four threads wasm:4")
  .option("--threads <n>", "threads of the engine wasm", wholeNumber)
  .option("--json", "print one JSON object on stdout, and everything else on stderr")
  .option("--shapes", "print the shapes of all addresses instead, the guide's beside the model's")
  .option("--svg <file>", "draw random choices, leaves of the objective and the objective as a graph")
  .action((file: string, options: ExplainCommandOptions) => explainCommand(file, options));

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
  .option("--json", "print one JSON object on stdout, and everything else on stderr")
  .action((file: string, options: CheckCommandOptions) => checkCommand(file, options));

program.addHelpText(
  "after",
  "\nExit codes: 0 success, 1 error or bias found, 130 stopped by ctrl-C (the parameters so far are reported).",
);

try {
  await program.parseAsync();
} catch (error) {
  const isDebug = program.opts<{ debug?: boolean }>().debug ?? false;
  const text = error instanceof Error ? (isDebug ? (error.stack ?? error.message) : error.message) : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
