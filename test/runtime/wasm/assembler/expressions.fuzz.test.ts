// Random expression trees, written as code and evaluated in JavaScript at once.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { F32, I32, V128 } from "../../../../src/runtime/wasm/assembler/expression.js";
import { f32 } from "../../../../src/runtime/wasm/assembler/f32.js";
import { f32x4 } from "../../../../src/runtime/wasm/assembler/f32x4.js";
import type { FunctionBuilder } from "../../../../src/runtime/wasm/assembler/functionBuilder.js";
import { i32 } from "../../../../src/runtime/wasm/assembler/i32.js";
import { i32x4 } from "../../../../src/runtime/wasm/assembler/i32x4.js";
import { select } from "../../../../src/runtime/wasm/assembler/select.js";
import { v128 } from "../../../../src/runtime/wasm/assembler/v128.js";
import { instantiate } from "../support.js";

/** A tree with its code and its value; shared nodes become locals. */
interface Node<E, T> {
  readonly code: (fn: FunctionBuilder) => E;
  readonly value: T;
}
type Int = Node<I32, number>;
type Float = Node<F32, number>;
type Vector = Node<V128, Int32Array>;

/** A node made of others; what their types are, each use knows. */
const map =
  <E, T>(code: (...args: any[]) => E, value: (...args: any[]) => T) =>
  (...nodes: Node<unknown, unknown>[]): Node<E, T> => ({
    code: (fn) => code(...nodes.map((node) => node.code(fn))),
    value: value(...nodes.map((node) => node.value)),
  });

const lanes =
  (f: (...words: number[]) => number) =>
  (...vectors: Int32Array[]) =>
    Int32Array.from([0, 1, 2, 3], (k) => f(...vectors.map((each) => each[k]!)));
const view = new DataView(new ArrayBuffer(4));
/** Words as floats; NaN has one representation here. */
function toFloat(word: number): number {
  view.setInt32(0, word);
  return view.getFloat32(0);
}
function toWord(x: number): number {
  view.setFloat32(0, x);
  return view.getInt32(0);
}
const noNaN = (x: number): boolean => !Number.isNaN(x);

const { int, float, vector } = fc.letrec<{ int: Int; float: Float; vector: Vector }>((tie) => {
  const two = <N extends Node<unknown, unknown>>(
    of: fc.Arbitrary<Node<unknown, unknown>>,
    f: (...nodes: Node<unknown, unknown>[]) => N,
  ) => fc.tuple(of, of).map((nodes) => f(...nodes));
  const ints = tie("int") as fc.Arbitrary<Int>;
  const floats = tie("float") as fc.Arbitrary<Float>;
  const vectors = tie("vector") as fc.Arbitrary<Vector>;
  const constants = { depthSize: "medium", withCrossShrink: true } as const;
  return {
    int: fc.oneof(
      constants,
      fc.integer().map((x) => ({ code: () => i32.const(x), value: x })),
      two(
        ints,
        map(i32.add, (x, y) => (x! + y!) | 0),
      ),
      two(
        ints,
        map(i32.mul, (x, y) => Math.imul(x!, y!)),
      ),
      two(
        ints,
        map(i32.xor, (x, y) => x! ^ y!),
      ),
      two(
        ints,
        map(i32.rotl, (x, y) => (x! << y!) | (x! >>> -y!)),
      ),
      two(
        ints,
        map(i32.ltU, (x, y) => (x! >>> 0 < y! >>> 0 ? 1 : 0)),
      ),
      ints.map((x) => ({ code: (fn: FunctionBuilder) => fn.let(x.code(fn)), value: x.value })),
      fc.tuple(ints, ints, ints).map((nodes) =>
        map(
          (c: I32, x: I32, y: I32) => select(c, x, y),
          (c, x, y) => (c ? x! : y!),
        )(...nodes),
      ),
      floats.map(
        map(i32.truncSatF32S, (x) =>
          Number.isNaN(x) ? 0 : Math.trunc(Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x!))) + 0,
        ),
      ),
      vectors.map(
        map(
          (x) => i32x4.extractLane(x!, 1),
          (x) => x![1]!,
        ),
      ),
    ),
    float: fc.oneof(
      constants,
      fc.float({ noNaN: true }).map((x) => ({ code: () => f32.const(x), value: x })),
      two(
        floats,
        map(f32.add, (x, y) => Math.fround(x! + y!)),
      ),
      two(
        floats,
        map(f32.mul, (x, y) => Math.fround(x! * y!)),
      ),
      two(
        floats,
        map(f32.min, (x, y) => Math.min(x!, y!)),
      ),
      floats.map(map(f32.floor, (x) => Math.floor(x!))),
      floats.map((x) => ({ code: (fn: FunctionBuilder) => fn.let(x.code(fn)), value: x.value })),
      ints.map(map(f32.convertI32S, (x) => Math.fround(x!))),
    ),
    vector: fc.oneof(
      constants,
      fc.array(fc.integer(), { minLength: 4, maxLength: 4 }).map((x) => ({
        code: () => i32x4.const(x as [number, number, number, number]),
        value: Int32Array.from(x),
      })),
      ints.map(map(i32x4.splat, (x) => new Int32Array(4).fill(x!))),
      floats.filter((x) => noNaN(x.value)).map(map(f32x4.splat, (x) => new Int32Array(4).fill(toWord(x!)))),
      two(
        vectors,
        map(
          i32x4.add,
          lanes((x, y) => x! + y!),
        ),
      ),
      two(
        vectors,
        map(
          v128.xor,
          lanes((x, y) => x! ^ y!),
        ),
      ),
      two(
        vectors,
        map(
          i32x4.gtS,
          lanes((x, y) => (x! > y! ? -1 : 0)),
        ),
      ),
      two(
        vectors,
        map(
          f32x4.lt,
          lanes((x, y) => (toFloat(x!) < toFloat(y!) ? -1 : 0)),
        ),
      ),
      vectors.map((x) => ({ code: (fn: FunctionBuilder) => fn.let(x.code(fn)), value: x.value })),
      two(
        vectors,
        map(
          (x, y) => v128.shuffle32(x!, y!, [4, 1, 6, 3]),
          (x, y) => Int32Array.of(y![0]!, x![1]!, y![2]!, x![3]!),
        ),
      ),
      vectors.map(
        map(
          (x) => f32x4.sqrt(f32x4.convertI32x4U(x!)),
          lanes((x) => toWord(Math.sqrt(Math.fround(x! >>> 0)))),
        ),
      ),
      two(
        vectors,
        map(
          (a, b) => f32x4.add(f32x4.convertI32x4S(a), f32x4.convertI32x4S(b)),
          lanes((a, b) => toWord(Math.fround(a!) + Math.fround(b!))),
        ),
      ),
    ),
  };
});

test("random trees of scalars and vectors", () => {
  fc.assert(
    fc.property(int, float, vector, (i, f, v) => {
      const { functions, memory } = instantiate(1, false, (module) => {
        const fn = module.function({ params: [] });

        fn.store(0, v.code(fn));
        fn.store(16, i.code(fn));
        fn.store(20, f.code(fn));
        module.export("run", fn);
      });
      functions.run!();
      expect([...new Int32Array(memory.buffer, 0, 5)]).toEqual([...v.value, i.value]);
      expect(new Float32Array(memory.buffer, 20, 1)[0]).toBe(f.value);
    }),
    { numRuns: 1500 },
  );
});
