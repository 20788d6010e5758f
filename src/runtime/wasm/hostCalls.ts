// Operations without a kernel of their own (rejection samplers, incomplete gamma functions, primitives of users): the module
// calls back, and JavaScript computes them in double precision on the module's memory.
import { innerPrograms } from "../../ir/control.js";
import type { Attributes, Primitive, Program } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import type { Callable, FunctionBuilder } from "./assembler/functionBuilder.js";
import { i32 } from "./assembler/i32.js";
import type { ModuleBuilder } from "./assembler/moduleBuilder.js";
import type { Operand } from "./kernels/kernel.js";
import { kernels } from "./kernels/table.js";
import { type Words, write } from "./memoryValues.js";

/** An equation that the host computes, on fixed places in memory. */
export interface HostCall {
  readonly primitive: Primitive;
  readonly attributes: Attributes;
  readonly sources: readonly Operand[];
  readonly targets: readonly Operand[];
}

/** Where a module's calls of the host are collected. */
export interface HostCalls {
  readonly calls: readonly HostCall[];
  readonly emit: (fn: FunctionBuilder<readonly [], undefined>, call: HostCall) => void;
}

const loopsAndBranches = ["scan", "cond"];

/** Whether the program, or one within, has an operation without an instruction, a kernel or a loop for it. */
export const needsHost = (program: Program, hasRule: (name: string) => boolean): boolean =>
  program.equations.some(
    (equation) =>
      !(hasRule(equation.primitive.name) || equation.primitive.name in kernels || isControl(equation.primitive)) ||
      innerPrograms(equation).some((inner) => needsHost(inner, hasRule)),
  );

const isControl = ({ name }: Primitive): boolean => loopsAndBranches.includes(name);

/** The import of a module that calls the host. To be made before the module's functions. */
export function hostCalls(module: ModuleBuilder): HostCalls {
  const host: Callable<readonly ["i32"], undefined> = module.importFunction("elbow", "host", { params: ["i32"] });
  const calls: HostCall[] = [];
  return {
    calls,
    emit: (fn, call) => {
      fn.call(host, i32.const(calls.length));
      calls.push(call);
    },
  };
}

/** A value's elements in double precision; booleans are 0 and 1. */
function read({ floats, integers }: Words, { address, shape, dtype }: Operand): Float64Array {
  const from = address / 4;
  const words = (dtype === "float32" ? floats : integers).subarray(from, from + sizeOf(shape));
  return dtype === "bool" ? Float64Array.from(words, (mask) => (mask === 0 ? 0 : 1)) : Float64Array.from(words);
}

/** What the import does. */
export const answerHostCalls =
  (calls: readonly HostCall[], words: Words) =>
  (index: number): void => {
    const { primitive, attributes, sources, targets } = calls[index]!;
    const inputs = sources.map((operand) => ({ ...operand, elements: read(words, operand) }));
    primitive.evaluate(inputs, attributes).forEach((elements, i) => {
      write(words, targets[i]!, elements);
    });
  };
