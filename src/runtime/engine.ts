import type { Tensor } from "@tensorflow/tfjs-core";
import type { Program } from "../ir/program.js";
import { checkObject, checkText } from "../util/expected.js";
import type { Data } from "./arrays.js";

/** A program made ready to run by an engine. */
export interface Executable {
  /**
   * Runs the program on tensors of the types of its inputs. The caller owns the results and keeps the inputs.
   *
   * @throws ElbowError "needs-await" on backends whose values can only be read asynchronously
   */
  readonly run: (inputs: readonly Tensor[]) => Tensor[];
  /** The same, awaiting reads where the backend needs it. */
  readonly runAsync: (inputs: readonly Tensor[]) => Promise<Tensor[]>;
  /**
   * Runs the program `steps` times; the first `carried` outputs of each run are the first inputs of the next, the other
   * inputs stay. Resolves to the outputs of the last run. The inputs are kept. Lets the event loop turn every 50 ms.
   */
  readonly iterate: (inputs: readonly Tensor[], carried: number, steps: number) => Promise<Tensor[]>;
  /** Does now what else would be put off until the first `iterate` with as many carried outputs: compiling, memory. */
  readonly prepare?: (carried: number) => void;
  /** What a step with as many carried outputs (none if not said) takes; of engines that know. */
  readonly details?: (carried?: number) => ExecutableDetails;
  /** Frees constants and buffers held for this program; a later run acquires them anew. */
  readonly dispose: () => void;
}

/** What one step of a program takes on a GPU. */
export interface ExecutableDetails {
  /** Kernels that are started. */
  readonly kernels: number;
  /** Memory for all values. */
  readonly bytes: number;
  /** Primitives without a kernel, by name: each stops the GPU and is evaluated on the host. */
  readonly hostEvaluated: readonly string[];
}

/** Something that can run programs. */
export interface Engine {
  /** `reference`, `tfjs:cpu`, `tfjs:wasm`, … */
  readonly name: string;
  readonly compile: (program: Program) => Executable;
  /** How it computes, where that depends on host and options. */
  readonly details?: () => EngineDetails;
  /** Reads tensors, those that it keeps on a GPU all at once; of engines that keep some. @throws ElbowError `device-lost` */
  readonly read?: (tensors: readonly Tensor[]) => Promise<Data[]>;
  /** Whether a tensor's elements are all finite, found without reading them; undefined where reading them is as good. */
  readonly areFinite?: (tensor: Tensor) => Promise<boolean | undefined>;
  /** What it has done so far in this process; of engines that count. */
  readonly stats?: () => EngineStats;
}

/** What has been done on a GPU in this process. */
export interface EngineStats {
  /** Buffers that exist now, and their bytes. */
  readonly buffers: number;
  readonly bytes: number;
  /** Kernels compiled: programs of one structure share them. */
  readonly pipelines: number;
  readonly dispatches: number;
  readonly submits: number;
  /** How often values were read back: each time the host waits for the GPU. */
  readonly reads: number;
  /** Operations evaluated on the host because there is no kernel for them. */
  readonly hostEvaluations: number;
}

export interface EngineDetails {
  /** Of the processor, that compute. */
  readonly threads: number;
  /** Whether it uses fused multiply-adds. */
  readonly hasFma: boolean;
  /** Why it is this one, where it was chosen for the program by `auto` and steps are large enough for a GPU. */
  readonly choice?: AutomaticChoice;
}

/** How `auto` chose between the processor and the GPU for a program. */
export interface AutomaticChoice {
  readonly engine: string;
  readonly reason: string;
  /** Predicted microseconds per step. */
  readonly wasmMicroseconds: number;
  /** Undefined where no GPU was opened, or it cannot take the program. */
  readonly webgpuMicroseconds: number | undefined;
}

/** `wasm, predicted 34 µs per step: steps are small` */
export function describeChoice(choice: AutomaticChoice): string {
  const fields = ["engine", "reason", "wasmMicroseconds"];
  checkObject(
    "describeChoice",
    "the argument",
    choice,
    fields,
    "Pass engineDetails.choice of what fit resolves to.",
    "how auto chose",
  );
  const { engine, reason, wasmMicroseconds, webgpuMicroseconds } = choice;
  const rounded = (x: number): string => `${Number(x.toPrecision(2)).toLocaleString("en-US")} µs`;
  const gpu = webgpuMicroseconds === undefined ? "" : `, webgpu ${rounded(webgpuMicroseconds)}`;
  return `${engine} (${reason}; predicted per step: wasm ${rounded(wasmMicroseconds)}${gpu})`;
}

/** The engine's name and details in words: `wasm (1 thread, fused multiply-adds)`. */
export function describeEngine(name: string, details: EngineDetails | undefined): string {
  checkText("describeEngine", "the name", name, "Pass engine and engineDetails of what fit resolves to.");
  if (!details) return name;
  checkObject(
    "describeEngine",
    "the details",
    details,
    ["threads", "hasFma"],
    "Pass engine and engineDetails of what fit resolves to.",
  );
  const { threads, hasFma, choice } = details;
  if (choice && choice.engine === "webgpu") return describeChoice(choice);
  return `${name} (${threads} thread${threads === 1 ? "" : "s"}, ${hasFma ? "" : "no "}fused multiply-adds)`;
}
