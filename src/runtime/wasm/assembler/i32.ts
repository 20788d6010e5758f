import type { F32, F64, I32, V128 } from "./expression.js";
import { apply, binary, expression, lifting, loading, miscellaneous, plain, simd, unary } from "./instruction.js";

/** A constant; signed or unsigned, it is the same 32 bits. */
const constant = (value: number): I32 =>
  expression("i32", ({ bytes }) => {
    bytes.byte(0x41);
    bytes.signed(value);
  });

export const liftI32 = lifting(constant);
const two = (code: number) => binary(liftI32, "i32", plain(code));
const one = (code: number) => unary(liftI32, "i32", plain(code));

/** 32-bit integers; a plain number is a constant. Comparisons give 1 or 0. */
export const i32 = {
  const: constant,
  eqz: one(0x45),
  eq: two(0x46),
  ne: two(0x47),
  ltS: two(0x48),
  ltU: two(0x49),
  gtS: two(0x4a),
  gtU: two(0x4b),
  leS: two(0x4c),
  leU: two(0x4d),
  geS: two(0x4e),
  geU: two(0x4f),
  clz: one(0x67),
  ctz: one(0x68),
  popcnt: one(0x69),
  add: two(0x6a),
  sub: two(0x6b),
  mul: two(0x6c),
  /** These four trap on a zero divisor. */
  divS: two(0x6d),
  divU: two(0x6e),
  remS: two(0x6f),
  remU: two(0x70),
  and: two(0x71),
  or: two(0x72),
  xor: two(0x73),
  shl: two(0x74),
  shrS: two(0x75),
  shrU: two(0x76),
  rotl: two(0x77),
  rotr: two(0x78),
  reinterpretF32: (x: F32): I32 => apply("i32", plain(0xbc), [x]),
  truncSatF32S: (x: F32): I32 => apply("i32", miscellaneous(0), [x]),
  truncSatF32U: (x: F32): I32 => apply("i32", miscellaneous(1), [x]),
  truncSatF64S: (x: F64): I32 => apply("i32", miscellaneous(2), [x]),
  truncSatF64U: (x: F64): I32 => apply("i32", miscellaneous(3), [x]),
  /** One bit per 32-bit lane: its sign. */
  bitmaskI32x4: (x: V128): I32 => apply("i32", simd(164), [x]),
  load: loading("i32", plain(0x28), 2),
  load8S: loading("i32", plain(0x2c), 0),
  load8U: loading("i32", plain(0x2d), 0),
  load16S: loading("i32", plain(0x2e), 1),
  load16U: loading("i32", plain(0x2f), 1),
  /** The address of bytes that stand in the module's pool of constants, 16-byte aligned. */
  addressOf: (content: Uint8Array): I32 =>
    expression("i32", (code) => {
      const offset = code.poolOffset(content);
      code.bytes.opcode([0x23, 0]); // global 0 is the pool's address
      code.bytes.byte(0x41);
      code.bytes.signed(offset);
      code.bytes.byte(0x6a);
    }),
};
