import { invariant } from "../../../errors.js";
import type { I32, V128 } from "./expression.js";
import { apply, expression, loading, type Opcode, simd } from "./instruction.js";

/** A constant by its 16 bytes. In a function it is a local that the prologue loads from the module's pool. */
export const constantV128 = (content: Uint8Array): V128 => {
  invariant(content.length === 16, "a v128 constant has 16 bytes");
  return expression("v128", (code) => {
    const local = code.constantLocal(content);
    code.bytes.byte(0x20);
    code.bytes.unsigned(local);
  });
};

/** The same, from the elements of a typed array of 16 bytes that nobody else writes to. */
export const constantOf = (
  elements: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>,
): V128 => constantV128(new Uint8Array(elements.buffer));

/** Constants of one number in all lanes, each made once: the same few stand all over the functions. */
export function uniformConstants(make: (value: number) => V128): (value: number) => V128 {
  const known = new Map<number, V128>();
  const negativeZero = make(-0);
  return (value) => {
    if (Object.is(value, -0)) return negativeZero;
    const found = known.get(value) ?? make(value);
    known.set(value, found);
    return found;
  };
}

const two = (code: number) => {
  const opcode = simd(code);
  return (x: V128, y: V128): V128 => apply("v128", opcode, [x, y]);
};
const [notOpcode, bitselectOpcode, shuffleOpcode] = [simd(77), simd(82), simd(13)];
const test =
  (opcode: Opcode) =>
  (x: V128): I32 =>
    apply("i32", opcode, [x]);

/** 128 bits, whatever they mean. */
export const v128 = {
  const: constantV128,
  not: (x: V128): V128 => apply("v128", notOpcode, [x]),
  and: two(78),
  /** x and not y */
  andnot: two(79),
  or: two(80),
  xor: two(81),
  /** Bits of x where the mask is 1, of y where it is 0. */
  bitselect: (x: V128, y: V128, mask: V128): V128 => apply("v128", bitselectOpcode, [x, y, mask]),
  /** 1 if any bit is set. */
  anyTrue: test(simd(83)),
  /** 1 if no 32-bit lane is zero. */
  allTrue: test(simd(163)),
  /** Four 32-bit lanes of x (0–3) and y (4–7). */
  shuffle32: (x: V128, y: V128, lanes: readonly [number, number, number, number]): V128 =>
    v128.shuffle(
      x,
      y,
      Array.from({ length: 16 }, (_, i) => 4 * lanes[i >> 2]! + (i & 3)),
    ),
  /** Sixteen bytes of x (0–15) and y (16–31). */
  shuffle: (x: V128, y: V128, lanes: readonly number[]): V128 => {
    invariant(lanes.length === 16, "a shuffle names 16 bytes");
    return apply("v128", [...shuffleOpcode, ...lanes], [x, y]);
  },
  load: loading("v128", simd(0), 2),
  load32Splat: loading("v128", simd(9), 2),
  load64Splat: loading("v128", simd(10), 2),
  /** One 32-bit word into lane 0, the others zero. */
  load32Zero: loading("v128", simd(92), 2),
  load64Zero: loading("v128", simd(93), 2),
};
