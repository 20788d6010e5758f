/**
 * Times one optimizer step of the workloads W1 to W6: Elbow on every engine, a hand-written loop, eager tfjs, and Python
 * peers where there are any. `npm run bench -- --help` shows the options; docs/performance.md says what the figures mean.
 */
import { Command } from "commander";
import { ElbowError, type Engine, engineByName, listEngines } from "elbow";
import { describeMachine, formatMachine } from "./harness/machine.js";
import { expectedSeconds, measureVariant, type Plan } from "./harness/measure.js";
import { measureOperations } from "./harness/micro.js";
import type { Agreement, MicroResult, PeerResult, Report, Result, Skipped } from "./harness/report.js";
import { formatMicro, formatVariant } from "./harness/table.js";
import { workloads } from "./workloads/all.js";

// as the elbow command does
process.env.ELBOW_FMA ??= "1";

const { json, only, engine, threads, quick } = new Command("bench")
  .description("Times one optimizer step of the workloads W1 to W6, and single operations (micro).")
  .option("--json", "print one JSON object on stdout")
  .option("--only <names...>", "workloads to run: W1, W2, W3, W4, W5, W5s, W6, micro")
  .option("--engine <names...>", "engines of Elbow to run; these are not left out for being slow")
  .option("--threads <counts...>", "runs the engine wasm on so many threads (1,4 for both)")
  .option("--quick", "a first impression in under a minute")
  .parse()
  .opts<{ json?: boolean; only?: string[]; engine?: string[]; threads?: string[]; quick?: boolean }>();

const isQuick = quick ?? false;
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Names with commas between them are several names. */
const split = (names: readonly string[] | undefined) => names?.flatMap((each) => each.split(","));

/** The engines asked for, else all of the processor that can be had here. */
async function findEngines(named: readonly string[] | undefined): Promise<Engine[]> {
  const find = (name: string): Promise<Engine[]> =>
    Promise.all(
      name === "wasm" && threads ? split(threads)!.map((count) => engineByName(`wasm:${count}`)) : [engineByName(name)],
    );
  if (named) return (await Promise.all(named.map(find))).flat();
  const engines: Engine[] = [];
  for (const { name, isInstalled } of await listEngines()) {
    // these stand for one of the others, and GPUs have a bench of their own
    if (name === "tfjs" || name === "auto" || name.endsWith("webgpu") || isInstalled === false) continue;
    try {
      engines.push(...(await find(name)));
    } catch (error) {
      say(`without ${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return engines;
}

/** The tfjs backends that eager programs run on. */
async function findBackends(): Promise<string[]> {
  const known = await listEngines();
  const isThere = (backend: string) => known.some(({ name, isInstalled }) => name === `tfjs:${backend}` && isInstalled);
  const backends = ["wasm", "cpu", "tensorflow"].filter(isThere);
  for (const backend of backends) await engineByName(`tfjs:${backend}`);
  return backends;
}

async function main(): Promise<void> {
  const machine = describeMachine();
  const known = [...workloads.keys(), "micro"];
  const wanted = split(only) ?? known;
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ElbowError("option", {
      message: `there is no workload "${unknown}"\n  workloads: ${known.join(", ")}`,
    });
  const named = split(engine);
  const engines = await findEngines(named);
  const plan: Plan = {
    engines,
    backends: await findBackends(),
    isNamed: (name) => named !== undefined && engines.some((each) => each.name === name),
    isQuick,
    effort: isQuick ? { repeatMs: 20, repeats: 3, limitMs: 250 } : { repeatMs: 60, repeats: 7, limitMs: 1500 },
    longestStep: isQuick ? 0.6 : 4,
  };
  const results: Result[] = [];
  const peers: PeerResult[] = [];
  const skipped: Skipped[] = [];
  const agreement: Agreement[] = [];
  let micro: MicroResult[] = [];
  const report: Report = { machine, results, peers, skipped, agreement, micro };
  const print = json ? say : (text: string) => process.stdout.write(`${text}\n`);

  print(formatMachine(machine));
  for (const [name, make] of workloads) {
    if (!wanted.includes(name)) continue;
    const workload = make();
    for (const variant of workload.variants) {
      const measured = await measureVariant(workload, variant, plan);
      results.push(...measured.results);
      peers.push(...measured.peers);
      skipped.push(...measured.skipped);
      agreement.push(...measured.agreement);
      print(`\n${formatVariant(report, workload, variant.name)}`);
    }
  }
  if (wanted.includes("micro")) {
    const isTooSlow = (each: string, gigaflops: number): boolean =>
      !plan.isNamed(each) && expectedSeconds(each, gigaflops) > plan.longestStep;
    micro = await measureOperations(engines, plan.effort, isTooSlow);
    print(`\n${formatMicro(micro)}`);
  }
  if (json) process.stdout.write(`${JSON.stringify({ ...report, micro })}\n`);
  else print(`\n${Math.round(performance.now() / 1000)} s in all`);
}

try {
  await main();
  // an open GPU device would keep the process alive
  process.exit();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
