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
  /** Frees constants and buffers held for this program; a later run acquires them anew. */
  readonly dispose: () => void;
}

/** Something that can run programs. */
export interface Engine {
  /** `reference`, `tfjs:cpu`, `tfjs:wasm`, … */
  readonly name: string;
  readonly compile: (program: Program) => Executable;
}
