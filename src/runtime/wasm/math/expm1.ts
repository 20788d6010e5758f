import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { expm1OfReduced, reduceExp } from "./exp.js";
import { signOf, type Vector } from "./vector.js";

/** eˣ − 1 = 2·(½·2ⁿ·(eʳ − 1) + (½·2ⁿ − ½)), exact to 2 ulp also near 0; halves, lest 2¹²⁸ be written. */
export function expm1(fn: FunctionBuilder, x: V128): Vector {
  const argument = fn.let(x);
  const bounded = fn.let(f32x4.pmax(f32x4.pmin(argument, 89), -18));
  const { bits, r } = reduceExp(fn, bounded, 126);
  const scale = fn.let(i32x4.shl(bits, 23));
  const sum = f32x4.ma(expm1OfReduced(fn, r), scale, f32x4.sub(scale, 0.5));
  // −0 stays −0
  return fn.let(v128.or(f32x4.add(sum, sum), signOf(argument)));
}
