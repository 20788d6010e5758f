import { expect, test } from "vitest";
import { build, builder } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../../src/ir/primitives/random.js";
import type { Variable } from "../../src/ir/program.js";
import { vmap } from "../../src/transforms/vmap.js";
import { keyFromSeed } from "../../src/util/keys.js";
import { poissonQuantile } from "../../src/util/poisson.js";
import type { Shape } from "../../src/util/shapes.js";
import { sizeOf } from "../../src/util/shapes.js";
import { threefry } from "../../src/util/threefry.js";

function run(keys: readonly number[], shape: Shape, f: (key: Variable) => Variable) {
  const program = build([{ shape, dtype: "int32" }], (key) => [f(key)]);
  expect(keys.length).toBe(sizeOf(shape));
  return evaluate(program, [{ shape, dtype: "int32", elements: Float64Array.from(keys) }])[0]!;
}

const constant = (value: number): Variable => builder().scalar(value, "int32");

function words(key: readonly [number, number], counter: number, stream = 0): [number, number] {
  const out = new Int32Array(2);
  threefry(key[0], key[1], stream, counter, out);
  return [out[0]!, out[1]!];
}

test("foldIn is JAX's fold_in, over keys and data broadcast against each other", () => {
  // jax.random.fold_in(jax.random.PRNGKey(42), 7) of JAX 0.10 encrypts the counter (0, 7).
  expect([...run([0, 42], [2], (key) => foldIn(key, 7)).elements]).toEqual(words([0, 42], 7));
  const many = run([0, 1, 0, 2], [2, 1, 2], (keys) => foldIn(keys, 3));
  expect(many.shape).toEqual([2, 1, 2]);
  expect([...many.elements]).toEqual([...words([0, 1], 3), ...words([0, 2], 3)]);
});

test("bits are laid out in groups of four blocks", () => {
  const key = keyFromSeed(7);
  const { elements, dtype } = run(key, [2], (k) => randomBits(k, [3, 7]));
  expect(dtype).toBe("int32");
  elements.forEach((bits, e) => {
    expect(bits).toBe(words(key, ((e >> 3) << 2) | (e & 3))[(e >> 2) & 1]);
  });
});

test("an element does not depend on how many are drawn, and lanes of keys are independent streams", () => {
  for (const draw of [randomBits, randomUniform, randomNormal]) {
    const long = run([3, 9], [2], (key) => draw(key, [100])).elements;
    for (const n of [0, 1, 3, 4, 5, 7, 8, 9, 13, 37])
      expect([...run([3, 9], [2], (key) => draw(key, [n])).elements]).toEqual([...long.subarray(0, n)]);
    const both = run([1, 1, 3, 9], [2, 2], (keys) => draw(keys, [10]));
    expect(both.shape).toEqual([2, 10]);
    expect([...both.elements.subarray(10)]).toEqual([...long.subarray(0, 10)]);
  }
});

test("a stream is the first word of the counter, and stream 0 is what there is without one", () => {
  const key = keyFromSeed(7);
  const position = (e: number) => ((e >> 3) << 2) | (e & 3);
  for (const stream of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]) {
    const { elements } = run(key, [2], (k) => randomBits(k, [21], constant(stream)));
    elements.forEach((bits, e) => {
      expect(bits).toBe(words(key, position(e), stream)[(e >> 2) & 1]);
    });
  }
  for (const draw of [randomBits, randomUniform, randomNormal]) {
    const plain = run(key, [2], (k) => draw(k, [21]));
    expect(run(key, [2], (k) => draw(k, [21], constant(0)))).toEqual(plain);
  }
});

test("each key may have its own stream, and batching over streams is drawing with each", () => {
  const program = build(
    [
      { shape: [2], dtype: "int32" },
      { shape: [], dtype: "int32" },
    ],
    (key, stream) => [randomBits(key!, [5], stream)],
  );
  const keys = Float64Array.of(1, 2, 3, 4, 5, 6);
  const streams = Float64Array.of(9, -4, 0);
  const expected = [0, 1, 2].flatMap((i) => {
    const key = { shape: [2], dtype: "int32", elements: keys.subarray(2 * i, 2 * i + 2) } as const;
    const stream = { shape: [], dtype: "int32", elements: streams.subarray(i, i + 1) } as const;
    return [...evaluate(program, [key, stream])[0]!.elements];
  });
  const allKeys = { shape: [3, 2], dtype: "int32", elements: keys } as const;
  const allStreams = { shape: [3], dtype: "int32", elements: streams } as const;
  expect([...evaluate(vmap(program, 3), [allKeys, allStreams])[0]!.elements]).toEqual(expected);
  const oneKey = { shape: [2], dtype: "int32", elements: keys.subarray(0, 2) } as const;
  const ofOne = evaluate(vmap(program, 3, [null, 0]), [oneKey, allStreams])[0]!.elements;
  expect([...ofOne.subarray(0, 5)]).toEqual(expected.slice(0, 5));
});

