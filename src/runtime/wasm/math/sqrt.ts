import { f32x4 } from "../assembler/f32x4.js";
import type { Unary } from "./vector.js";

/** √x, correctly rounded. */
export const sqrt: Unary = (fn, x) => fn.let(f32x4.sqrt(x));

/** 1/√x, to 1 ulp. */
export const rsqrt: Unary = (fn, x) => fn.let(f32x4.div(1, f32x4.sqrt(x)));
