// What a step carries, in locals from one step to the next.
import type { Program, Variable } from "../../../ir/program.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import type { Operand } from "../kernels/kernel.js";
import { chunkAt, loadChunk } from "./chunks.js";
import type { ValueStore } from "./valueStore.js";

export interface StepState {
  /** The outputs become the inputs. */
  readonly advance: () => void;
  /** Takes what another function has left in memory. */
  readonly load: () => void;
}

/** Loads the carried inputs that are needed into locals, which are their chunks from now on. */
export function stepState(
  fn: FunctionBuilder<readonly [], undefined>,
  values: ValueStore,
  { program: { inputs, outputs }, needed }: { readonly program: Program; readonly needed: ReadonlySet<Variable> },
  operands: readonly Operand[],
  carried: number,
): StepState {
  const state = inputs
    .slice(0, carried)
    .flatMap((input, i) =>
      needed.has(input)
        ? values.chunks(input).map((local, k) => ({ local, output: outputs[i]!, k, operand: operands[i]! }))
        : [],
    );
  return {
    advance: () => {
      // an output may be another one's input: all are read before any is written
      const next = state.map(({ output, k }) => fn.let(chunkAt(values.chunks(output), k)));
      for (const [i, { local }] of state.entries()) fn.set(local, next[i]!);
    },
    load: () => {
      for (const { local, operand, k } of state) fn.set(local, loadChunk(operand, k));
    },
  };
}
