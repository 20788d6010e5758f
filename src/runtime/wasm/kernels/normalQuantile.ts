import { quantileRatios } from "../../../util/normalQuantile.js";
import type { F64 } from "../assembler/expression.js";
import { f64 } from "../assembler/f64.js";
import { float64Function, log, polynomial, when } from "./float64.js";

const ratio = ({ top, bottom }: { top: readonly number[]; bottom: readonly number[] }, x: F64): F64 =>
  f64.div(polynomial(top, x), polynomial(bottom, x));

/** The standard normal quantile of 0 < p < 1: src/util/normalQuantile.ts in double precision. */
export const normalQuantile = float64Function("normalQuantile", ["f64"], (fn, p) => {
  const q = fn.let(f64.sub(p, 0.5));
  fn.if(f64.le(f64.abs(q), 0.425), () => {
    const inside = fn.let(f64.sub(0.180625, f64.mul(q, q)));
    fn.return(f64.mul(q, ratio(quantileRatios.central, inside)));
  });
  const logarithm = log(fn, when(f64.lt(q, 0), p, f64.sub(1, p)));
  const r = fn.let(f64.sqrt(f64.neg(logarithm)));
  const x = fn.local("f64");
  fn.if(
    f64.le(r, 5),
    () => fn.set(x, ratio(quantileRatios.middle, f64.sub(r, 1.6))),
    () => fn.set(x, ratio(quantileRatios.tail, f64.sub(r, 5))),
  );
  fn.return(f64.copysign(x, q));
});
