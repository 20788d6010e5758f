import { ElbowError } from "../../errors.js";
import type { Elements, Program } from "../../ir/program.js";
import { usesFma } from "./assembler/fma.js";
import type { FunctionBuilder } from "./assembler/functionBuilder.js";
import { i32 } from "./assembler/i32.js";
import { ModuleBuilder } from "./assembler/moduleBuilder.js";
import { laneRules } from "./elementwise.js";
import { type HostCall, hostCalls, needsHost } from "./hostCalls.js";
import type { Operand } from "./kernels/kernel.js";
import { compileFunction } from "./lowering/compileFunction.js";
import { compileSteps } from "./lowering/compileSteps.js";
import { foresee } from "./lowering/foresight.js";
import type { Probe } from "./lowering/probe.js";
import type { Unit } from "./lowering/unit.js";
import { MemoryLayout } from "./memory.js";
import { cacheByStructure } from "./moduleCache.js";
import { Regions } from "./threads/regions.js";

/** Bytes in a page of WebAssembly memory. */
export const pageBytes = 65536;

/** WebAssembly addresses 4 GiB. */
const mostPages = 65536;

/** A program as a WebAssembly module, and where its values stand in memory. */
export interface WasmModule {
  readonly module: WebAssembly.Module;
  readonly pages: number;
  readonly inputs: readonly Operand[];
  /** The carried ones stand where their inputs are. */
  readonly outputs: readonly Operand[];
  readonly constants: readonly { readonly operand: Operand; readonly elements: Elements }[];
  /** Address of the words between threads, if there is work that they can share: then the memory is to be shared. */
  readonly control: number | undefined;
  readonly made: ModuleCost;
  /** What the module asks of the host. */
  readonly hostCalls: readonly HostCall[];
}

/** What it took to make a module. */
export interface ModuleCost {
  /** Milliseconds from the program to the module's bytes. */
  readonly lowerMs: number;
  /** Milliseconds in WebAssembly.Module. V8 compiles most functions later, when they are called. */
  readonly compileMs: number;
  readonly bytes: number;
}

/** What a module exports. */
export interface WasmExports {
  /** Runs the program n times; between runs the carried outputs become the inputs. */
  readonly run: (steps: number) => void;
}

const modules = new WeakMap<Program, Map<string, WasmModule>>();
const equalModules = cacheByStructure<WasmModule | undefined>();

/**
 * Compiles a program to WebAssembly, once for each number of carried outputs, and once more for threads; programs of the same
 * structure share their modules. Without work that is worth sharing, the module for threads is the one for a single thread.
 */
export function moduleOf(program: Program, carried: number, forThreads = false): WasmModule {
  const known = modules.get(program) ?? new Map<string, WasmModule>();
  modules.set(program, known);
  const key = `${carried} ${forThreads}`;
  const compiled =
    known.get(key) ??
    equalModules(program, `${key} ${usesFma()}`, () => compileModule(program, carried, forThreads)) ??
    moduleOf(program, carried, false);
  known.set(key, compiled);
  return compiled;
}

/** Where a program's values stand. */
type Places = Pick<WasmModule, "inputs" | "outputs">;
type Run = FunctionBuilder<readonly ["i32"], undefined>;

/** The module, or undefined if it is for threads and there is nothing to share. With `watch`, its parts are timed. */
export function compileModule(
  program: Program,
  carried: number,
  forThreads: boolean,
  watch?: (module: ModuleBuilder) => Probe,
): WasmModule | undefined {
  const started = performance.now();
  const foresight = carried > 0 ? foresee(program, carried) : undefined;
  if (foresight && forThreads) return undefined;
  const module = new ModuleBuilder({
    memory: {
      import: ["elbow", "memory"],
      minimum: 1,
      ...(forThreads && { isShared: true, maximum: mostPages }),
    },
    fma: usesFma(),
  });
  const layout = new MemoryLayout();
  const probe = watch?.(module);
  const host = needsHost(program, (name) => name in laneRules) ? hostCalls(module) : undefined;
  const regions = forThreads ? new Regions(module, (size) => layout.reserve(size)) : undefined;
  const unit: Unit = { module, layout, constants: [], regions, probe, host };
  const run = module.function({ params: ["i32"] });
  const { inputs, outputs } = foresight
    ? repeatSteps(run, compileSteps(unit, program, carried, foresight))
    : repeatFunction(run, compileFunction(unit, program, [], carried));
  const control = regions?.finish();
  if (forThreads && control === undefined) return undefined;
  module.export("run", run);
  const constantsAt = layout.reserveLasting(Math.max(16, module.poolBytes));
  const bytes = module.toBytes({ constantsAt });
  const pages = Math.ceil((layout.end + 16) / pageBytes);
  if (pages > mostPages)
    throw new ElbowError("out-of-memory", {
      message: `the program needs ${Math.ceil(layout.end / 2 ** 20)} MiB, and WebAssembly has at most 4096`,
      hint: "Use fewer draws or smaller batches, or the engine tfjs:cpu.",
    });
  const lowered = performance.now();
  const compiled = new WebAssembly.Module(bytes);
  const made = { lowerMs: lowered - started, compileMs: performance.now() - lowered, bytes: bytes.length };
  return {
    module: compiled,
    pages,
    inputs,
    outputs,
    constants: unit.constants,
    control,
    made,
    hostCalls: host?.calls ?? [],
  };
}

// V8 replaces code only when it is called: the loops call the steps instead of holding them.

/** Calls a function that runs some steps until all are done. */
function repeatSteps(run: Run, { fn, most, setup, ...places }: ReturnType<typeof compileSteps>): Places {
  const [steps] = run.params;
  run.call(setup);
  run.loop({ to: steps, step: most }, (done) => {
    const rest = run.let(i32.sub(steps, done));
    run.if(i32.gtS(rest, most), () => run.set(rest, i32.const(most)));
    run.call(fn, rest);
  });
  return places;
}

/** Calls a step's function again and again. */
function repeatFunction(run: Run, { fn, inputs, outputs }: ReturnType<typeof compileFunction>): Places {
  run.loop(run.params[0], () => run.call(fn));
  return { inputs, outputs };
}
