// Threefry-2x32-20 in four lanes, with the bits and the element order of src/ir/primitives/random.ts: four blocks give
// eight elements, words 0 and then words 1.
import type { I32, Local, V128 } from "./assembler/expression.js";
import { f32x4 } from "./assembler/f32x4.js";
import type { FunctionBuilder } from "./assembler/functionBuilder.js";
import { i32 } from "./assembler/i32.js";
import { i32x4 } from "./assembler/i32x4.js";
import { v128 } from "./assembler/v128.js";
import { logNormal } from "./math/log.js";
import { polynomial, signOf, type Vector } from "./math/vector.js";

/** A key as vectors: what the rounds add to the first and to the second word, from the start to the end. */
export interface VectorKey {
  readonly first: readonly Vector[];
  readonly second: readonly Vector[];
}

const parity = 0x1bd11bda;
const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** One key per lane. */
export function keyOfLanes(fn: FunctionBuilder, key0: V128, key1: V128): VectorKey {
  const k0 = fn.let(key0);
  const k1 = fn.let(key1);
  const k2 = fn.let(v128.xor(v128.xor(k0, k1), i32x4.const(parity)));
  const plus = (k: Vector, step: number): Vector => fn.let(i32x4.add(k, step));
  return {
    first: [k0, k1, k2, k0, k1, k2],
    second: [k1, plus(k2, 1), plus(k0, 2), plus(k1, 3), plus(k2, 4), plus(k0, 5)],
  };
}

/** The same key in all lanes: to be made before a loop. */
export const keyOf = (fn: FunctionBuilder, key0: I32 | number, key1: I32 | number): VectorKey =>
  keyOfLanes(fn, i32x4.splat(key0), i32x4.splat(key1));

/** The key whose blocks (0, c) are the blocks (stream, c) of this one: the stream is only added before the first round. */
export const inStream = (fn: FunctionBuilder, key: VectorKey, stream: V128): VectorKey => ({
  ...key,
  first: key.first.with(0, fn.let(i32x4.add(key.first[0]!, stream))),
});

/** Counter blocks (0, c), one in each lane, and what they are encrypted under. */
export interface Blocks {
  readonly key: VectorKey;
  readonly counter: V128;
}

/** Encrypts counter blocks (0, c) under one key, four for each vector of counters c; gives both words of each. */
export const threefryVectors = (fn: FunctionBuilder, key: VectorKey, counters: readonly V128[]): [Vector, Vector][] =>
  threefryBlocks(
    fn,
    counters.map((counter) => ({ key, counter })),
  );

/** Encrypts under several keys. Two vectors at a time fill a processor that waits on one: 1.5 times as fast. */
export function threefryBlocks(fn: FunctionBuilder, blocks: readonly Blocks[]): [Vector, Vector][] {
  const words = blocks.map(({ key, counter }): [Vector, Vector] => [
    fn.let(key.first[0]!),
    fn.let(i32x4.add(counter, key.second[0]!)),
  ]);
  for (let round = 0; round < 20; round++) {
    for (let k = 0; k < words.length; k++) fn.set(words[k]![0], i32x4.add(words[k]![0], words[k]![1]));
    for (let k = 0; k < words.length; k++)
      fn.set(words[k]![1], v128.xor(i32x4.rotl(words[k]![1], rotations[round % 8]!), words[k]![0]));
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    blocks.forEach(({ key: { first, second } }, k) => {
      const [x, y] = words[k]!;
      fn.set(x, i32x4.add(x, first[injection]!));
      fn.set(y, i32x4.add(y, second[injection]!));
    });
  }
  return words;
}

/** Encrypts the counter block (0, datum) under (key0, key1) in scalars: the key that `foldIn` derives. */
export function foldIn(
  fn: FunctionBuilder,
  key0: I32 | number,
  key1: I32 | number,
  datum: I32 | number,
): [Local<"i32">, Local<"i32">] {
  const keep = (value: I32 | number): Local<"i32"> => fn.let(i32.or(value, 0));
  const [k0, k1] = [keep(key0), keep(key1)];
  const keys = [k0, k1, fn.let(i32.xor(i32.xor(k0, k1), parity))];
  const x = fn.let(k0);
  const y = fn.let(i32.add(datum, k1));
  for (let round = 0; round < 20; round++) {
    fn.set(x, i32.add(x, y));
    fn.set(y, i32.xor(i32.rotl(y, rotations[round % 8]!), x));
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    fn.set(x, i32.add(x, keys[injection % 3]!));
    fn.set(y, i32.add(i32.add(y, keys[(injection + 1) % 3]!), injection));
  }
  return [x, y];
}

