import { broken } from "../../../errors.js";
import type { Variable } from "../../../ir/program.js";
import type { Local } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import type { Operand } from "../kernels/kernel.js";
import type { MemoryLayout } from "../memory.js";
import { chunkAt, chunkCount, loadChunk } from "./chunks.js";

/** Where a value is kept: in locals, in memory or both. */
interface Value {
  chunks: readonly Local<"v128">[] | undefined;
  operand: Operand | undefined;
  /** The memory that it is to have, which is not this function's to release. */
  reserved: Operand | undefined;
  /** Whether the memory is this function's to release. */
  isOwn: boolean;
  /** Position of the last item that uses it. */
  lastUse: number;
}

/** Where the values of a function are while it runs. */
export class ValueStore {
  readonly #values = new Map<Variable, Value>();
  /** By the item that uses them last; made when all uses are known. */
  #endings: Map<number, Value[]> | undefined;
  readonly #fn: FunctionBuilder<readonly [], undefined>;
  readonly #layout: MemoryLayout;

  constructor(fn: FunctionBuilder<readonly [], undefined>, layout: MemoryLayout) {
    this.#fn = fn;
    this.#layout = layout;
  }

  /** A value that stands in memory that is not this function's: an input or a constant. */
  place(variable: Variable, operand: Operand): void {
    this.#values.set(variable, { chunks: undefined, operand, reserved: undefined, isOwn: false, lastUse: -1 });
  }

  /** A value that will be computed. */
  expect(variable: Variable): void {
    this.#values.set(variable, {
      chunks: undefined,
      operand: undefined,
      reserved: undefined,
      isOwn: false,
      lastUse: -1,
    });
  }

  /** The same elements under another variable's shape. */
  alias(variable: Variable, of: Variable): void {
    this.#values.set(variable, this.#value(of));
  }

  use(variable: Variable, at: number): void {
    this.#value(variable).lastUse = at;
    this.#endings = undefined;
  }

  isUsedAfter(variable: Variable, at: number): boolean {
    return this.#value(variable).lastUse > at;
  }

  /** Says where the value will be written, if no place has been chosen before. */
  reserve(variable: Variable, operand: Operand): void {
    this.#value(variable).reserved ??= operand;
  }

  isReserved(variable: Variable, { address }: Operand): boolean {
    return this.#value(variable).reserved?.address === address;
  }

  /** Whether the memory of the value is this function's, and not an input's or a constant's. */
  isOwn(variable: Variable): boolean {
    return this.#value(variable).isOwn;
  }

  /** Memory of values that the item used as the last one can be used again. */
  releaseAfter(at: number): void {
    this.#endings ??= endingsOf(this.#values.values());
    for (const value of this.#endings.get(at) ?? [])
      if (value.isOwn && value.operand) {
        this.#layout.release(value.operand);
        value.isOwn = false;
      }
  }

  /** The value's four-element chunks in locals, loaded if need be. */
  chunks(variable: Variable): readonly Local<"v128">[] {
    const value = this.#value(variable);
    if (value.chunks) return value.chunks;
    const operand = this.operand(variable);
    value.chunks = Array.from({ length: chunkCount(variable.shape) }, (_, i) => this.#fn.let(loadChunk(operand, i)));
    return value.chunks;
  }

  setChunks(variable: Variable, chunks: readonly Local<"v128">[]): void {
    this.#value(variable).chunks = chunks;
  }

  /** The value in memory, stored there if need be, under the variable's own shape. */
  operand(variable: Variable): Operand {
    const value = this.#value(variable);
    if (!value.operand) {
      if (!value.chunks) broken(`variable ${variable.id} is used before it is computed`);
      this.storeTo(this.target(variable).address, variable);
    }
    return { ...value.operand!, shape: variable.shape };
  }

  /** Writes the value's chunks to memory. */
  storeTo(address: number, variable: Variable): void {
    const chunks = this.chunks(variable);
    for (let i = 0; i < chunkCount(variable.shape); i++) this.#fn.store(0, chunkAt(chunks, i), address + 16 * i);
  }

  /** Memory for a result. */
  target(variable: Variable): Operand {
    const value = this.#value(variable);
    value.operand = value.reserved ? { ...value.reserved, shape: variable.shape } : this.#layout.allocate(variable);
    value.isOwn = !value.reserved;
    return value.operand;
  }

  #value(variable: Variable): Value {
    return this.#values.get(variable) ?? broken(`variable ${variable.id} has no value`);
  }
}

function endingsOf(values: Iterable<Value>): Map<number, Value[]> {
  const endings = new Map<number, Value[]>();
  for (const value of values) {
    const list = endings.get(value.lastUse);
    if (list) list.push(value);
    else endings.set(value.lastUse, [value]);
  }
  return endings;
}
