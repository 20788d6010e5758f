import type { AdapterInfo } from "../runtime/adapters.js";
import { type EngineHealth, examine, type Health, isForBrowsers } from "./doctor.js";

/** The options of `elbow doctor` as commander reads them. */
export interface DoctorCommandOptions {
  readonly json?: boolean;
}

/** Says what this machine has for Elbow, and what more could be had. */
export async function doctorCommand({ json }: DoctorCommandOptions): Promise<void> {
  const health = await examine();
  process.stdout.write(json ? `${JSON.stringify(health)}\n` : `${formatHealth(health)}\n`);
}

/** One line each, for a person. */
export function formatHealth(health: Health): string {
  const { elbow, node, platform, processor, memoryGiB, cores, threads, simd, fma, engines, gpus, advice } = health;
  const width = Math.max(...engines.map(({ name }) => name.length));
  const fused = fma.isUsed ? "yes" : fma.isThere ? "there, but not used (ELBOW_FMA=1 uses them)" : "no";
  return [
    `Elbow ${elbow}, Node ${node.slice(1)}, ${platform}`,
    `${processor}, ${cores} cores, ${memoryGiB} GiB`,
    `WebAssembly SIMD: ${simd ? "yes" : "no"}; fused multiply-adds: ${fused}; threads: up to ${threads}`,
    "",
    "Engines",
    ...engines.map((engine) => `  ${formatEngine(engine, width)}`),
    "",
    "GPUs",
    ...(gpus === undefined
      ? ["  unknown: the package webgpu, which asks for them, is not installed"]
      : "problem" in gpus
        ? [`  unknown: ${gpus.problem}`]
        : gpus.adapters.length === 0
          ? ["  none found"]
          : gpus.adapters.flatMap((adapter) => formatAdapter(adapter).map((line) => `  ${line}`))),
    // how to install an engine stands beside it
    ...section(
      "More",
      advice.filter((line) => !line.startsWith("For the engine")),
    ),
  ].join("\n");
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? ["", title, ...lines.map((line) => `  ${line}`)] : [];

function formatEngine(engine: EngineHealth, width: number): string {
  const { name, description, isInstalled, isDefault, install, problem } = engine;
  const starts = isInstalled && !problem;
  const needs = isForBrowsers(engine) ? "runs in browsers alone" : `not installed, run: ${install}`;
  const state = problem ? `does not start: ${problem}` : isInstalled ? description : needs;
  return `${starts ? "✓" : "✗"} ${name.padEnd(width)}  ${isDefault ? "[default] " : ""}${state}`;
}

function formatAdapter({ name, vendor, architecture, isFallback, features, limits }: AdapterInfo): string[] {
  const kind = [vendor, architecture].filter((each) => each && each !== name).join(" ");
  return [
    `${name}${kind ? ` (${kind})` : ""}${isFallback ? ", a processor that plays a GPU" : ""}`,
    `  features: ${features.join(", ") || "none"}`,
    `  limits:   ${Object.entries(limits)
      .map(([each, value]) => `${each} ${value.toLocaleString("en-US")}`)
      .join(", ")}`,
  ];
}
