import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hashAddress, keyFromSeed } from "../../src/util/keys.js";
import { threefry } from "../../src/util/threefry.js";

interface Vector {
  readonly key: readonly [number, number];
  readonly counter: readonly [number, number];
  readonly output: readonly [number, number];
}
interface Stream {
  readonly key: readonly [number, number];
  readonly counter0: number;
  readonly counter1_from: number;
  readonly counter1_count: number;
  readonly xor: readonly [number, number];
  readonly sum: readonly [number, number];
}
const reference: { published: Vector[]; vectors: Vector[]; streams: Stream[] } = JSON.parse(
  readFileSync(new URL("../reference/threefry.json", import.meta.url), "utf8"),
);

function words(key: readonly [number, number], counter: readonly [number, number]): [number, number] {
  const out = new Int32Array(2);
  threefry(key[0], key[1], counter[0], counter[1], out);
  return [out[0]! >>> 0, out[1]! >>> 0];
}

test("the published known answers (Random123)", () => {
  for (const { key, counter, output } of reference.published) expect(words(key, counter)).toEqual(output);
});

test("the known answers of an independent implementation", () => {
  for (const { key, counter, output } of reference.vectors) expect(words(key, counter)).toEqual(output);
});

test("signed and unsigned words are the same words", () => {
  for (const { key, counter, output } of reference.vectors)
    expect(words([key[0] | 0, key[1] | 0], [counter[0] | 0, counter[1] | 0])).toEqual(output);
});

test("check sums over whole streams of counters", () => {
  for (const { key, counter0, counter1_from, counter1_count, xor, sum } of reference.streams) {
    const xors = [0, 0];
    const sums = [0, 0];
    for (let i = 0; i < counter1_count; i++) {
      words(key, [counter0, counter1_from + i]).forEach((word, w) => {
        xors[w] = (xors[w]! ^ word) >>> 0;
        sums[w] = (sums[w]! + word) >>> 0;
      });
    }
    expect(xors).toEqual(xor);
    expect(sums).toEqual(sum);
  }
});

test("a seed's key is its high and low word", () => {
  expect(keyFromSeed(42)).toEqual([0, 42]);
  expect(keyFromSeed(2 ** 32 + 5)).toEqual([1, 5]);
  expect(keyFromSeed(2 ** 32 - 1)).toEqual([0, -1]);
  expect(keyFromSeed(Number.MAX_SAFE_INTEGER)).toEqual([2 ** 21 - 1, -1]);
  for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => keyFromSeed(wrong)).toThrow(/non-negative integer/);
});

test("addresses hash by FNV-1a", () => {
  expect(hashAddress("") >>> 0).toBe(0x811c9dc5);
  expect(hashAddress("a") >>> 0).toBe(0xe40c292c);
  expect(hashAddress("foobar") >>> 0).toBe(0xbf9cf968);
});
