import type { Expression, I32 } from "./expression.js";
import { liftI32 } from "./i32.js";
import { type Address, emitAccess, expression, type Opcode } from "./instruction.js";

const atomic = (code: number): Opcode => [0xfe, code];

const access = (opcode: Opcode, address: Address, offset: number, ...operands: readonly Expression[]): I32 =>
  expression("i32", (code) => emitAccess(code, opcode, 2, offset, address, ...operands));

/** −1 as an i64: no limit of time. */
const forever: Expression = { type: "i32", emit: ({ bytes }) => bytes.opcode([0x42, 0x7f]) };

/**
 * Words of 32 bits in memory between threads, at `address + offset`. Everything here takes effect where its code stands: write it
 * once, with `fn.let` or `fn.set`. `add`, `exchange` and `compareExchange` give what stood there before.
 */
export const atomics = {
  load: (address: Address, offset = 0): I32 => access(atomic(0x10), address, offset),
  add: (address: Address, value: I32 | number, offset = 0): I32 =>
    access(atomic(0x1e), address, offset, liftI32(value)),
  /** Also the way to store a word. */
  exchange: (address: Address, value: I32 | number, offset = 0): I32 =>
    access(atomic(0x41), address, offset, liftI32(value)),
  /** Writes the value if the expected one stands there. */
  compareExchange: (address: Address, expected: I32, value: I32, offset = 0): I32 =>
    access(atomic(0x48), address, offset, expected, value),
  /** Sleeps while the word is the expected one until it is notified; traps where a thread must not wait, as a page's main one. */
  wait: (address: Address, expected: I32, offset = 0): I32 => access(atomic(0x01), address, offset, expected, forever),
  /** Wakes up to so many threads that wait for the word; gives their number. */
  notify: (address: Address, count: I32 | number, offset = 0): I32 =>
    access(atomic(0x00), address, offset, liftI32(count)),
};
