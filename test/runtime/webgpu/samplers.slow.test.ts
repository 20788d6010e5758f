// Draws of the engine webgpu: those of the double-precision samplers for the same keys, and of the right distribution.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { poissonQuantile } from "../../../src/ir/primitives/poissonQuantile.js";
import * as samplers from "../../../src/ir/primitives/samplers.js";
import { sphereAngleDraw } from "../../../src/ir/primitives/vonMisesFisher.js";
import type { NDArray, Program, Variable } from "../../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import type { WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { gammainc } from "../../../src/util/special/gammainc.js";
import { vonMisesCdf } from "../../../src/util/special/vonMises.js";
import { randomFrom } from "../../ir/conformance/conformance.js";
import { available } from "../available.js";

const engine = (await available("webgpu")) as WebgpuEngine | undefined;
const count = 40_000;
const random = randomFrom(31);

type Apply = (...operands: Variable[]) => Variable;
interface Sampler {
  readonly apply: Apply;
  readonly dtypes: readonly NDArray["dtype"][];
}

const keyed = (operation: unknown, ...dtypes: NDArray["dtype"][]): Sampler => ({
  apply: operation as Apply,
  dtypes: ["int32", "int32", ...dtypes],
});
const gamma = keyed(samplers.logGammaDraw, "float32");
const vonMises = keyed(samplers.vonMisesDraw, "float32");
const binomial = keyed(samplers.binomialDraw, "float32", "float32");
const sphereAngle = keyed(sphereAngleDraw, "float32", "int32");
const poisson: Sampler = { apply: poissonQuantile as Apply, dtypes: ["float32", "float32"] };

/** Random words, or uniform numbers as `randomUniform` gives them. */
const noise = (dtype: NDArray["dtype"]): Float64Array =>
  Float64Array.from({ length: count }, () =>
    dtype === "int32" ? Math.floor(random() * 2 ** 32) - 2 ** 31 : (Math.floor(random() * 2 ** 23) + 0.5) / 2 ** 23,
  );

function application(
  { apply, dtypes }: Sampler,
  parameters: readonly number[],
): { program: Program; inputs: NDArray[] } {
  const noisy = dtypes.length - parameters.length;
  const inputs = dtypes.map(
    (dtype, i): NDArray =>
      i < noisy
        ? { shape: [count], dtype, elements: noise(dtype) }
        : { shape: [], dtype, elements: Float64Array.of(Math.fround(parameters[i - noisy]!)) },
  );
  return { program: build(inputs, (...operands) => [apply(...operands)]), inputs };
}

async function drawn(program: Program, inputs: readonly NDArray[]): Promise<Float64Array> {
  const executable = engine!.compile(program);
  expect(executable.details!().hostEvaluated).toEqual([]);
  const tensors = inputs.map(tensorFromNDArray);
  const outputs = await executable.runAsync(tensors);
  const [result] = await Promise.all(outputs.map(ndarrayFromTensorAsync));
  tf.dispose([tensors, outputs]);
  executable.dispose();
  return result!.elements;
}

/** √n·sup |F̂ − F|: above 2.2 with a probability of 1.2·10⁻⁴. */
function kolmogorov(draws: Float64Array, cdf: (x: number) => number): number {
  let most = 0;
  draws.toSorted().forEach((x, i) => {
    const p = cdf(x);
    most = Math.max(most, Math.abs(p - i / count), Math.abs(p - (i + 1) / count));
  });
  return Math.sqrt(count) * most;
}

/** (χ² − ν)/√2ν of counts against their probabilities, from the cells where at least 10 are expected. */
function chiSquare(draws: Float64Array, ratio: (k: number) => number, probabilityOf0: number): number {
  const found: number[] = [];
  for (const k of draws) found[k] = (found[k] ?? 0) + 1;
  let [sum, cells, p] = [0, 0, probabilityOf0];
  for (let k = 0; k < 1000; p *= ratio(++k)) {
    if (count * p < 10) continue;
    sum += ((found[k] ?? 0) - count * p) ** 2 / (count * p);
    cells++;
  }
  return (sum - cells) / Math.sqrt(2 * cells);
}

