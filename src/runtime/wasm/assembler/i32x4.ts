import type { I32, V128 } from "./expression.js";
import { liftI32 } from "./i32.js";
import { apply, binary, expression, extracting, lifting, replacing, simd, unary } from "./instruction.js";
import { constantOf, uniformConstants } from "./v128.js";

const uniform = uniformConstants((value) => constantOf(new Int32Array(4).fill(value | 0)));

/** A constant vector: one integer for all lanes, or four; signed or unsigned. */
const constant = (value: number | readonly [number, number, number, number]): V128 =>
  typeof value === "number" ? uniform(value) : constantOf(Int32Array.from(value, (x) => x | 0));

export const liftI32x4 = lifting(constant);
const two = (code: number) => binary(liftI32x4, "v128", simd(code));
const one = (code: number) => unary(liftI32x4, "v128", simd(code));
const [shlOpcode, shrUOpcode, orOpcode] = [simd(171), simd(173), simd(80)];
const shift = (code: number) => {
  const opcode = simd(code);
  return (x: V128, by: I32 | number): V128 => apply("v128", opcode, [x, liftI32(by)]);
};
const shifts = Array.from({ length: 32 }, (_, by) => ({
  left: [0x41, by, ...shlOpcode],
  right: [0x41, by, ...shrUOpcode, ...orOpcode],
}));

/** The bits of a value that is cheap to write twice, moved round to the left by 1 to 31: both shifts in one. */
function rotl(x: V128, by: number): V128 {
  return expression("v128", (code) => {
    x.emit(code);
    code.bytes.opcode(shifts[by]!.left);
    x.emit(code);
    code.bytes.opcode(shifts[32 - by]!.right);
  });
}

/** Four 32-bit integer lanes; a plain number is a constant in all of them. Comparisons give lanes of ones or zeros. */
export const i32x4 = {
  const: constant,
  splat: unary(liftI32, "v128", simd(17)),
  extractLane: extracting("i32", simd(27)),
  replaceLane: replacing(liftI32, simd(28)),
  eq: two(55),
  ne: two(56),
  ltS: two(57),
  ltU: two(58),
  gtS: two(59),
  gtU: two(60),
  leS: two(61),
  leU: two(62),
  geS: two(63),
  geU: two(64),
  abs: one(160),
  neg: one(161),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  rotl,
  add: two(174),
  sub: two(177),
  mul: two(181),
  minS: two(182),
  minU: two(183),
  maxS: two(184),
  maxU: two(185),
  /** Towards zero, saturating, NaN to 0; several instructions on x64. */
  truncSatF32x4S: (x: V128): V128 => apply("v128", simd(248), [x]),
  truncSatF32x4U: (x: V128): V128 => apply("v128", simd(249), [x]),
  /** Two doubles as the lower two lanes, zero in the upper two. */
  truncSatF64x2SZero: (x: V128): V128 => apply("v128", simd(252), [x]),
};
