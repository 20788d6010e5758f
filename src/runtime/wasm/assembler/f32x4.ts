import type { V128 } from "./expression.js";
import { liftF32 } from "./f32.js";
import { apply, binary, expression, extracting, lifting, replacing, simd, unary } from "./instruction.js";
import { constantOf, uniformConstants } from "./v128.js";

type Operand = V128 | number;

const uniform = uniformConstants((value) => constantOf(new Float32Array(4).fill(value)));

/** A constant vector: one number for all lanes, or four. */
const constant = (value: number | readonly [number, number, number, number]): V128 =>
  typeof value === "number" ? uniform(value) : constantOf(new Float32Array(value));

export const liftF32x4 = lifting(constant);
const two = (code: number) => binary(liftF32x4, "v128", simd(code));
const one = (code: number) => unary(liftF32x4, "v128", simd(code));

const mul = two(230);
const add = two(228);
const sub = two(229);

/** relaxed SIMD's fused form if the module may use it, else the plain one. */
const fused = (opcode: number, split: (x: V128, y: V128, z: V128) => V128) => {
  const bytes = simd(opcode);
  return (x: Operand, y: Operand, z: Operand): V128 => {
    const operands = [liftF32x4(x), liftF32x4(y), liftF32x4(z)] as const;
    return expression("v128", (code) => (code.hasFma ? apply("v128", bytes, operands) : split(...operands)).emit(code));
  };
};

/** Four single-precision lanes; a plain number is a constant in all of them. Comparisons give lanes of ones or zeros. */
export const f32x4 = {
  const: constant,
  splat: unary(liftF32, "v128", simd(19)),
  extractLane: extracting("f32", simd(31)),
  replaceLane: replacing(liftF32, simd(32)),
  eq: two(65),
  ne: two(66),
  lt: two(67),
  gt: two(68),
  le: two(69),
  ge: two(70),
  ceil: one(103),
  floor: one(104),
  trunc: one(105),
  /** To the nearest integer, halves to even. */
  nearest: one(106),
  abs: one(224),
  neg: one(225),
  sqrt: one(227),
  add,
  sub,
  mul,
  div: two(231),
  /** NaN if either is; several instructions on x64. */
  min: two(232),
  max: two(233),
  /** y < x ? y : x. One instruction on x64; a NaN in x stays. */
  pmin: two(234),
  /** x < y ? y : x. One instruction on x64; a NaN in x stays. */
  pmax: two(235),
  convertI32x4S: (x: V128): V128 => apply("v128", simd(250), [x]),
  convertI32x4U: (x: V128): V128 => apply("v128", simd(251), [x]),
  /** Two doubles as the lower two lanes, zero in the upper two. */
  demoteF64x2Zero: (x: V128): V128 => apply("v128", simd(94), [x]),
  /** x·y + z in one instruction, rounded once or twice as the machine likes; needs a module with fma. */
  relaxedMadd: (x: Operand, y: Operand, z: Operand): V128 =>
    apply("v128", simd(0x105), [liftF32x4(x), liftF32x4(y), liftF32x4(z)]),
  /** z − x·y likewise. */
  relaxedNmadd: (x: Operand, y: Operand, z: Operand): V128 =>
    apply("v128", simd(0x106), [liftF32x4(x), liftF32x4(y), liftF32x4(z)]),
  /** x·y + z, fused if the module was made with fma. */
  ma: fused(0x105, (x, y, z) => add(mul(x, y), z)),
  /** z − x·y, fused if the module was made with fma. */
  nma: fused(0x106, (x, y, z) => sub(z, mul(x, y))),
};
