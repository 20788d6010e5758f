import { ElbowError } from "../../errors.js";
import type { Elements, Program } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { detectFma } from "./assembler/fma.js";
import { i32 } from "./assembler/i32.js";
import { ModuleBuilder } from "./assembler/moduleBuilder.js";
import type { Operand } from "./kernels/kernel.js";
import { compileFunction } from "./lowering/compileFunction.js";
import type { Unit } from "./lowering/unit.js";
import { MemoryLayout } from "./memory.js";

/** Bytes in a page of WebAssembly memory. */
export const pageBytes = 65536;

/** WebAssembly addresses 4 GiB. */
const mostPages = 65536;

/** A program as a WebAssembly module, and where its values stand in memory. */
export interface WasmModule {
  readonly module: WebAssembly.Module;
  readonly pages: number;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly constants: readonly { readonly operand: Operand; readonly elements: Elements }[];
}

/** What a module exports. */
export interface WasmExports {
  /** Runs the program n times; between runs the first `carried` outputs become the inputs. */
  readonly run: (steps: number, carried: number) => void;
}

const modules = new WeakMap<Program, WasmModule>();

/** Compiles a program to WebAssembly, once. */
export function moduleOf(program: Program): WasmModule {
  const known = modules.get(program);
  if (known) return known;
  const compiled = compileModule(program);
  modules.set(program, compiled);
  return compiled;
}

function compileModule(program: Program): WasmModule {
  const module = new ModuleBuilder({
    memory: { import: ["elbow", "memory"], minimum: 1 },
    fma: detectFma({ mayEnable: false }),
  });
  const layout = new MemoryLayout();
  const unit: Unit = { module, layout, constants: [] };
  const { fn: step, inputs, outputs } = compileFunction(unit, program);
  // V8 replaces code only when it is called: the loop calls the step instead of holding it
  const run = module.function({ params: ["i32", "i32"] });
  const [steps, carried] = run.params;
  run.loop(steps, (i) => {
    run.if(i32.gtS(i, 0), () =>
      outputs.forEach((output, position) => {
        const input = inputs[position];
        if (!input || sizeOf(input.shape) !== sizeOf(output.shape)) return;
        run.if(i32.gtS(carried, position), () =>
          run.copyMemory(i32.const(input.address), i32.const(output.address), 4 * sizeOf(output.shape)),
        );
      }),
    );
    run.call(step);
  });
  module.export("run", run);
  const constantsAt = layout.reserve(Math.max(16, module.poolBytes));
  const bytes = module.toBytes({ constantsAt });
  const pages = Math.ceil((layout.end + 16) / pageBytes);
  if (pages > mostPages)
    throw new ElbowError("out-of-memory", {
      message: `the program needs ${Math.ceil(layout.end / 2 ** 20)} MiB, and WebAssembly has at most 4096`,
      hint: "Use fewer draws or smaller batches, or the engine tfjs:cpu.",
    });
  return { module: new WebAssembly.Module(bytes), pages, inputs, outputs, constants: unit.constants };
}
