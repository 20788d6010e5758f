// The weights of regenerate are those that a Markov chain needs.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { cond, flip, gen, normal, observe, regenerate, run, sample, simulate } from "elbow";
import { describe, expect, it } from "vitest";

const number = (x: Tensor): number => x.dataSync()[0]!;
const normalLog = (x: number, m: number, s = 1) =>
  -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);

describe("regenerate", () => {
  it("accepted as Metropolis and Hastings say leaves the posterior, with a branch that comes and goes", () => {
    // b ~ Bernoulli(½); x ~ N(0, 1) or, if b, u ~ N(2, 1) and x ~ N(u, ½); y = 1.5 ~ N(x, 1)
    const near = gen(function* () {
      return yield* sample("x", normal(0, 1));
    });
    const far = gen(function* () {
      const u = yield* sample("u", normal(2, 1));
      return yield* sample("x", normal(u, 0.5));
    });
    const program = gen(function* () {
      const b = yield* sample("b", flip(0.5));
      const x = yield* cond("part", b, far(), near());
      yield* observe("y", normal(x, 1), 1.5);
      return x;
    });
    const evidence = [Math.exp(normalLog(1.5, 0, Math.SQRT2)), Math.exp(normalLog(1.5, 2, 1.5))];
    const truth = evidence[1]! / (evidence[0]! + evidence[1]!);
    const meanTruth = (1 - truth) * 0.75 + truth * (2 + (1.25 / 2.25) * (1.5 - 2));
    const chain = (isRight: boolean) => {
      const [bs, xs]: [number[], number[]] = [[], []];
      tf.tidy(() => {
        let trace = run(0, simulate(program()));
        for (let i = 1; i <= 3000; i++) {
          const selection = i % 2 ? (["b"] as const) : (["part"] as const);
          const next = run(i, regenerate(trace, selection));
          const threshold = isRight ? Math.log(Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1) : -Infinity;
          if (number(next.logWeight) > threshold) trace = next.trace;
          bs.push(number(trace.choices.b));
          xs.push(number(trace.returnValue));
        }
      });
      return [bs, xs].map(batchMeans);
    };
    const [b, x] = chain(true);
    expect(Math.abs(b!.mean - truth) / b!.error).toBeLessThan(5);
    expect(Math.abs(x!.mean - meanTruth) / x!.error).toBeLessThan(5);
    // a negative control: everything is accepted
    const [, wrong] = chain(false);
    expect(Math.abs(wrong!.mean - meanTruth) / wrong!.error).toBeGreaterThan(5);
  });
});

/** Mean and standard error of a chain, from the means of 30 stretches. */
function batchMeans(values: readonly number[]): { mean: number; error: number } {
  const size = values.length / 30;
  const means = Array.from({ length: 30 }, (_, i) =>
    values.slice(i * size, (i + 1) * size).reduce((s, v) => s + v / size, 0),
  );
  const mean = means.reduce((sum, each) => sum + each / 30, 0);
  return { mean, error: Math.sqrt(means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 29 / 30) };
}
