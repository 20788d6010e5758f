// Functions without their special cases, and the test that none of these has arisen. Who uses them must be able to start
// again with the whole functions; where they apply, the results are the same but for an ulp where exp rounds half-way cases.
import type { V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { exp } from "./exp.js";
import { isSpecial, log } from "./log.js";
import { log1p } from "./log1p.js";
import { sigmoid, softplus } from "./sigmoid.js";
import type { Vector } from "./vector.js";

/** Is told the lanes (as a mask) whose results are wrong. */
export type Guard = (violated: V128) => void;

type Guarded = (fn: FunctionBuilder, x: Vector, guard: Guard) => Vector;

/** e^±|x| is a normal number; NaN passes. */
const guardExponent = (x: V128, guard: Guard): void => guard(f32x4.gt(f32x4.abs(x), 87));

/** By name of primitive. */
export const guarded: Readonly<Record<string, Guarded>> = {
  exp: (fn, x, guard) => {
    guardExponent(x, guard);
    return exp(fn, x, { isInRange: true });
  },
  log: (fn, x, guard) => {
    guard(isSpecial(x));
    return log(fn, x, { isPositiveNormal: true });
  },
  log1p: (fn, x, guard) => {
    guard(isSpecial(f32x4.add(x, 1)));
    return log1p(fn, x, { isRegular: true });
  },
  sigmoid: (fn, x, guard) => {
    guardExponent(x, guard);
    return sigmoid(fn, x, { isInRange: true });
  },
  softplus: (fn, x, guard) => {
    guardExponent(x, guard);
    return softplus(fn, x, { isInRange: true });
  },
};
