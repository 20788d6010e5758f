import type { Tensor } from "@tensorflow/tfjs-core";
import type { Program } from "../../ir/program.js";
import type { Engine, ExecutableDetails } from "../../runtime/engine.js";
import { hoist } from "../../transforms/hoist.js";
import type { StepProgram } from "./stepProgram.js";

/** A step made ready to run. */
export interface CompiledStep {
  /** What is run at every step: on [carried…, fixed…], and what was computed of the fixed ones before. */
  readonly program: Program;
  /** All that it is run on; of these the computed ones stay this object's. */
  readonly inputs: (carried: readonly Tensor[], fixed: readonly Tensor[]) => Promise<readonly Tensor[]>;
  /**
   * Takes steps and resolves to what is carried then. All tensors given stay the caller's.
   *
   * @param fixed - [root key, shift, data…]
   */
  readonly iterate: (carried: readonly Tensor[], fixed: readonly Tensor[], steps: number) => Promise<Tensor[]>;
  /** What it takes; of engines that know. */
  readonly details: ExecutableDetails | undefined;
  readonly dispose: () => void;
}

type Parts = ReturnType<typeof hoist>;
const knownParts = new WeakMap<StepProgram, { readonly parts: Parts }>();

function partsOf(step: StepProgram): Parts {
  const { program, carried } = step;
  const known = knownParts.get(step) ?? { parts: hoist(program, (input) => input >= carried && input !== carried + 1) };
  knownParts.set(step, known);
  return known.parts;
}

/** What is run at every step, without what depends on key and data alone. */
export const repeatedProgram = (step: StepProgram, isRepeated: boolean): Program =>
  (isRepeated ? partsOf(step)?.step : undefined) ?? step.program;

/**
 * Compiles a step. What depends on key and data alone is a program of its own, which runs when these change.
 *
 * @param isRepeated - whether many steps see the same data
 */
export function compileStep(engine: Engine, step: StepProgram, isRepeated: boolean): CompiledStep {
  const { program, carried } = step;
  const parts = isRepeated ? partsOf(step) : undefined;
  const repeated = parts?.step ?? program;
  const executable = engine.compile(repeated);
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
  const inputs: CompiledStep["inputs"] = async (from, fixed) => [...from, ...fixed, ...(await valuesFor(fixed))];
  return {
    program: repeated,
    inputs,
    details: executable.details?.(carried),
    iterate: async (from, fixed, steps) => executable.iterate(await inputs(from, fixed), carried, steps),
    dispose: () => {
      forget();
      once?.dispose();
      executable.dispose();
    },
  };
}
