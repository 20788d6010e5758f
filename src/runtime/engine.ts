import type { Tensor } from "@tensorflow/tfjs-core";
import type { Program } from "../ir/program.js";

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
  /** Frees constants and buffers held for this program; a later run acquires them anew. */
  readonly dispose: () => void;
}

/** Something that can run programs. */
export interface Engine {
  /** `reference`, `tfjs:cpu`, `tfjs:wasm`, … */
  readonly name: string;
  readonly compile: (program: Program) => Executable;
  /** How it computes, where that depends on host and options. */
  readonly details?: () => EngineDetails;
}

export interface EngineDetails {
  readonly threads: number;
  /** Whether it uses fused multiply-adds. */
  readonly hasFma: boolean;
}

/** The engine's name and details in words: `wasm (1 thread, fused multiply-adds)`. */
export function describeEngine(name: string, details: EngineDetails | undefined): string {
  if (!details) return name;
  const { threads, hasFma } = details;
  return `${name} (${threads} thread${threads === 1 ? "" : "s"}, ${hasFma ? "" : "no "}fused multiply-adds)`;
}
