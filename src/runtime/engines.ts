import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";
import { setting } from "../util/host.js";
import { checkOptionNames } from "../util/options.js";
import type { Engine } from "./engine.js";
import { isInstalled } from "./packages.js";
import { referenceEngine } from "./reference.js";
import { backendLoaders, hasGpu, initializeBackend, registeredBackends } from "./tfjs/backends.js";
import { tfjsEngine } from "./tfjs/tfjsEngine.js";
import { usesFma } from "./wasm/assembler/fma.js";
import { hasWasm, wasmEngineOf } from "./wasm/wasmEngine.js";

/** What can be asked for, and whether it can be had here. */
export interface EngineInfo {
  readonly name: string;
  readonly description: string;
  /** Undefined where only loading it would tell. */
  readonly isInstalled: boolean | undefined;
  /** The command that installs it; undefined if it comes with Elbow. */
  readonly install: string | undefined;
}

/** An engine or its name, and what it is told. */
export interface EngineChoice {
  /** @defaultValue the default engine: see `engineByName` */
  readonly engine?: Engine | string | undefined;
  /**
   * Threads of the engine `wasm`, where that is chosen by its name or by default; the others have none to choose. Results are the
   * same bit for bit. Worth it for large programs on idle cores; at most as many as there are cores are used, and one in pages that
   * are not cross-origin isolated. `wasm:4` is the name for `wasm` on four.
   *
   * @defaultValue the environment variable ELBOW_THREADS, else 1
   */
  readonly threads?: number | undefined;
}

/** Whether nobody says which engine, so that it may depend on the program. */
export const isAutomatic = ({ engine }: EngineChoice): boolean =>
  (engine ?? (setting("ELBOW_ENGINE") || "auto")) === "auto" && hasWasm();

/** The engine that was chosen. @throws ElbowError as `engineByName` */
export async function chosenEngine({ engine, threads }: EngineChoice): Promise<Engine> {
  if (typeof engine !== "object") return engineByName(engine, { threads });
  if (typeof (engine as Partial<Engine> | null)?.compile === "function") return engine;
  throw new ElbowError("option", {
    message: `engine must be a name or an engine\n  received: ${described(engine)}`,
    hint: 'Write engine: "wasm", or what engineByName gave.',
  });
}

const engines = new Map<string, Promise<Engine>>();

/**
 * The engine of a name: `wasm`, which compiles, `webgpu`, which compiles for the GPU, `reference`, `tfjs`, or `tfjs:` with a backend (`cpu`, `wasm`, `tensorflow`, `webgpu`, `webgl`, or one
 * that the user has registered with tfjs). Plain `tfjs` is the backend that the user has made active, else wasm, else cpu;
 * an active cpu backend counts for nothing, since tfjs takes it for the first tensor that is made. Where no backend is active
 * yet, the engine's becomes it. `auto` is `wasm` where WebAssembly's SIMD instructions run, else `tfjs`;
 * `fit` may then take `webgpu` for the program. `wasm:4` is `wasm` on
 * four threads.
 *
 * @param name defaults to the environment variable ELBOW_ENGINE, in a browser the global variable of that name, else `auto`
 * @param options - threads of `wasm`, where the name does not say how many; defaults to ELBOW_THREADS, else 1
 * @throws ElbowError `unknown-engine`, `option` for threads that are no positive integer, or `engine-unavailable` with what to install
 */
export async function engineByName(name?: string, options: Pick<EngineChoice, "threads"> = {}): Promise<Engine> {
  checkOptionNames("engineByName", options, ["threads"]);
  const { threads } = options;
  const asked = name ?? (setting("ELBOW_ENGINE") || "auto");
  if (typeof asked !== "string") throw unknownEngine(described(asked));
  const chosen = asked === "auto" ? (hasWasm() ? "wasm" : "tfjs") : asked;
  const count = threadsOf(chosen, threads);
  if (count !== undefined) return wasmEngineOf({ threads: count });
  // which one it is depends on what became of devices
  if (chosen === "webgpu") return (await import("./webgpu/sharedEngine.js")).sharedWebgpu();
  const wanted = chosen === "tfjs" ? `tfjs:${await defaultBackend()}` : chosen;
  const known = engines.get(wanted) ?? load(wanted);
  engines.set(wanted, known);
  try {
    return await known;
  } catch (error) {
    engines.delete(wanted);
    throw error;
  }
}

/** How many threads are asked for, or undefined for engines that have none to choose. */
function threadsOf(name: string, threads?: number): number | undefined {
  const named = /^wasm:(.*)$/.exec(name)?.[1];
  if (name !== "wasm" && named === undefined) return undefined;
  const asked = named ?? threads ?? (setting("ELBOW_THREADS") || 1);
  const count = Number(asked);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new ElbowError("option", {
      message: `threads must be a positive integer\n  received: ${asked}`,
      hint: "Say threads: 4, ELBOW_THREADS=4, --threads 4 or the engine wasm:4.",
    });
  return count;
}

const unknownEngine = (name: string): ElbowError =>
  new ElbowError("unknown-engine", {
    message: `there is no engine ${name}\n  engines: ${engineNames().join(", ")}`,
    hint: "Pick one of these in code, in ELBOW_ENGINE or with --engine.",
  });

async function load(name: string): Promise<Engine> {
  if (name === "reference") return referenceEngine;
  const backend = name.startsWith("tfjs:") ? name.slice("tfjs:".length) : "";
  if (!(backend in backendLoaders) && !registeredBackends().includes(backend)) throw unknownEngine(`"${name}"`);
  await initializeBackend(backend);
  return tfjsEngine(backend);
}

/** Backends that are active or registered without anybody's choice: cpu as soon as a tensor is made. */
const isChoice = (backend: string | undefined): boolean => backend !== undefined && backend !== "cpu";

/** The user's active or registered backend, else wasm where WebAssembly runs. */
async function defaultBackend(): Promise<string> {
  if (!tf.getBackend() && registeredBackends().some((name) => isChoice(name) && name !== "wasm")) await tf.ready();
  const active = tf.getBackend();
  if (isChoice(active)) return active;
  return engineByName("tfjs:wasm").then(
    () => "wasm",
    () => "cpu",
  );
}

const engineNames = (): string[] => {
  const backends = new Set([...Object.keys(backendLoaders), ...registeredBackends()]);
  return ["auto", "wasm", "webgpu", "reference", "tfjs", ...[...backends].map((backend) => `tfjs:${backend}`)];
};

/** All engines, and which of them are installed. Nothing is loaded for it. */
export async function listEngines(): Promise<EngineInfo[]> {
  const tfjs = await Promise.all(
    Object.entries(backendLoaders).map(async ([backend, { description, install, isInstalled }]) => ({
      name: `tfjs:${backend}`,
      description,
      isInstalled: registeredBackends().includes(backend) || (await isInstalled()),
      install,
    })),
  );
  const fused = hasWasm() && usesFma() ? " with fused multiply-adds" : "";
  const included = { isInstalled: true, install: undefined };
  return [
    {
      name: "wasm",
      description: `compiles the whole program to WebAssembly SIMD code${fused}; wasm:4 on 4 threads`,
      ...included,
    },
    {
      name: "webgpu",
      description:
        "compiles the whole program to fused WebGPU kernels, in browsers and in Node with the webgpu package",
      isInstalled: hasGpu() || (await isInstalled("webgpu")),
      install: "npm install webgpu",
    },
    { name: "reference", description: "double-precision loops, slow: what all engines must agree with", ...included },
    { name: "tfjs", description: "tfjs' active backend, else tfjs:wasm", ...included },
    ...tfjs,
  ];
}
