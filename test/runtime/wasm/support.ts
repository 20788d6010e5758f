// Instantiates modules and maps functions over arrays, for the tests of the assembler and of what is written with it.

import type { V128 } from "../../../src/runtime/wasm/assembler/expression.js";
import type { FunctionBuilder } from "../../../src/runtime/wasm/assembler/functionBuilder.js";
import { ModuleBuilder } from "../../../src/runtime/wasm/assembler/moduleBuilder.js";
import { v128 } from "../../../src/runtime/wasm/assembler/v128.js";

export type Exported = (...args: number[]) => number;

export interface Running {
  readonly memory: WebAssembly.Memory;
  readonly functions: Readonly<Record<string, Exported>>;
}

/** Builds a module with one page for constants (the last one) and runs it. */
export function instantiate(pages: number, fma: boolean, write: (module: ModuleBuilder) => void): Running {
  const module = new ModuleBuilder({ memory: { export: "memory", minimum: pages + 1 }, fma });
  write(module);
  const bytes = module.toBytes({ constantsAt: pages * 65536 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return {
    memory: exports.memory as WebAssembly.Memory,
    functions: exports as unknown as Record<string, Exported>,
  };
}

export type Vectors = (fn: FunctionBuilder, ...inputs: V128[]) => V128;

/** Applies a function of vectors to whole arrays of 32-bit elements, four at a time. */
export function mapVectors(f: Vectors, inputs: readonly Float32Array[], fma = false): Float32Array {
  const length = Math.ceil(inputs[0]!.length / 4) * 4;
  const stride = 4 * length;
  const pages = Math.ceil((stride * (inputs.length + 1)) / 65536);
  const { memory, functions } = instantiate(pages, fma, (module) => {
    const fn = module.function({ params: ["i32"] });
    fn.loop({ to: fn.params[0], step: 16 }, (at) => {
      const loaded = inputs.map((_, k) => fn.let(v128.load(at, k * stride)));
      fn.store(at, f(fn, ...loaded), inputs.length * stride);
    });
    module.export("run", fn);
  });
  inputs.forEach((input, k) => {
    new Float32Array(memory.buffer, k * stride, length).set(input);
  });
  functions.run!(stride);
  return new Float32Array(memory.buffer, inputs.length * stride, inputs[0]!.length).slice();
}

/** The same for one vector of any lanes. */
export function applyToLanes(f: Vectors, inputs: readonly Uint8Array[], fma = false): Uint8Array {
  const asFloats = inputs.map((x) => new Float32Array(x.buffer.slice(0)));
  return new Uint8Array(mapVectors(f, asFloats, fma).buffer);
}
