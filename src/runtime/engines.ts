import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { setting } from "../util/host.js";
import type { Engine } from "./engine.js";
import { referenceEngine } from "./reference.js";
import { backendLoaders, initializeBackend, registeredBackends } from "./tfjs/backends.js";
import { tfjsEngine } from "./tfjs/tfjsEngine.js";
import { usesFma } from "./wasm/assembler/fma.js";
import { hasWasm, wasmEngine } from "./wasm/wasmEngine.js";

/** What can be asked for, and whether it can be had here. */
export interface EngineInfo {
  readonly name: string;
  readonly description: string;
  /** Undefined where only loading it would tell. */
  readonly isInstalled: boolean | undefined;
  /** The command that installs it; undefined if it comes with Elbow. */
  readonly install: string | undefined;
}

const engines = new Map<string, Promise<Engine>>();

/**
 * The engine of a name: `wasm`, which compiles, `reference`, `tfjs`, or `tfjs:` with a backend (`cpu`, `wasm`, `tensorflow`, `webgpu`, `webgl`, or one
 * that the user has registered with tfjs). Plain `tfjs` is the backend that the user has made active, else wasm, else cpu;
 * an active cpu backend counts for nothing, since tfjs takes it for the first tensor that is made. Where no backend is active
 * yet, the engine's becomes it. `auto` is `wasm` where WebAssembly's SIMD instructions run, else `tfjs`.
 *
 * @param name defaults to the environment variable ELBOW_ENGINE, in a browser the global variable of that name, else `auto`
 * @throws ElbowError `unknown-engine`, or `engine-unavailable` with what to install
 */
export async function engineByName(name?: string): Promise<Engine> {
  const asked = name ?? (setting("ELBOW_ENGINE") || "auto");
  const chosen = asked === "auto" ? (hasWasm() ? "wasm" : "tfjs") : asked;
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

async function load(name: string): Promise<Engine> {
  if (name === "reference") return referenceEngine;
  if (name === "wasm") return wasmEngine;
  const backend = name.startsWith("tfjs:") ? name.slice("tfjs:".length) : "";
  if (!(backend in backendLoaders) && !registeredBackends().includes(backend))
    throw new ElbowError("unknown-engine", {
      message: `there is no engine "${name}"\n  engines: ${engineNames().join(", ")}`,
      hint: "Pick one of these in code, in ELBOW_ENGINE or with --engine.",
    });
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
  return ["auto", "wasm", "reference", "tfjs", ...[...backends].map((backend) => `tfjs:${backend}`)];
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
    { name: "wasm", description: `compiles the whole program to WebAssembly SIMD code${fused}`, ...included },
    { name: "reference", description: "double-precision loops, slow: what all engines must agree with", ...included },
    { name: "tfjs", description: "tfjs' active backend, else tfjs:wasm", ...included },
    ...tfjs,
  ];
}
