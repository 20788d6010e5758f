import type { Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../../runtime/engine.js";
import { hoist } from "../../transforms/hoist.js";
import type { StepProgram } from "./stepProgram.js";

/** A step made ready to run. */
export interface CompiledStep {
  /**
   * Takes steps and resolves to what is carried then. All tensors given stay the caller's.
   *
   * @param fixed - [root key, shift, data…]
   */
  readonly iterate: (carried: readonly Tensor[], fixed: readonly Tensor[], steps: number) => Promise<Tensor[]>;
  readonly dispose: () => void;
}

/**
 * Compiles a step. What depends on key and data alone is a program of its own, which runs when these change.
 *
 * @param isRepeated - whether many steps see the same data
 */
export function compileStep(engine: Engine, { program, carried }: StepProgram, isRepeated: boolean): CompiledStep {
  const shift = carried + 1;
  const parts = isRepeated ? hoist(program, (input) => input >= carried && input !== shift) : undefined;
  const executable = engine.compile(parts?.step ?? program);
  const once = parts && engine.compile(parts.once);
  executable.prepare?.(carried);
  once?.prepare?.(0);
  let known: { readonly of: readonly Tensor[]; readonly values: readonly Tensor[] } | undefined;
  const forget = (): void => {
    for (const value of known?.values ?? []) value.dispose();
    known = undefined;
  };
  const valuesFor = async ([key, , ...data]: readonly Tensor[]): Promise<readonly Tensor[]> => {
    if (!once) return [];
    const of = [key!, ...data];
    if (known && of.every((tensor, i) => tensor === known!.of[i])) return known.values;
    forget();
    known = { of, values: await once.runAsync(of) };
    return known.values;
  };
  return {
    iterate: async (from, fixed, steps) =>
      executable.iterate([...from, ...fixed, ...(await valuesFor(fixed))], carried, steps),
    dispose: () => {
      forget();
      once?.dispose();
      executable.dispose();
    },
  };
}
