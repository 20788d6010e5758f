import { expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import * as primitives from "../../../src/ir/primitives/random.js";
import type { Variable } from "../../../src/ir/program.js";
import { detectFma } from "../../../src/runtime/wasm/assembler/fma.js";
import { i32 } from "../../../src/runtime/wasm/assembler/i32.js";
import { i32x4 } from "../../../src/runtime/wasm/assembler/i32x4.js";
import { v128 } from "../../../src/runtime/wasm/assembler/v128.js";
import {
  foldIn,
  keyOf,
  keyOfLanes,
  randomBits,
  randomNormal,
  randomUniform,
  threefryVectors,
} from "../../../src/runtime/wasm/random.js";
import type { Shape } from "../../../src/util/shapes.js";
import { threefry } from "../../../src/util/threefry.js";
import { instantiate } from "./support.js";

type Draw = typeof randomBits;
const size = 80_000;
const key = [0x12345678, -987654321] as const;

/** All elements, `count` groups at a time. */
function draw(generator: Draw, count: number, fma: boolean): ArrayBuffer {
  const pages = Math.ceil((4 * size) / 65536);
  const { memory, functions } = instantiate(pages, fma, (module) => {
    const fn = module.function({ params: ["i32", "i32"] });
    const prepared = keyOf(fn, ...fn.params);
    fn.loop({ to: size / 8, step: count }, (group) => {
      const at = fn.let(i32.shl(group, 5));
      generator(fn, prepared, group, count).forEach((vector, k) => {
        fn.store(at, vector, 16 * k);
      });
    });
    module.export("draw", fn);
  });
  functions.draw!(...key);
  return memory.buffer.slice(0, 4 * size);
}

/** The elements that the primitive's reference semantics gives. */
function expected(primitive: (key: Variable, shape: Shape) => Variable): Float64Array {
  const type = { shape: [2], dtype: "int32" } as const;
  const program = build([type], (k) => [primitive(k, [size])]);
  return evaluate(program, [{ ...type, elements: Float64Array.from(key) }])[0]!.elements;
}

for (const fma of detectFma() ? [false, true] : [false]) {
  for (const count of [1, 2, 4]) {
    test(`bits and uniforms, ${count} groups at a time${fma ? ", fma" : ""}`, () => {
      expect(new Int32Array(draw(randomBits, count, fma))).toEqual(Int32Array.from(expected(primitives.randomBits)));
      expect(new Float32Array(draw(randomUniform, count, fma))).toEqual(
        Float32Array.from(expected(primitives.randomUniform)),
      );
    });

    test(`normals, ${count} groups at a time${fma ? ", fma" : ""}`, () => {
      const got = new Float32Array(draw(randomNormal, count, fma));
      const rule = expected(primitives.randomNormal);
      const worst = rule.reduce((most, x, i) => Math.max(most, Math.abs(x - got[i]!)), 0);
      expect(worst).toBeLessThan(2e-6);
    });
  }
}

test("foldIn, and one key per lane", () => {
  const { memory, functions } = instantiate(1, false, (module) => {
    const fn = module.function({ params: ["i32", "i32", "i32"] });
    const [x, y] = foldIn(fn, ...fn.params);
    fn.store(0, x);
    fn.store(4, y);
    const lanes = keyOfLanes(fn, v128.load(16), v128.load(32));
    threefryVectors(fn, lanes, [i32x4.splat(fn.params[2])])[0]!.forEach((word, k) => {
      fn.store(48 + 16 * k, word);
    });
    module.export("run", fn);
  });
  const keys = [key, [0, 0], [-1, -1], [5, 2 ** 31 - 1]] as const;
  const view = new Int32Array(memory.buffer);
  const words = new Int32Array(2);
  keys.forEach(([key0, key1], lane) => {
    view[4 + lane] = key0;
    view[8 + lane] = key1;
  });
  for (const datum of [0, 1, -1, 77, -(2 ** 31)]) {
    for (const [lane, [key0, key1]] of keys.entries()) {
      threefry(key0, key1, 0, datum, words);
      functions.run!(key0, key1, datum);
      expect([view[0], view[1]]).toEqual([...words]);
      expect([view[12 + lane], view[16 + lane]]).toEqual([...words]);
    }
  }
});
