import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { Program } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { checkInputs, checkIteration } from "../checkInputs.js";
import type { Engine, Executable } from "../engine.js";
import { pacer } from "../pacer.js";
import { type Reading, runAsync, runSync } from "../reading.js";
import { f32x4 } from "./assembler/f32x4.js";
import { ModuleBuilder } from "./assembler/moduleBuilder.js";
import { outsideFunction } from "./kernels/indexing.js";
import type { Operand } from "./kernels/kernel.js";
import { moduleOf, type WasmExports, type WasmModule } from "./moduleOf.js";

/** A module with memory, ready to run. */
interface Instance {
  readonly module: WasmModule;
  readonly floats: Float32Array;
  readonly integers: Int32Array;
  readonly run: WasmExports["run"];
}

function instantiate(compiled: WasmModule): Instance {
  const { module, pages, constants } = compiled;
  const memory = new WebAssembly.Memory({ initial: pages });
  const { exports } = new WebAssembly.Instance(module, { elbow: { memory } });
  const instance: Instance = {
    module: compiled,
    floats: new Float32Array(memory.buffer),
    integers: new Int32Array(memory.buffer),
    run: translatingTraps((exports as unknown as WasmExports).run),
  };
  for (const { operand, elements } of constants) write(instance, operand, elements);
  return instance;
}

/** A trap of the machine becomes an error that says what the program did. */
const translatingTraps =
  (run: WasmExports["run"]): WasmExports["run"] =>
  (steps) => {
    try {
      run(steps);
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      const isIndex = cause.stack?.includes(outsideFunction);
      throw new ElbowError(isIndex ? "index" : "engine-failed", {
        message: isIndex
          ? "an index of gather or scatterAdd is outside its axis"
          : `the compiled program stopped: ${cause.message}`,
        hint: isIndex
          ? "Check the indices against the sizes, or run on the reference engine, which names the index."
          : undefined,
      });
    }
  };

function write({ floats, integers }: Instance, { address, dtype }: Operand, elements: ArrayLike<number>): void {
  const at = address / 4;
  if (dtype === "float32") floats.set(elements, at);
  else if (dtype === "int32") integers.set(elements, at);
  else for (let i = 0; i < elements.length; i++) integers[at + i] = elements[i] ? -1 : 0;
}

/** The value as a tensor on tfjs' active backend, owned by the caller. */
function toTensor({ floats, integers }: Instance, { address, shape, dtype }: Operand): Tensor {
  const from = address / 4;
  const to = from + sizeOf(shape);
  const data = dtype === "float32" ? floats.slice(from, to) : integers.slice(from, to);
  const values = dtype === "bool" ? Uint8Array.from(data, (mask) => (mask === 0 ? 0 : 1)) : data;
  return tf.engine().makeTensor(values, [...shape], dtype);
}

/** How long one call into the module may take before the event loop gets its turn. */
const callMilliseconds = 40;

const around = <R>(work: () => R): R => work();

function compileWasm(program: Program): Executable {
  // by number of carried outputs
  const instances = new Map<number, Instance>();
  const ready = (carried: number): Instance => {
    const instance = instances.get(carried) ?? instantiate(moduleOf(program, carried));
    instances.set(carried, instance);
    return instance;
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
    target.run(1);
    return download(target);
  }
  return {
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
        target.run(count);
        done += count;
        const perStep = Math.max(1e-6, (performance.now() - started) / count);
        chunk = Math.max(1, Math.min(chunk * 8, Math.floor(callMilliseconds / perStep)));
        if (done < steps) await pause();
      }
      return download(target);
    },
    dispose: () => {
      instances.clear();
    },
  };
}

/** The engine that compiles every program to one WebAssembly SIMD module. */
export const wasmEngine: Engine = { name: "wasm", compile: compileWasm };

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
