// The smallest k with P(K ≤ k) ≥ u for K ~ Poisson(rate): src/util/poisson.ts in double precision, step by step.
import { broadcastStrides } from "../../../util/shapes.js";
import { f32 } from "../assembler/f32.js";
import { f64 } from "../assembler/f64.js";
import { i32 } from "../assembler/i32.js";
import { exp, float64Function, log1p, polynomial, when } from "./float64.js";
import type { Kernel, Operand } from "./kernel.js";
import { normalQuantile } from "./normalQuantile.js";
import { byteStrides, collapsed, forEachPlace, wordBytes } from "./walks.js";

/** e^−rate·rateᵏ/k!: a product, or Loader's saddle-point form. */
const probability = float64Function("poissonProbability", ["f64", "f64"], (fn, k, rate) => {
  fn.if(f64.lt(k, 10), () => {
    const p = exp(fn, f64.neg(rate));
    const i = fn.let(f64.const(1));
    fn.while(f64.le(i, k), () => {
      fn.set(p, f64.mul(p, f64.div(rate, i)));
      fn.set(i, f64.add(i, 1));
    });
    fn.return(p);
  });
  const inverse = fn.let(f64.div(1, f64.mul(k, k)));
  const stirlingError = f64.div(polynomial([1 / 12, -1 / 360, 1 / 1260, -1 / 1680], inverse), k);
  const t = fn.let(f64.div(f64.sub(k, rate), rate));
  const logarithm = log1p(fn, t);
  const deviance = f64.mul(rate, f64.sub(f64.mul(f64.add(t, 1), logarithm), t));
  const scale = exp(fn, f64.sub(f64.neg(stirlingError), deviance));
  fn.return(f64.div(scale, f64.sqrt(f64.mul(k, 2 * Math.PI))));
});

/** P(K ≤ k), summed downwards from k until the terms no longer count. */
const cumulative = float64Function("poissonCumulative", ["f64", "f64"], (fn, k, rate) => {
  const sum = fn.let(f64.const(0));
  const i = fn.let(k);
  const p = probability(fn, k, rate);
  fn.while(f64.ge(i, 0), () => {
    fn.set(sum, f64.add(sum, p));
    const isOver = i32.and(f64.lt(i, rate), f64.lt(p, f64.mul(sum, 1e-17)));
    fn.set(p, f64.mul(p, f64.div(i, rate)));
    // −1 ends the loop.
    fn.set(i, when(isOver, -1, f64.sub(i, 1)));
  });
  fn.return(f64.min(sum, 1));
});

/** Walks from an estimate to the quantile. */
const walk = float64Function("poissonWalk", ["f64", "f64", "f64"], (fn, u, rate, estimate) => {
  const k = fn.let(estimate);
  const below = cumulative(fn, k, rate);
  const p = probability(fn, k, rate);
  fn.if(f64.ge(below, u), () => {
    fn.while(i32.and(f64.gt(k, 0), f64.ge(f64.sub(below, p), u)), () => {
      fn.set(below, f64.sub(below, p));
      fn.set(p, f64.mul(p, f64.div(k, rate)));
      fn.set(k, f64.sub(k, 1));
    });
    fn.return(k);
  });
  fn.while(f64.lt(below, u), () => {
    fn.set(k, f64.add(k, 1));
    fn.set(p, f64.mul(p, f64.div(rate, k)));
    fn.if(i32.and(f64.lt(p, f64.mul(below, 1e-18)), f64.gt(k, rate)), () => fn.return(k));
    fn.set(below, f64.add(below, p));
  });
  fn.return(k);
});

/** From here on neighbouring doubles are about as far apart as integers: nothing can be walked. */
const hugeRate = 2 ** 50;

const quantile = float64Function("poissonQuantile", ["f64", "f64"], (fn, u, rate) => {
  fn.if(i32.eqz(i32.and(f64.ge(rate, 0), f64.eq(u, u))), () => fn.return(f64.const(Number.NaN)));
  fn.if(f64.ge(u, 1), () => fn.return(when(f64.eq(rate, 0), 0, Number.POSITIVE_INFINITY)));
  fn.if(i32.or(f64.le(u, 0), f64.eq(rate, 0)), () => fn.return(f64.const(0)));
  fn.if(f64.eq(rate, Number.POSITIVE_INFINITY), () => fn.return(rate));
  const z = normalQuantile(fn, u);
  const w = fn.let(f64.mul(z, z));
  fn.if(i32.and(i32.or(f64.lt(rate, 1000), f64.gt(w, 36)), f64.lt(rate, hugeRate)), () =>
    fn.return(walk(fn, u, rate, f64.floor(rate))),
  );
  const s = fn.let(f64.sqrt(rate));
  const first = f64.add(f64.add(rate, f64.mul(s, z)), f64.add(f64.div(w, 6), 1 / 3));
  const second = f64.div(f64.mul(z, f64.add(w, 2)), f64.mul(s, 72));
  const third = f64.div(polynomial([-8 / 405, 7 / 810, 1 / 270], w), rate);
  const expansion = fn.let(f64.add(f64.sub(first, second), third));
  const error = f64.div(polynomial([0.025, 1 / 80, 1 / 160], w), rate);
  const nearest = fn.let(f64.floor(f64.add(expansion, 0.5)));
  const isClear = f64.gt(f64.abs(f64.sub(expansion, nearest)), error);
  fn.if(i32.or(isClear, f64.ge(rate, hugeRate)), () => fn.return(f64.floor(expansion)));
  fn.return(walk(fn, u, rate, f64.sub(nearest, 1)));
});

export const poissonQuantile: Kernel = ({ fn }, inputs, [out]) => {
  const walks = [
    ...inputs.map(({ address, shape }: Operand) => ({
      start: address,
      steps: broadcastStrides(shape, out!.shape).map((step) => step * wordBytes),
    })),
    { start: out!.address, steps: byteStrides(out!.shape) },
  ];
  const merged = collapsed(out!.shape, walks);
  forEachPlace(fn, merged.sizes, merged.walks, ([u, rate, to]) =>
    fn.scope(() => {
      const double = (address: typeof u) => f64.promoteF32(f32.load(address!));
      fn.store(to!, f32.demoteF64(quantile(fn, double(u), double(rate))));
    }),
  );
};