/** Words of the blocks of `count` groups of eight elements, from group `group` on. */
function blocksOf(fn: FunctionBuilder, key: VectorKey, group: I32 | number, count: number): [Vector, Vector][] {
  const counter = fn.let(i32x4.add(i32x4.splat(i32.shl(group, 2)), i32x4.const([0, 1, 2, 3])));
  return threefryVectors(
    fn,
    key,
    Array.from({ length: count }, (_, k) => (k === 0 ? counter : i32x4.add(counter, 4 * k))),
  );
}

/** Elements 8·group … 8·(group + count) − 1 of `randomBits`, as 2·count vectors. Two groups at a time are fastest. */
export const randomBits = (fn: FunctionBuilder, key: VectorKey, group: I32 | number, count = 1): Vector[] =>
  blocksOf(fn, key, group, count).flat();

/** (w >>> 9 + ½)·2⁻²³: the upper bits as the fraction of a number in [1, 2). */
export const unit = (word: Vector): V128 =>
  f32x4.sub(v128.or(i32x4.shrU(word, 9), i32x4.const(0x3f800000)), 1 - 2 ** -24);

/** The same elements of `randomUniform`. */
export const randomUniform = (fn: FunctionBuilder, key: VectorKey, group: I32 | number, count = 1): Vector[] =>
  randomBits(fn, key, group, count).map((word) => fn.let(unit(word)));

/** sin 2πt/t and cos 2πt in t² for |t| ≤ ⅛, to 2⁻²⁷ and 2⁻²⁵. */
const sine = [6.283185, -41.34151, 81.572525, -74.65412];
const cosine = [1, -19.739168, 64.92339, -83.67293];

/** Box–Muller: √(−2 log u₁)·(cos 2πu₂, sin 2πu₂). */
export function boxMuller(fn: FunctionBuilder, [first, second]: readonly [Vector, Vector]): [Vector, Vector] {
  // ½ of the usual squared radius: the other factor √2 is in (cos, sin)(¼ turn + t) = (c − s, c + s)/√2
  const radius = fn.let(f32x4.sqrt(f32x4.neg(logNormal(fn, unit(first)))));
  // The two top bits are the quadrant. Odd quadrants are mirrored: all bits below are flipped, u ↦ ½ − u.
  const mirror = i32x4.shrS(i32x4.shl(second, 1), 31);
  const fraction = i32x4.shrU(i32x4.shl(v128.xor(second, mirror), 2), 11);
  // turns beyond the middle of the quadrant, exact: (k + ½)·2⁻²³ − ⅛
  const t = fn.let(f32x4.sub(v128.or(fraction, i32x4.const(0x3f800000)), 1.125 - 2 ** -24));
  const squared = fn.let(f32x4.mul(t, t));
  const s = fn.let(f32x4.mul(polynomial(fn, squared, sine), t));
  const c = fn.let(polynomial(fn, squared, cosine));
  const cosineSign = signOf(v128.xor(second, i32x4.shl(second, 1)));
  return [
    fn.let(v128.xor(f32x4.mul(f32x4.sub(c, s), radius), cosineSign)),
    fn.let(v128.xor(f32x4.mul(f32x4.add(c, s), radius), signOf(second))),
  ];
}

/** The same elements of `randomNormal`. */
export const randomNormal = (fn: FunctionBuilder, key: VectorKey, group: I32 | number, count = 1): Vector[] =>
  blocksOf(fn, key, group, count).flatMap((words) => boxMuller(fn, words));

/** Eight elements from the words of four blocks, by name of primitive. */
export const elementsOf: Readonly<
  Record<string, (fn: FunctionBuilder, words: readonly [Vector, Vector]) => readonly [Vector, Vector]>
> = {
  randomBits: (_, words) => words,
  randomUniform: (fn, [first, second]) => [fn.let(unit(first)), fn.let(unit(second))],
  randomNormal: boxMuller,
};
