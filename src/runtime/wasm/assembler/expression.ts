import type { ByteBuffer } from "./bytes.js";

/** The types of values on WebAssembly's stack that programs use. */
export type ValueType = "i32" | "f32" | "f64" | "v128";

/** How the binary format writes them. */
export const typeByte: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** Where expressions write their code: the body of one function. */
export interface Code {
  readonly bytes: ByteBuffer;
  /** Whether the module may use relaxed SIMD's multiply-add. */
  readonly hasFma: boolean;
  /** The local that the function's prologue sets to a 16-byte constant. */
  readonly constantLocal: (content: Uint8Array) => number;
  /** Where in the module's pool of constants the bytes stand, relative to its start; they are put there if need be. */
  readonly poolOffset: (content: Uint8Array) => number;
}

/**
 * A value to be computed: immutable, without side effects other than reading memory and locals. Its code is written
 * wherever it is used, so a value with several uses belongs into a local: `fn.let(expression)`.
 */
export interface Expression<T extends ValueType = ValueType> {
  readonly type: T;
  /** Writes the code that leaves the value on the stack. */
  readonly emit: (code: Code) => void;
}

export type I32 = Expression<"i32">;
export type F32 = Expression<"f32">;
export type F64 = Expression<"f64">;
export type V128 = Expression<"v128">;

/** A variable of a function; as an expression, its value at the point of use. */
export interface Local<T extends ValueType = ValueType> extends Expression<T> {
  readonly index: number;
}
