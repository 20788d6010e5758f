import type { Tensor } from "@tensorflow/tfjs-core";
import type { Program } from "../../ir/program.js";
import { checkInputs, checkIteration } from "../checkInputs.js";
import type { Engine, Executable } from "../engine.js";
import { pacer } from "../pacer.js";
import { type Reading, runAsync, runSync } from "../reading.js";
import { f32x4 } from "./assembler/f32x4.js";
import { usesFma } from "./assembler/fma.js";
import { ModuleBuilder } from "./assembler/moduleBuilder.js";
import { answerHostCalls } from "./hostCalls.js";
import { toTensor, type Words, wordsOf, write } from "./memoryValues.js";
import { moduleOf, type WasmExports, type WasmModule } from "./moduleOf.js";
import { coreCount, hasThreads } from "./threads/host.js";
import { leave, type Team } from "./threads/pool.js";
import { runWithHelpers } from "./threads/runWithHelpers.js";
import { stallWatch } from "./threads/stalled.js";
import { explainTrap } from "./traps.js";

/** A module with memory, ready to run. */
export interface Instance extends Words {
  readonly module: WasmModule;
  readonly run: Run;
  /** Lets go of what is shared with workers. */
  readonly leave: () => void;
}

type Run = WasmExports["run"];

/** Memory for a module, with its constants in it. `imports` are those that not every module has. */
export function instantiate(
  compiled: WasmModule,
  threads: number,
  imports: Readonly<Record<string, (x: number) => void>> = {},
): Instance {
  const { module, pages, constants, control } = compiled;
  const memory = new WebAssembly.Memory({
    initial: pages,
    ...(control !== undefined && { maximum: pages, shared: true }),
  });
  const words = wordsOf(memory);
  const host = answerHostCalls(compiled.hostCalls, words);
  const { exports } = new WebAssembly.Instance(module, { elbow: { memory, stalled: stallWatch(), host, ...imports } });
  const { run } = exports as unknown as WasmExports;
  const instance: Instance = {
    module: compiled,
    ...words,
    ...(control === undefined ? alone(run) : helped({ module, memory, control, threads }, run)),
  };
  for (const { operand, elements } of constants) write(instance, operand, elements);
  return instance;
}

/** How an instance runs. */
type Running = Pick<Instance, "run" | "leave">;

const alone = (run: Run): Running => ({
  run: (steps) => {
    try {
      run(steps);
    } catch (cause) {
      throw explainTrap(cause);
    }
  },
  leave: () => undefined,
});

const helped = (team: Team, run: Run): Running => ({ run: runWithHelpers(team, run), leave: () => leave(team) });

/** How long one call into the module may take before the event loop gets its turn. */
const callMilliseconds = 40;

const around = <R>(work: () => R): R => work();

function compileWasm(program: Program, threads: number): Executable {
  // by number of carried outputs
  const instances = new Map<number, Instance>();
  const ready = (carried: number): Instance => {
    const instance = instances.get(carried) ?? instantiate(moduleOf(program, carried, threads > 1), threads);
    instances.set(carried, instance);
    return instance;
  };
  const run = (instance: Instance, steps: number): void => {
    try {
      instance.run(steps);
    } catch (error) {
      // what it left in memory is not to be built on
      for (const [carried, known] of instances) if (known === instance) instances.delete(carried);
      throw error;
    }
  };
  function* upload(tensors: readonly Tensor[], carried: number): Reading<Instance> {
    const data = yield tensors;
    const target = ready(carried);
    target.module.inputs.forEach((operand, i) => {
      write(target, operand, data[i]!);
    });
    return target;
  }
  const download = (from: Instance): Tensor[] => from.module.outputs.map((operand) => toTensor(from, operand));
  function* once(tensors: readonly Tensor[]): Reading<Tensor[]> {
    const target = yield* upload(tensors, 0);
    run(target, 1);
    return download(target);
  }
  return {
    prepare: (carried) => {
      ready(carried);
    },
    run: (inputs) => {
      checkInputs(program, inputs);
      return runSync(once(inputs), around, "wasm");
    },
    runAsync: async (inputs) => {
      checkInputs(program, inputs);
      return runAsync(once(inputs), around);
    },
    iterate: async (inputs, carried, steps) => {
      checkInputs(program, inputs);
      checkIteration(program, carried, steps);
      const target = await runAsync(upload(inputs, carried), around);
      const pause = pacer();
      let chunk = 1;
      for (let done = 0; done < steps; ) {
        const count = Math.min(chunk, steps - done);
        const started = performance.now();
        run(target, count);
        done += count;
        const perStep = Math.max(1e-6, (performance.now() - started) / count);
        chunk = Math.max(1, Math.min(chunk * 8, Math.floor(callMilliseconds / perStep)));
        if (done < steps) await pause();
      }
      return download(target);
    },
    dispose: () => {
      for (const instance of instances.values()) instance.leave();
      instances.clear();
    },
  };
}

const engines = new Map<number, Engine>();

/**
 * The engine that compiles every program to one WebAssembly SIMD module.
 *
 * @param threads - at most as many as there are cores; one where memory cannot be shared between threads. The same engine for the
 *   same number.
 */
export function wasmEngineOf({ threads = 1 }: { readonly threads?: number | undefined } = {}): Engine {
  const count = hasThreads() ? Math.max(1, Math.min(threads, coreCount())) : 1;
  const engine = engines.get(count) ?? {
    name: count === 1 ? "wasm" : `wasm:${count}`,
    compile: (program) => compileWasm(program, count),
    details: () => ({ threads: count, hasFma: usesFma() }),
  };
  engines.set(count, engine);
  return engine;
}

/** It on one thread. */
export const wasmEngine: Engine = wasmEngineOf();

let isSupported: boolean | undefined;

/** Whether WebAssembly with SIMD runs here. */
export function hasWasm(): boolean {
  isSupported ??= typeof WebAssembly === "object" && WebAssembly.validate(simdProbe());
  return isSupported;
}

/** A module with one SIMD instruction. */
function simdProbe(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: { minimum: 0 } });
  const probe = module.function({ params: ["f32"], result: "v128" });
  probe.return(f32x4.splat(probe.params[0]));
  return module.toBytes();
}