test("a stream of another type or shape is refused", () => {
  const types = [
    { shape: [3, 2], dtype: "int32" },
    { shape: [2], dtype: "int32" },
  ] as const;
  expect(() => build(types, (key, stream) => [randomBits(key!, [], stream)])).toThrow(
    "randomBits takes one stream, or one for each key",
  );
});

test("uniforms lie in the open unit interval and have the right moments", () => {
  const { elements } = run([0, 5], [2], (key) => randomUniform(key, [200_000]));
  expect(elements.every((u) => u > 0 && u < 1 && Math.fround(u) === u)).toBe(true);
  const mean = elements.reduce((sum, u) => sum + u, 0) / elements.length;
  expect(Math.abs(mean - 0.5) / Math.sqrt(1 / 12 / elements.length)).toBeLessThan(5);
});

test("normals have the moments 0, 1, 0, 3 and are not correlated at the distance of a block's words", () => {
  const { elements: x } = run([0, 6], [2], (key) => randomNormal(key, [400_000]));
  const z = (f: (at: number) => number, mean: number, variance: number) => {
    let sum = 0;
    for (let i = 0; i + 4 < x.length; i++) sum += f(i);
    const n = x.length - 4;
    return Math.abs(sum / n - mean) / Math.sqrt(variance / n);
  };
  expect(z((i) => x[i]!, 0, 1)).toBeLessThan(5);
  expect(z((i) => x[i]! ** 2, 1, 2)).toBeLessThan(5);
  expect(z((i) => x[i]! ** 3, 0, 15)).toBeLessThan(5);
  expect(z((i) => x[i]! ** 4, 3, 96)).toBeLessThan(5);
  expect(z((i) => x[i]! * x[i + 4]!, 0, 1)).toBeLessThan(5);
  // Negative control: the bound notices a mean that is off by two per cent of a standard deviation.
  expect(z((i) => x[i]! + 0.02, 0, 1)).toBeGreaterThan(5);
});

test("Poisson quantiles are the smallest k whose probability of at most k reaches u", () => {
  for (const rate of [0.01, 0.7, 4, 25, 300]) {
    let p = Math.exp(-rate);
    let below = p;
    for (let k = 0; k < rate + 4 * Math.sqrt(rate) + 4; k++) {
      if (p > 1e-9) {
        expect(poissonQuantile(below - 1e-3 * p, rate)).toBe(k);
        if (below + 1e-3 * p < 1 - 1e-12) expect(poissonQuantile(below + 1e-3 * p, rate)).toBe(k + 1);
      }
      p *= rate / (k + 1);
      below += p;
    }
  }
  expect(poissonQuantile(0.3, 0)).toBe(0);
  expect(poissonQuantile(1, 2)).toBe(Number.POSITIVE_INFINITY);
  expect(poissonQuantile(0.5, -1)).toBeNaN();
});

test("Poisson quantiles of large rates (scipy 1.17 poisson.ppf)", () => {
  const cases: [number, number, number][] = [
    [2.9802322387695312e-8, 10000.0, 9463],
    [0.001, 10000.0, 9692],
    [0.3, 10000.0, 9947],
    [0.5, 10000.0, 10000],
    [0.9, 10000.0, 10128],
    [0.9999, 10000.0, 10374],
    [2.9802322387695312e-8, 1000000.0, 994585],
    [0.001, 1000000.0, 996911],
    [0.3, 1000000.0, 999475],
    [0.5, 1000000.0, 1000000],
    [0.9, 1000000.0, 1001282],
    [0.9999, 1000000.0, 1003721],
  ];
  for (const [u, rate, k] of cases) expect(poissonQuantile(u, rate)).toBe(k);
});
