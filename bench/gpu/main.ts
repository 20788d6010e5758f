/**
 * Everything that is to be known of Elbow on a GPU, in one run: what the adapter is, whether results are right, and how fast steps are
 * beside the engine wasm and JAX. Prints tables, and writes one JSON file.
 *
 *   npx tsx bench/gpu/main.ts [--engine webgpu] [--quick] [--out gpu.json]
 *
 * `npx tsx bench/gpu/pack.ts` packs it for a machine without a network.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { Table } from "console-table-printer";
import { type Engine, engineByName } from "elbow";
import { describeMachine, formatMachine } from "../harness/machine.js";
import { measureOperations } from "../harness/micro.js";
import { formatMicro } from "../harness/table.js";
import { stepOverhead } from "./dispatch.js";
import { measureEpoch } from "./epoch.js";
import { type DevicePlan, measureOnDevice, type Timed } from "./measureOnDevice.js";
import { deviceWorkloads } from "./workloads.js";

process.env.ELBOW_FMA ??= "1";

const options = new Command("gpu")
  .option("--engine <names...>", "engines to measure, the one that is checked first", ["webgpu", "wasm"])
  .option("--only <names...>", "sections: conformance, overhead, operations, epoch, or workloads (W1 to W6, VAE, AIR)")
  .option("--jax <platform>", "JAX's name of the device", "cuda")
  .option("--quick", "a first impression")
  .option("--out <file>", "where the figures go", "gpu.json")
  .parse()
  .opts<{ engine: string[]; only?: string[]; jax: string; quick?: boolean; out: string }>();
const isQuick = options.quick ?? false;
const isWanted = (section: string): boolean => options.only?.includes(section) ?? true;
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const suites = ["test/ir/conformance/asynchronous", "test/runtime/webgpu", "test/models/webgpu"];

/** The conformance suite, the engine's own tests and all models, as the tests run them: the last lines. */
function conformance(engine: string): { passed: boolean; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", ...suites, "--no-file-parallelism"],
    { encoding: "utf8", timeout: 540_000, env: { ...process.env, ELBOW_ENGINE: engine, NO_COLOR: "1" } },
  );
  const lines = `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => /FAIL|Tests |Test Files |skipped|AssertionError|Error:/.test(line));
  return { passed: status === 0, lines: lines.slice(-40) };
}

const milliseconds = (x: number | undefined): string => (x === undefined ? "" : x.toPrecision(3));

function timingTable(rows: readonly Timed[]): string {
  const table = new Table({
    shouldDisableColors: true,
    columns: [
      ...["workload", "variant", "name"].map((name) => ({ name, alignment: "left" as const })),
      ...["ms", "min", "max", "loss", "first step"].map((name) => ({ name, alignment: "right" as const })),
    ],
  });
  for (const { workload, variant, name, ms, min, max, loss, firstStepMs, reason } of rows)
    table.addRow({
      workload,
      variant,
      name,
      ms: reason ? reason.slice(0, 60) : milliseconds(ms),
      min: milliseconds(min),
      max: milliseconds(max),
      loss: loss?.toPrecision(6) ?? "",
      "first step": firstStepMs?.toFixed(0) ?? "",
    });
  return table.render();
}

async function main(): Promise<void> {
  const machine = describeMachine();
  say(formatMachine(machine));
  const engines: Engine[] = await Promise.all(options.engine.map((name) => engineByName(name)));
  const [first] = engines;
  const figures: Record<string, unknown> = { machine, engines: engines.map(({ name }) => name) };
  const save = (): void => writeFileSync(options.out, JSON.stringify(figures, undefined, 1));
  if (isWanted("conformance")) {
    figures.conformance = conformance(first!.name);
    say(`conformance: ${JSON.stringify(figures.conformance, undefined, 1)}`);
    save();
  }
  if (isWanted("overhead")) {
    const overhead: Record<string, number> = {};
    for (const engine of engines) overhead[engine.name] = await stepOverhead(engine);
    figures.overhead = overhead;
    say(`microseconds per step of one small kernel: ${JSON.stringify(overhead)}`);
    save();
  }
  const effort = isQuick ? { repeatMs: 20, repeats: 3, limitMs: 500 } : { repeatMs: 100, repeats: 7, limitMs: 5000 };
  if (isWanted("operations")) {
    const operations = await measureOperations(engines, effort, () => false);
    figures.operations = operations;
    say(formatMicro(operations));
    save();
  }
  const plan: DevicePlan = { engines, effort, jaxPlatform: options.jax === "none" ? undefined : options.jax };
  const rows: Timed[] = [];
  figures.steps = rows;
  for (const { name, variants } of deviceWorkloads(isQuick)) {
    if (!isWanted(name)) continue;
    for (const make of variants) {
      const measured = await measureOnDevice(name, await make(), plan);
      rows.push(...measured);
      say(timingTable(measured));
      save();
    }
  }
  say(timingTable(rows));
  if (isWanted("epoch")) {
    figures.epoch = await measureEpoch(first!, isQuick ? 640 : 60_000).catch((error: Error) => ({
      reason: error.message,
    }));
    say(`an epoch of Attend–Infer–Repeat: ${JSON.stringify(figures.epoch)}`);
  }
  save();
}

try {
  await main();
  // an open device would keep the process alive
  process.exit();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
