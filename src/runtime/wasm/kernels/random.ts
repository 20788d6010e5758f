// Random bits, uniforms and normals of keys in memory: the same bits and the same element layout as the reference.
import { broadcastStrides, sizeOf } from "../../../util/shapes.js";
import type { I32, V128 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import type { Vector } from "../math/vector.js";
import {
  boxMuller,
  inStream,
  keyOfLanes,
  randomBits,
  randomNormal,
  randomUniform,
  threefryVectors,
  unit,
  type VectorKey,
} from "../random.js";
import { writeShared } from "../threads/regions.js";
import type { Kernel, Operand } from "./kernel.js";

/** One of the sources: groups of eight elements of a key, or what a single block's words give first. */
export interface Source {
  readonly groups: (fn: FunctionBuilder, key: VectorKey, group: I32 | number, count?: number) => Vector[];
  readonly first: (fn: FunctionBuilder, words: readonly [Vector, Vector]) => V128;
  /** What an element of a group takes. */
  readonly nanoseconds: number;
}

const bits: Source = { groups: randomBits, first: (_, [word]) => word, nanoseconds: 1.7 };
const uniforms: Source = { groups: randomUniform, first: (_, [word]) => unit(word), nanoseconds: 1.9 };
const normals: Source = { groups: randomNormal, first: (fn, words) => boxMuller(fn, words)[0], nanoseconds: 3.5 };

/** The sources by name of primitive. */
export const sources: Readonly<Record<string, Source>> = {
  randomBits: bits,
  randomUniform: uniforms,
  randomNormal: normals,
};

/** Four keys that stand one behind the other, as their first and their second words. */
function fourKeys(fn: FunctionBuilder, at: I32 | number, address: number): readonly [V128, V128] {
  const first = fn.let(v128.load(at, address));
  const second = fn.let(v128.load(at, address + 16));
  return [fn.let(v128.shuffle32(first, second, [0, 2, 4, 6])), fn.let(v128.shuffle32(first, second, [1, 3, 5, 7]))];
}

const oneKey = (fn: FunctionBuilder, at: I32 | number, address: number): readonly [V128, V128] => [
  fn.let(v128.load32Splat(at, address)),
  fn.let(v128.load32Splat(at, address + 4)),
];

const encrypt = (fn: FunctionBuilder, [key0, key1]: readonly [V128, V128], counter: V128): readonly [Vector, Vector] =>
  threefryVectors(fn, keyOfLanes(fn, key0, key1), [counter])[0]!;

/** Fills [...keys, ...shape], from one stream or from one for each key. */
const fill =
  ({ groups, first, nanoseconds }: Source): Kernel =>
  (context, [key, stream], [output], { shape }) => {
    const count = sizeOf(key!.shape) / 2;
    const size = sizeOf(shape);
    const all = count * size * nanoseconds;
    if (count * size === 0) return;
    const isShared = stream?.shape.length === 0;
    /** The keys in their streams, of which the first one's number stands at byte `at`. */
    const streamed = (fn: FunctionBuilder, keys: VectorKey, at: I32, isWhole: boolean): VectorKey => {
      if (!stream) return keys;
      const load = isShared || !isWhole ? v128.load32Splat : v128.load;
      return inStream(fn, keys, fn.let(load(isShared ? 0 : at, stream.address)));
    };
    if (size === 1 && count > 1) {
      // one element per key: four keys side by side
      const steps = Math.ceil(count / 4);
      writeShared(context, { steps, nanoseconds: 4 * all }, (fn, from, to) =>
        fn.loop({ from: bytes(from), to: bytes(to), step: 16 }, (at) =>
          fn.scope(() => {
            const keys = keyOfLanes(fn, ...fourKeys(fn, fn.let(i32.shl(at, 1)), key!.address));
            const [words] = threefryVectors(fn, streamed(fn, keys, at, true), [i32x4.const(0)]);
            fn.store(at, first(fn, words!), output!.address);
          }),
        ),
      );
      return;
    }
    const pairs = Math.floor(size / 16);
    const rest = size - 16 * pairs;
    const keyAt = (fn: FunctionBuilder, i: I32): VectorKey => {
      const keys = keyOfLanes(fn, ...oneKey(fn, fn.let(i32.shl(i, 3)), key!.address));
      return streamed(fn, keys, fn.let(i32.shl(i, 2)), false);
    };
    const store = (fn: FunctionBuilder, at: I32, vectors: readonly V128[]): void => {
      for (const [k, vector] of vectors.entries()) fn.store(at, vector, output!.address + 16 * k);
    };
    const fillPairs = (fn: FunctionBuilder, own: VectorKey, row: I32, from: I32 | number, to: I32 | number): void => {
      fn.loop({ from: twice(from), to: twice(to), step: 2 }, (group) =>
        fn.scope(() => store(fn, fn.let(i32.add(row, i32.shl(group, 5))), groups(fn, own, group, 2))),
      );
    };
    // what is left: no more vectors than there are elements for, the last one may run into the slack or the next row
    const fillRest = (fn: FunctionBuilder, own: VectorKey, row: I32): void => {
      if (rest > 0)
        fn.scope(() => {
          const vectors = groups(fn, own, 2 * pairs, rest > 8 ? 2 : 1);
          store(fn, fn.let(i32.add(row, 64 * pairs)), vectors.slice(0, Math.ceil(rest / 4)));
        });
    };
    if (count === 1) {
      const one = i32.const(0);
      if (pairs > 0)
        writeShared(context, { steps: pairs, nanoseconds: all }, (fn, from, to) =>
          fn.scope(() => fillPairs(fn, keyAt(fn, one), one, from, to)),
        );
      const { fn } = context;
      if (rest > 0) fn.scope(() => fillRest(fn, keyAt(fn, one), one));
      return;
    }
    // rows that run into each other are for one thread
    const work = { steps: count, nanoseconds: size % 4 === 0 ? all : 0 };
    writeShared(context, work, (fn, from, to) =>
      fn.loop({ from, to }, (i) =>
        fn.scope(() => {
          const own = keyAt(fn, i);
          const row = fn.let(i32.mul(i, 4 * size));
          fillPairs(fn, own, row, 0, pairs);
          fillRest(fn, own, row);
        }),
      ),
    );
  };

/** Bytes of vectors, and twice a number, known now or later. */
const bytes = (vectors: I32 | number): I32 | number =>
  typeof vectors === "number" ? 16 * vectors : i32.shl(vectors, 4);
const twice = (x: I32 | number): I32 | number => (typeof x === "number" ? 2 * x : i32.shl(x, 1));

/** threefry(key, (0, datum)) for keys and data broadcast against each other. */
const foldIn: Kernel = ({ fn }, [key, data], [output]) => {
  const keys = key!.shape.slice(0, -1);
  const shape = output!.shape.slice(0, -1);
  const count = sizeOf(shape);
  if (count === 0) return;
  const repeats = (operand: readonly number[]): boolean => sizeOf(operand) === 1;
  const runsOn = (operand: readonly number[]): boolean => sizeOf(operand) === count;
  const store = (at: I32 | number, [word0, word1]: readonly [V128, V128], isWhole: boolean): void => {
    fn.store(at, v128.shuffle32(word0, word1, [0, 4, 1, 5]), output!.address);
    if (isWhole) fn.store(at, v128.shuffle32(word0, word1, [2, 6, 3, 7]), output!.address + 16);
  };
  if ((repeats(keys) || runsOn(keys)) && (repeats(data!.shape) || runsOn(data!.shape))) {
    const four = (at: I32 | number, isWhole: boolean): void =>
      fn.scope(() => {
        // `at` counts bytes of data; keys and results are twice as long
        const twice = typeof at === "number" ? 2 * at : fn.let(i32.shl(at, 1));
        const keys4 = repeats(keys) ? oneKey(fn, 0, key!.address) : fourKeys(fn, twice, key!.address);
        const datum = fn.let(repeats(data!.shape) ? v128.load32Splat(0, data!.address) : v128.load(at, data!.address));
        store(twice, encrypt(fn, keys4, datum), isWhole);
      });
    const whole = Math.floor(count / 4);
    if (whole > 0) fn.loop({ to: 16 * whole, step: 16 }, (at) => four(at, true));
    // two results are 16 bytes: what lies behind them is slack
    if (count % 4 > 0) four(16 * whole, count % 4 > 2);
    return;
  }
  foldElements(fn, key!, data!, output!, shape);
};

/** One element after the other, for shapes that broadcast in both directions. */
function foldElements(
  fn: FunctionBuilder,
  key: Operand,
  data: Operand,
  output: Operand,
  shape: readonly number[],
): void {
  const keyStrides = broadcastStrides(key.shape.slice(0, -1), shape);
  const dataStrides = broadcastStrides(data.shape, shape);
  const target = fn.let(i32.const(0));
  const level = (axis: number, keyAt: I32, dataAt: I32): void => {
    if (axis === shape.length) {
      fn.scope(() => {
        const datum = fn.let(v128.load32Splat(dataAt, data.address));
        const [word0, word1] = encrypt(fn, oneKey(fn, keyAt, key.address), datum);
        fn.storeLane64(target, v128.shuffle32(word0, word1, [0, 4, 1, 5]), 0, output.address);
      });
      fn.set(target, i32.add(target, 8));
      return;
    }
    fn.loop(shape[axis]!, (i) =>
      fn.scope(() =>
        level(
          axis + 1,
          fn.let(i32.add(keyAt, i32.mul(i, 8 * keyStrides[axis]!))),
          fn.let(i32.add(dataAt, i32.mul(i, 4 * dataStrides[axis]!))),
        ),
      ),
    );
  };
  level(0, i32.const(0), i32.const(0));
}

export const randomKernels: Readonly<Record<string, Kernel>> = {
  foldIn,
  randomBits: fill(bits),
  randomUniform: fill(uniforms),
  randomNormal: fill(normals),
};
