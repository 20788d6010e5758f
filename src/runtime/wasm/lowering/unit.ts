import type { Elements, Program } from "../../../ir/program.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import type { ModuleBuilder } from "../assembler/moduleBuilder.js";
import type { HostCalls } from "../hostCalls.js";
import type { Operand } from "../kernels/kernel.js";
import type { MemoryLayout } from "../memory.js";
import type { Regions } from "../threads/regions.js";
import type { Probe } from "./probe.js";
import type { ValueStore } from "./valueStore.js";

/** What all functions of a module share. */
export interface Unit {
  readonly module: ModuleBuilder;
  readonly layout: MemoryLayout;
  /** Constants in memory, to be written once. */
  readonly constants: { readonly operand: Operand; readonly elements: Elements }[];
  /** Where work for several threads goes, if there are several. */
  readonly regions?: Regions | undefined;
  /** Operations that the host computes, if the program has any. */
  readonly host?: HostCalls | undefined;
  /** Where the module's parts are timed. */
  readonly probe?: Probe | undefined;
}

/** A program as a function without parameters that reads and writes fixed addresses. */
export interface CompiledFunction {
  readonly fn: FunctionBuilder<readonly [], undefined>;
  readonly inputs: readonly Operand[];
  /** Distinct from the inputs, from constants and from each other. */
  readonly outputs: readonly Operand[];
}

/** A function that is being compiled: where its instructions go and where its values are. */
export interface Frame {
  readonly unit: Unit;
  readonly fn: FunctionBuilder<readonly [], undefined>;
  readonly values: ValueStore;
  /** Compiles a loop's body or a branch. Inputs that are not given get memory of their own. */
  readonly compileInner: (program: Program, given: readonly Operand[]) => CompiledFunction;
}
