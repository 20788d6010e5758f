// Runs of neighbouring words: copied, filled, added.

import type { DType } from "../../../ir/program.js";
import type { I32, Local, V128 } from "../assembler/expression.js";
import { f32 } from "../assembler/f32.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { wordBytes } from "./walks.js";

const vectorBytes = 16;
/** From how many bytes on the engine's own copy is the fastest. */
const bulkBytes = 1024;
const mostUnrolled = 8;

/** Runs through `count` words by vectors and then by words; the bodies get the offset in bytes from the start. */
export function forEachVector(
  fn: FunctionBuilder,
  count: number,
  vector: (offset: I32) => void,
  word: (offset: I32) => void,
): void {
  const bytes = count * wordBytes;
  const vectors = bytes - (bytes % vectorBytes);
  fn.loop({ to: vectors, step: vectorBytes }, vector);
  fn.loop({ from: vectors, to: bytes, step: wordBytes }, word);
}

/** Copies words between places that do not overlap. */
export function copyRun(fn: FunctionBuilder, to: I32, from: I32, count: number): void {
  const bytes = count * wordBytes;
  if (bytes >= bulkBytes) {
    fn.copyMemory(to, from, bytes);
    return;
  }
  const vectors = Math.floor(bytes / vectorBytes);
  if (vectors === 0) {
    for (let at = 0; at < bytes; at += wordBytes) fn.store(to, i32.load(from, at), at);
    return;
  }
  const unrolled = vectors <= mostUnrolled ? vectors : 0;
  for (let k = 0; k < unrolled; k++) fn.store(to, v128.load(from, k * vectorBytes), k * vectorBytes);
  if (unrolled === 0)
    fn.loop({ to: vectors * vectorBytes, step: vectorBytes }, (at) =>
      fn.store(i32.add(to, at), v128.load(i32.add(from, at))),
    );
  // The last vector may overlap the one before.
  if (bytes % vectorBytes !== 0) fn.store(to, v128.load(from, bytes - vectorBytes), bytes - vectorBytes);
}

/** Copies as many words as an expression says. */
export function copyWords(fn: FunctionBuilder, to: I32, from: I32, bytes: I32): void {
  const end = fn.let(i32.add(to, bytes));
  const [target, source]: Local<"i32">[] = [fn.let(to), fn.let(from)];
  const proceed = (step: number): void => {
    fn.set(target!, i32.add(target!, step));
    fn.set(source!, i32.add(source!, step));
  };
  fn.while(i32.leS(i32.add(target!, vectorBytes), end), () => {
    fn.store(target!, v128.load(source!));
    proceed(vectorBytes);
  });
  fn.while(i32.ltS(target!, end), () => {
    fn.store(target!, i32.load(source!));
    proceed(wordBytes);
  });
}

/** The word that stands for a value of a type. */
export function wordOf(value: number, dtype: DType): number {
  if (dtype === "float32") return new Int32Array(Float32Array.of(value).buffer)[0]!;
  return dtype === "bool" ? -Number(value !== 0) : value | 0;
}

/** Writes the same word to a run. */
export function fillRun(fn: FunctionBuilder, to: I32, word: number, count: number): void {
  const byte = word & 0xff;
  if (word === Math.imul(byte, 0x01010101)) {
    fn.fillMemory(to, byte, count * wordBytes);
    return;
  }
  const all: V128 = i32x4.const(word);
  forEachVector(
    fn,
    count,
    (at) => fn.store(i32.add(to, at), all),
    (at) => fn.store(i32.add(to, at), i32.const(word)),
  );
}

/** Adds a run of words to another one; of booleans, whether either is true. */
export function addRun(fn: FunctionBuilder, to: I32, from: I32, count: number, dtype: DType): void {
  const add = {
    float32: [f32x4.add, (x: I32, y: I32) => f32.add(f32.load(x), f32.load(y))],
    int32: [i32x4.add, (x: I32, y: I32) => i32.add(i32.load(x), i32.load(y))],
    bool: [v128.or, (x: I32, y: I32) => i32.or(i32.load(x), i32.load(y))],
  } as const;
  const [vectors, words] = add[dtype];
  if (count === 1) {
    fn.store(to, words(to, from));
    return;
  }
  forEachVector(
    fn,
    count,
    (at) => fn.store(i32.add(to, at), vectors(v128.load(i32.add(to, at)), v128.load(i32.add(from, at)))),
    (at) => fn.store(i32.add(to, at), words(i32.add(to, at), i32.add(from, at))),
  );
}