describe.skipIf(!engine)("samplers on webgpu", () => {
  beforeAll(() => tf.setBackend("cpu"));

  test.each<[string, Sampler, number[][]]>([
    ["gamma", gamma, [[0.05], [0.7], [1], [2.5], [40], [1e4], [1e7]]],
    ["von Mises", vonMises, [[1e-7], [0.01], [0.8], [4], [200], [1e5]]],
    [
      "binomial",
      binomial,
      [
        [1, 0.4],
        [20, 0.3],
        [1e6, 3e-6],
        [50, 0.4],
        [90, 0.85],
        [1000, 0.3],
        [1e6, 0.2],
      ],
    ],
    [
      "von Mises–Fisher",
      sphereAngle,
      [
        [0.1, 3],
        [2, 2],
        [5, 4],
        [300, 20],
      ],
    ],
    ["Poisson", poisson, [[0.02], [1.3], [15], [250], [399], [1000.3], [1e5], [1e7]]],
  ])("%s: the draws of the double-precision sampler", async (_, sampler, parameters) => {
    for (const each of parameters) {
      const { program, inputs } = application(sampler, each);
      const received = await drawn(program, inputs);
      const expected = evaluate(program, inputs)[0]!.elements;
      const differ = received.filter((x, i) => !(Math.abs(x - expected[i]!) <= 2e-6 * (1 + Math.abs(expected[i]!))));
      expect(differ.length, `of parameters ${each}`).toBeLessThanOrEqual(1e-4 * count);
      // counts are the same, not nearly so
      if (sampler === binomial || sampler === poisson)
        expect(received.filter((x, i) => x !== expected[i]).length).toBeLessThanOrEqual(1e-4 * count);
    }
  });

  test("draws have their distribution, and tests see it if they have not", async () => {
    const of = async (sampler: Sampler, parameters: readonly number[]) => {
      const { program, inputs } = application(sampler, parameters);
      return drawn(program, inputs);
    };
    for (const shape of [0.3, 1.7, 25]) {
      const draws = await of(gamma, [shape]);
      expect(kolmogorov(draws, (y) => gammainc(0, shape, Math.exp(y)))).toBeLessThan(2.2);
      expect(kolmogorov(draws, (y) => gammainc(0, 1.05 * shape, Math.exp(y)))).toBeGreaterThan(2.2);
    }
    for (const kappa of [0.5, 6]) {
      const draws = await of(vonMises, [kappa]);
      expect(kolmogorov(draws, (t) => vonMisesCdf(kappa, t))).toBeLessThan(2.2);
      expect(kolmogorov(draws, (t) => vonMisesCdf(1.2 * kappa, t))).toBeGreaterThan(2.2);
    }
    for (const [n, p] of [
      [30, 0.2],
      [100, 0.25],
    ] as const) {
      const draws = await of(binomial, [n, p]);
      const score = (q: number) => chiSquare(draws, (k) => (((n + 1 - k) / k) * q) / (1 - q), (1 - q) ** n);
      expect(score(Math.fround(p))).toBeLessThan(5);
      expect(score(1.02 * p)).toBeGreaterThan(5);
    }
    for (const rate of [3, 60]) {
      const draws = await of(poisson, [rate]);
      const score = (l: number) => chiSquare(draws, (k) => l / k, Math.exp(-l));
      expect(score(rate)).toBeLessThan(5);
      expect(score(1.02 * rate)).toBeGreaterThan(5);
    }
  });

  test("parameters outside their domain give NaN", async () => {
    for (const [sampler, parameters] of [
      [gamma, [-1]],
      [vonMises, [-1]],
      [binomial, [5, 1.5]],
      [sphereAngle, [1, 1]],
      [poisson, [-1]],
    ] as const) {
      const { program, inputs } = application(sampler, parameters);
      expect((await drawn(program, inputs)).every(Number.isNaN)).toBe(true);
    }
  });
});
