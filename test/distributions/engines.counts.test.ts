// Counts, relaxations and mixtures on the engine `wasm` in single precision against double precision: log densities with
// their gradients, and draws from the same keys.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  betaBinomial,
  binomial,
  compile,
  type Distribution,
  dirichletMultinomial,
  engineByName,
  mixture,
  multinomial,
  negativeBinomial,
  normal,
  oneHotCategorical,
  orderedLogistic,
  poisson,
  relaxedBernoulli,
  relaxedOneHot,
  zeroInflated,
} from "elbow";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/ir/evaluate.js";
import { toNDArray } from "../../src/ir/lifted.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { valueAndGrad } from "../../src/transforms/grad.js";

type Build = (a: Tensor, b: Tensor) => Distribution<Tensor, never>;
const wasm = await engineByName("wasm");
const count = 500;

const pair = (a: Tensor, b: Tensor): Tensor => tf.stack([a, b], -1);

describe.each<[string, Build]>([
  ["betaBinomial", (a, b) => betaBinomial(9, a, b)],
  ["betaBinomial, an unknown count", (a, b) => betaBinomial(tf.scalar(9), a, b)],
  ["binomial", (a, b) => binomial(9, { logits: tf.sub(a, b) })],
  ["negativeBinomial", (a, b) => negativeBinomial(a, { logits: b })],
  ["zeroInflated", (a, b) => zeroInflated(poisson(a), tf.sigmoid(b))],
  ["orderedLogistic", (a, b) => orderedLogistic(a, pair(tf.neg(b), b))],
  ["multinomial", (a, b) => multinomial(9, { logits: pair(a, b) })],
  ["dirichletMultinomial", (a, b) => dirichletMultinomial(9, pair(a, b))],
  ["oneHotCategorical", (a, b) => oneHotCategorical({ logits: pair(a, b) })],
  ["relaxedBernoulli", (a, b) => relaxedBernoulli(a, { logits: b })],
  ["relaxedOneHot", (a, b) => relaxedOneHot(a, { logits: pair(b, a) })],
  ["mixture", (a, b) => mixture({ logits: pair(a, b) }, [normal(a, 1), normal(tf.neg(b), b)])],
])("%s", (_, build) => {
  const [a, b] = [tf.tensor1d([0.75, 2.5, 1.25]), tf.tensor1d([1.5, 0.5, 2])];
  const types = [a, b].map(({ shape }) => ({ shape, dtype: "float32" as const }));
  const draws = trace(types, (...p) => {
    const d = build(p[0]!, p[1]!);
    return [d.family.draw(d.parameters, seedKey(5), [count, ...d.batch])];
  });
  it("draws the same", () => {
    const [received] = compile(draws, { engine: wasm }).run([a, b]);
    const [expected] = evaluate(draws, [a, b].map(toNDArray));
    const elements = received!.dataSync();
    expect(received!.shape).toEqual(expected!.shape);
    // a uniform number may fall between a sum in single and one in double precision
    const different = elements.filter((x, i) => !(Math.abs(x - expected!.elements[i]!) < 1e-4));
    expect(different.length).toBeLessThan(0.005 * elements.length);
  });
  it("has the same entropy and quantiles, and their gradients", () => {
    const programs = [
      (d: Distribution<Tensor, never>) => d.family.entropy?.(d.parameters),
      (d: Distribution<Tensor, never>) => d.family.quantile?.(d.parameters, tf.scalar(0.6875)),
    ].flatMap((f) => {
      if (!f(build(a, b))) return [];
      return [
        valueAndGrad(
          trace(types, (...p) => [tf.sum(f(build(p[0]!, p[1]!))!)]),
          { wrt: [0, 1] },
        ),
      ];
    });
    for (const program of programs) {
      const received = compile(program, { engine: wasm }).run([a, b]);
      const expected = evaluate(program, [a, b].map(toNDArray));
      for (const [i, each] of received.entries())
        for (const [j, x] of each.dataSync().entries()) {
          const truth = expected[i]!.elements[j]!;
          expect(Math.abs(x - truth)).toBeLessThanOrEqual(2e-5 * Math.abs(truth) + 1e-5);
        }
    }
  });
  it("has the same log density and gradient", () => {
    const values = evaluate(draws, [a, b].map(toNDArray))[0]!;
    const value = tf.tensor(Float32Array.from(values.elements), [...values.shape]);
    const total = valueAndGrad(
      trace([...types, { shape: value.shape, dtype: "float32" }], (...p) => {
        const { family, parameters } = build(p[0]!, p[1]!);
        return [tf.mean(family.logDensity(parameters, p[2]!))];
      }),
      { wrt: [0, 1] },
    );
    const inputs = [a, b, value];
    const received = compile(total, { engine: wasm }).run(inputs);
    const expected = evaluate(total, inputs.map(toNDArray));
    for (const [i, each] of received.entries())
      for (const [j, x] of each.dataSync().entries()) {
        const truth = expected[i]!.elements[j]!;
        expect(Math.abs(x - truth)).toBeLessThanOrEqual(1e-5 * Math.abs(truth) + 2e-6);
      }
  });
});
