import type { Type } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import type { Operand } from "./kernels/kernel.js";

/** Bytes that loops may read and overwrite behind every value. */
const slack = 32;

/** Bytes of a value with its slack, a multiple of 16. */
const bytesOf = ({ shape }: Type): number => Math.ceil((4 * sizeOf(shape) + slack) / 16) * 16;

/** Fixed addresses in one linear memory. What is released is used again for values of the same size. */
export class MemoryLayout {
  #end = 16;
  readonly #free = new Map<number, number[]>();

  /** Bytes in use, from address 0. */
  get end(): number {
    return this.#end;
  }

  reserve(bytes: number): number {
    const rounded = Math.ceil(bytes / 16) * 16;
    return this.#free.get(rounded)?.pop() ?? this.reserveLasting(rounded);
  }

  /** Bytes that nothing else uses at any time: for what is written once, before the program runs. */
  reserveLasting(bytes: number): number {
    const address = this.#end;
    this.#end += Math.ceil(bytes / 16) * 16;
    return address;
  }

  allocate({ shape, dtype }: Type): Operand {
    return { shape, dtype, address: this.reserve(bytesOf({ shape, dtype })) };
  }

  allocateLasting({ shape, dtype }: Type): Operand {
    return { shape, dtype, address: this.reserveLasting(bytesOf({ shape, dtype })) };
  }

  release(operand: Operand): void {
    const bytes = bytesOf(operand);
    const free = this.#free.get(bytes) ?? [];
    free.push(operand.address);
    this.#free.set(bytes, free);
  }
}
