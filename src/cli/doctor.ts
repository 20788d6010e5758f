import { spawn } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { AdapterInfo } from "../runtime/adapters.js";
import { type EngineInfo, listEngines } from "../runtime/engines.js";
import { isInstalled } from "../runtime/packages.js";
import { detectFma, usesFma } from "../runtime/wasm/assembler/fma.js";
import { hasWasm } from "../runtime/wasm/wasmEngine.js";
import { version } from "../util/version.js";

/** An engine, and whether it starts. */
export interface EngineHealth extends EngineInfo {
  /** Whether it is what runs where none is asked for. */
  readonly isDefault: boolean;
  /** Why it does not start although it is installed, one line. */
  readonly problem?: string;
}

/** What `elbow doctor` finds. */
export interface Health {
  readonly elbow: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly cores: number;
  /** Threads that the engine wasm can use. */
  readonly threads: number;
  /** Whether WebAssembly runs here, with its SIMD instructions. */
  readonly simd: boolean;
  /** Whether fused multiply-adds can be had, and whether programs use them (see ELBOW_FMA). */
  readonly fma: { readonly isThere: boolean; readonly isUsed: boolean };
  readonly engines: readonly EngineHealth[];
  /** GPUs that the package webgpu finds; absent where it is not installed. */
  readonly gpus?: { readonly adapters: readonly AdapterInfo[] } | { readonly problem: string };
  /** What more could be had, and how. */
  readonly advice: readonly string[];
}

const patience = 30_000;

/** Looks at the machine and at what is installed. Packages with native code are tried in processes of their own. */
export async function examine(): Promise<Health> {
  const chosen = process.env.ELBOW_ENGINE || "auto";
  const defaultName = chosen === "auto" ? (hasWasm() ? "wasm" : "tfjs") : chosen;
  const engines = await Promise.all(
    (await listEngines()).map(async (engine): Promise<EngineHealth> => {
      const isDefault = engine.name === defaultName;
      // what comes with Elbow starts; what could not be tried is not there
      if (engine.install === undefined || !engine.isInstalled) return { ...engine, isDefault };
      const { error } = await probe("engine", engine.name);
      return { ...engine, isDefault, ...(error !== undefined && { problem: error }) };
    }),
  );
  const gpus = (await isInstalled("webgpu")) ? await probe("gpu") : undefined;
  const processors = cpus();
  return {
    elbow: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model.trim() || "unknown",
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    cores: processors.length,
    threads: availableParallelism(),
    simd: hasWasm(),
    fma: { isThere: detectFma(), isUsed: usesFma() },
    engines,
    ...(gpus && {
      gpus: gpus.adapters ? { adapters: gpus.adapters } : { problem: gpus.error ?? "nothing was found out" },
    }),
    advice: adviceFor(engines, gpus?.adapters),
  };
}

/** Whether nothing that is installed makes an engine run in Node. */
export const isForBrowsers = ({ name }: EngineInfo): boolean => name === "tfjs:webgl";

function adviceFor(engines: readonly EngineHealth[], adapters: readonly AdapterInfo[] | undefined): string[] {
  const [major] = process.versions.node.split(".").map(Number) as [number];
  const missing = engines.filter((each) => each.install !== undefined && !each.isInstalled && !isForBrowsers(each));
  return [
    ...(major < 22
      ? ["Node 22 has fused multiply-adds without a flag: programs that are not run by this command are faster there."]
      : []),
    ...(availableParallelism() > 1
      ? [
          `Large programs gain from threads: --threads ${availableParallelism()}, or the engine wasm:${availableParallelism()}.`,
        ]
      : []),
    ...(adapters?.every(({ isFallback }) => isFallback) && adapters.length > 0
      ? ["The only GPU found is a processor that plays one: it is slower than the engine wasm."]
      : []),
    ...missing.map(({ name, install }) => `For the engine ${name}: ${install}`),
  ];
}

interface Probed {
  readonly adapters?: readonly AdapterInfo[];
  readonly error?: string;
}

/** Asks a process of its own. Whatever becomes of it, there is an answer. */
function probe(...args: readonly string[]): Promise<Probed> {
  const script = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./probe.ts" : "./probe.js", import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
      stdio: ["ignore", "pipe", "ignore"],
      timeout: patience,
    });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    child.on("error", (error) => resolve({ error: error.message }));
    child.on("close", (code, signal) => {
      const line = text.trimEnd().split("\n").at(-1) ?? "";
      const said = line.startsWith("{") ? (JSON.parse(line) as Probed) : undefined;
      resolve(said ?? { error: `loading it ended the process (${signal ?? `exit code ${code}`})` });
    });
  });
}
