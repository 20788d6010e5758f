import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Distribution,
  enumerate,
  flip,
  measureValued,
  normal,
  objective,
  reinforce,
  reparam,
  sample,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../support/estimates.js";

// x ~ N(θ, 1), b ~ flip(σ(x)), y ~ N(b ? 2 : −1, 1), L = E y² = 2 + 3·E σ(x): the derivatives by quadrature over x
const theta = 0.3;
const draws = 100_000;
function expectation(f: (x: number) => number): number {
  const step = 1e-3;
  let total = 0;
  for (let e = -10; e <= 10; e += step) total += f(theta + e) * Math.exp(-0.5 * e * e) * step;
  return total / Math.sqrt(2 * Math.PI);
}
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const truth = {
  value: 2 + 3 * expectation(sigmoid),
  first: 3 * expectation((x) => sigmoid(x) * (1 - sigmoid(x))),
  second: 3 * expectation((x) => sigmoid(x) * (1 - sigmoid(x)) * (1 - 2 * sigmoid(x))),
};

type Normal = ReturnType<typeof normal>;
type Flip = ReturnType<typeof flip>;
type Ways<D> = Record<string, (d: D) => Distribution<Tensor, never>>;
const xs: Ways<Normal> = {
  reparam: (d) => reparam(d),
  reinforce: (d) => reinforce(d),
  "reinforce with copies": (d) => reinforce(d, { copies: 3 }),
  measureValued: (d) => measureValued(d),
};
const bs: Ways<Flip> = {
  enumerate: (d) => enumerate(d),
  reinforce: (d) => reinforce(d),
  "reinforce with a baseline": (d) => reinforce(d, { baseline: 2.5 }),
  "reinforce with a decaying baseline": (d) => reinforce(d, { baseline: { decay: 0.9 } }),
  "reinforce with copies": (d) => reinforce(d, { copies: 4 }),
  measureValued: (d) => measureValued(d),
};
const ys: Ways<Normal> = {
  reparam: (d) => reparam(d),
  reinforce: (d) => reinforce(d),
  measureValued: (d) => measureValued(d),
};

describe("x ~ N(θ,1), b ~ flip(σ(x)), y ~ N(b ? 2 : −1, 1), E y²", () => {
  it("quadrature agrees with the published truth", () => {
    expect(truth.value).toBeCloseTo(3.68512, 5);
    expect(truth.first).toBeCloseTo(0.611504, 6);
  });

  for (const [xName, onX] of Object.entries(xs))
    for (const [bName, onB] of Object.entries(bs))
      for (const [yName, onY] of Object.entries(ys)) {
        const L = objective(function* ({ th }: { th: Tensor }) {
          const x = yield* sample("x", onX(normal(th, 1)));
          const b = yield* sample("b", onB(flip(tf.sigmoid(x))));
          const y = yield* sample("y", onY(normal(b.mul(3).sub(1), 1)));
          return y.square();
        });
        // parameters that are fixed values per draw or lane make a measure-valued part drop out and leave any order exact:
        // b's where x is scored, y's unless b itself is measure-valued
        const isFirstOrder =
          xName === "measureValued" ||
          (bName === "measureValued" && (xName === "reparam" || yName === "measureValued"));
        it(`${xName} · ${bName} · ${yName}`, () => {
          const [value, first] = estimateMoments(L, { th: tf.scalar(theta) }, [], { draws });
          expect(Math.abs(zScore(value![0]!, truth.value))).toBeLessThan(5);
          expect(Math.abs(zScore(first![0]!, truth.first))).toBeLessThan(5);
          const hessian = () =>
            estimateMoments(L, { th: tf.scalar(theta) }, [], { draws, derived: "hvp" }, [tf.scalar(1)]);
          if (isFirstOrder) expect(hessian).toThrow(/exact to first order only/);
          else expect(Math.abs(zScore(hessian()[0]![0]!, truth.second))).toBeLessThan(5);
        });
      }

  it("the test sees a dropped score term (negative control)", () => {
    const biased = objective(function* ({ th }: { th: Tensor }) {
      const x = yield* sample("x", reparam(normal(th, 1)));
      const b = yield* sample("b", reinforce(flip(tf.sigmoid(x.mul(0).add(theta)))));
      const y = yield* sample("y", reparam(normal(b.mul(3).sub(1), 1)));
      return y.square();
    });
    const [, first] = estimateMoments(biased, { th: tf.scalar(theta) }, [], { draws });
    expect(Math.abs(zScore(first![0]!, truth.first))).toBeGreaterThan(5);
  });
});
