// Particle filters as algorithms of marginal, against sums over all paths of states.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  exactEnumeration,
  flip,
  gen,
  marginal,
  normal,
  normalize,
  objective,
  observe,
  run,
  sample,
  scan,
  sequentialMonteCarlo,
  simulate,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../../support/estimates.js";

const y = tf.tensor1d([1.2, -0.4, 0.9]);
/** A scale that is kept, and three states of two values that are summed out. */
const model = gen(function* () {
  const shift = yield* sample("shift", normal(0, 1));
  const step = gen(function* (before: Tensor, now: Tensor) {
    const z = yield* sample("z", flip(tf.add(0.2, tf.mul(0.6, before))));
    yield* observe("y", normal(tf.add(z, shift), 0.8), now);
    return { carry: z as Tensor, output: z as Tensor };
  });
  const { outputs } = yield* scan("steps", step, tf.scalar(0), y);
  return outputs;
});
const at = { shift: tf.scalar(0.3) };
const exact = run(0, assess(marginal(model(), { keep: "shift", algorithm: exactEnumeration() }), at)).dataSync()[0]!;
const resamplings = [
  ["every time", {}],
  ["where the effective size has fallen", { threshold: 0.8 }],
] as const;
type Found = [[Parameters<typeof zScore>[0]]];

describe("sequentialMonteCarlo", () => {
  it("the truth, by hand", () => {
    const logNormal = (x: number, m: number, s: number) =>
      -0.5 * ((x - m) / s) ** 2 - Math.log(s * Math.sqrt(2 * Math.PI));
    let alpha = [1, 0];
    for (const now of [1.2, -0.4, 0.9]) {
      const p = alpha[0]! * 0.2 + alpha[1]! * 0.8;
      const q = alpha[0]! * 0.8 + alpha[1]! * 0.2;
      alpha = [q * Math.exp(logNormal(now, 0.3, 0.8)), p * Math.exp(logNormal(now, 1.3, 0.8))];
    }
    expect(exact).toBeCloseTo(Math.log(alpha[0]! + alpha[1]!) + logNormal(0.3, 0, 1), 5);
  });
  it.each(resamplings)("density, resampled %s", (_, resampling) => {
    const algorithm = sequentialMonteCarlo({ particles: 3, resampling });
    const L = objective(function* (_: object) {
      return tf.exp(tf.sub(yield* assess(marginal(model(), { keep: "shift", algorithm }), at), exact));
    });
    const [[found]] = estimateMoments(L, {}, [], { draws: 10_000 }) as Found;
    expect(Math.abs(zScore(found, 1))).toBeLessThan(5);
  });
  it.each(resamplings)("its reciprocal where the states come from the posterior, resampled %s", (_, resampling) => {
    const algorithm = sequentialMonteCarlo({ particles: 3, resampling });
    const given = gen(function* () {
      const step = gen(function* (before: Tensor, now: Tensor) {
        const z = yield* sample("z", flip(tf.add(0.2, tf.mul(0.6, before))));
        yield* observe("y", normal(tf.add(z, 0.3), 0.8), now);
        return { carry: z as Tensor };
      });
      yield* scan("steps", step, tf.scalar(0), y);
    });
    const posterior = normalize(given(), { algorithm: exactEnumeration() });
    const of = (isConditional: boolean) =>
      objective(function* (_: object) {
        const { choices } = yield* simulate(posterior);
        const problem = { program: model(), kept: at };
        const drawn = { auxiliary: choices as never, logJoint: tf.scalar(0), logConditional: tf.scalar(0) };
        const estimate = yield* isConditional ? algorithm.reciprocal(problem, drawn) : algorithm.density(problem);
        return tf.exp(tf.sub(exact, estimate));
      });
    const [[found]] = estimateMoments(of(true), {}, [], { draws: 10_000 }) as Found;
    expect(Math.abs(zScore(found, 1))).toBeLessThan(5);
    // a filter that has not seen them has another reciprocal (negative control)
    const [[wrong]] = estimateMoments(of(false), {}, [], { draws: 10_000 }) as Found;
    expect(Math.abs(zScore(wrong, 1))).toBeGreaterThan(5);
  });
  it("refuses programs of another form", () => {
    const algorithm = sequentialMonteCarlo({ particles: 3 });
    const none = gen(function* () {
      yield* sample("shift", normal(0, 1));
    });
    expect(() => run(0, assess(marginal(none(), { keep: "shift", algorithm }), at))).toThrow(/has none/);
    const goesOn = gen(function* () {
      yield* sample("shift", normal(0, 1));
      const step = gen(function* (carry: Tensor, _t: Tensor) {
        return { carry: (yield* sample("z", normal(carry, 1))) as Tensor };
      });
      const { carry } = yield* scan("steps", step, tf.scalar(0), 2);
      yield* observe("y", normal(carry, 1), 0);
    });
    expect(() => run(0, assess(marginal(goesOn(), { keep: "shift", algorithm }), at))).toThrow(/goes on after it/);
  });
});
