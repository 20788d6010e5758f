// |x| = q·π/2 + r with an integer q and |r| ≤ π/4, exact for every finite x.

import type { F64, V128 } from "../assembler/expression.js";
import { f32 } from "../assembler/f32.js";
import { f32x4 } from "../assembler/f32x4.js";
import { f64 } from "../assembler/f64.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { Callable, FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { toDoubles, toSingles, type Vector } from "./vector.js";

export interface Angle {
  /** The quadrant: its two low bits count. */
  readonly q: Vector;
  readonly r: Vector;
}

const magic = 1.5 * 2 ** 52;
/** π/2 in two parts: q times the first is exact for q < 2²⁴. */
const halfPi = { high: 1.570796325802803, low: 9.920935796805404e-10 } as const;

/** From here on x is reduced by Payne and Hanek's method. */
const large = 2 ** 22;
/** The first 256 bits of 2/π. */
const twoOverPi = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561n;
const bits = 256n;

/**
 * For x = m·2ᴱ with an integer m < 2²⁴ and E = −1, 0, …, 104: 2ᴱ·2/π modulo 4 as a double of 29 bits (which m multiplies
 * exactly) and one of the bits that follow.
 */
function periodTable(): Uint8Array {
  const table = new Float64Array(2 * 106);
  for (let k = 0; k < 106; k++) {
    const scaled = ((twoOverPi << BigInt(k)) >> 1n) % (4n << bits);
    const rest = bits - 27n;
    table[2 * k] = Number(scaled >> rest) / 2 ** 27;
    table[2 * k + 1] = Number(scaled % (1n << rest)) / 2 ** 256;
  }
  return new Uint8Array(table.buffer);
}

/** For x ≥ 2²²: r in lane 0, q in lane 1. */
const reduceLarge = (fn: FunctionBuilder): Callable<readonly ["f32"], "v128"> =>
  fn.surroundings.helper("reduceLargeAngle", { params: ["f32"], result: "v128" }, (helper, x) => {
    const word = helper.let(i32.reinterpretF32(x));
    const exponent = helper.let(i32.shrU(word, 23));
    helper.if(i32.geS(exponent, 255), () => helper.return(f32x4.const(Number.NaN)));
    const m = helper.let(f64.convertI32S(i32.or(i32.and(word, 0x7fffff), 0x800000)));
    // exponent 149 is E = −1
    const entry = helper.let(i32.add(i32.addressOf(periodTable()), i32.shl(i32.sub(exponent, 149), 4)));
    const first = helper.let(f64.mul(m, f64.load(entry)));
    const whole = helper.let(f64.nearest(first));
    const part: F64 = helper.let(f64.add(f64.sub(first, whole), f64.mul(m, f64.load(entry, 8))));
    const carry = helper.let(f64.nearest(part));
    const r = f32.demoteF64(f64.mul(f64.sub(part, carry), Math.PI / 2));
    const q = i32.truncSatF64S(f64.add(whole, carry));
    helper.return(i32x4.replaceLane(f32x4.splat(r), 1, q));
  });

/** Reduces a ≥ 0. In doubles: single precision loses digits where a is near a multiple of π/2. */
export function reduceAngle(fn: FunctionBuilder, a: Vector): Angle {
  const [low, high] = toDoubles(fn, a).map((x) => {
    const count = fn.let(f64x2.add(f64x2.mul(x, 2 / Math.PI), magic));
    const n = fn.let(f64x2.sub(count, magic));
    const r = f64x2.sub(f64x2.sub(x, f64x2.mul(n, halfPi.high)), f64x2.mul(n, halfPi.low));
    return { count, r: fn.let(r) };
  });
  const r = fn.let(toSingles([low!.r, high!.r]));
  const q = fn.let(v128.shuffle32(low!.count, high!.count, [0, 2, 4, 6]));
  const isLarge = fn.let(f32x4.ge(a, large));
  fn.if(v128.anyTrue(isLarge), () => {
    const reduced = [0, 1, 2, 3].map((lane) => fn.call(reduceLarge(fn), f32.max(f32x4.extractLane(a, lane), large)));
    const pairs = [0, 2].map((k) => v128.shuffle32(reduced[k]!, reduced[k + 1]!, [0, 4, 1, 5]));
    const join = (part: number): V128 => v128.shuffle32(pairs[0]!, pairs[1]!, part === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]);
    fn.set(r, v128.bitselect(join(0), r, isLarge));
    fn.set(q, v128.bitselect(join(1), q, isLarge));
  });
  return { q, r };
}
