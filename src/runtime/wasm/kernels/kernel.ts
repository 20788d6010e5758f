import type { Attributes, Type } from "../../../ir/program.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import type { Regions } from "../threads/regions.js";

/**
 * A value in linear memory: elements of four bytes in row-major order at a fixed, 16-byte aligned address, with at least 32
 * bytes of slack behind them that may be read and overwritten. Floats are f32, integers i32, booleans 0 or −1 (a mask).
 */
export interface Operand extends Type {
  readonly address: number;
}

/** Where a kernel writes its code, and what it may ask for. */
export interface KernelContext {
  readonly fn: FunctionBuilder;
  /** The address of temporary memory of this kernel, 16-byte aligned. */
  readonly scratch: (bytes: number) => number;
  /** Where work for several threads goes, if there are several: see `writeShared`. */
  readonly regions?: Regions | undefined;
}

/** Writes the code of one operation on values in memory. Inputs and outputs do not overlap. */
export type Kernel = (
  context: KernelContext,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  attributes: Attributes,
) => void;
