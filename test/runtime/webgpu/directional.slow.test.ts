// Functions of von Mises and von Mises–Fisher variables on the engine webgpu against those in double precision, over wide ranges.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import * as vonMises from "../../../src/ir/primitives/vonMises.js";
import * as sphere from "../../../src/ir/primitives/vonMisesFisher.js";
import type { NDArray, Variable } from "../../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import type { WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { available } from "../available.js";

const engine = (await available("webgpu")) as WebgpuEngine | undefined;

type Apply = (...operands: Variable[]) => Variable;

const concentrations = [1e-3, 0.2, 1, 4, 30, 1e3, 1e5];
const dimensions = [2, 3, 5, 20, 200];
/** Angles, in units of the distribution's width. */
const widths = [0.01, 0.3, 1, 2, 4];
const pi = 3.14159;

const angles = concentrations.flatMap((kappa) =>
  widths.map((each) => [kappa, Math.min(3.1, each / Math.sqrt(kappa + 0.3))]),
);
const sphereAngles = concentrations.flatMap((kappa) =>
  dimensions.flatMap((dimension) => {
    const m = dimension - 2;
    const mode = m === 0 ? 0 : Math.acos(Math.max(-1, (Math.hypot(m, 2 * kappa) - m) / (2 * kappa)));
    return [-2, -0.3, 0.3, 2].map((each) => {
      const angle = mode + each / Math.sqrt(kappa + m + 0.3);
      return [kappa, Math.min(pi - 0.02, Math.max(angle, 0.1 * mode + 0.01 / Math.sqrt(kappa + 1))), dimension];
    });
  }),
);
const pairs = concentrations.flatMap((kappa) => dimensions.map((dimension) => [kappa, dimension]));
const quantiles = concentrations.flatMap((kappa) => [0.001, 0.2, 0.5, 0.93].map((p) => [p, kappa]));

const operands = (columns: readonly number[][], last: NDArray["dtype"]): NDArray[] =>
  columns[0]!.map((_, i) => ({
    shape: [columns.length],
    dtype: i > 0 && i === columns[0]!.length - 1 ? last : "float32",
    elements: Float64Array.from(columns, (row) => Math.fround(row[i]!)),
  }));

describe.skipIf(!engine)("directions on webgpu", () => {
  beforeAll(() => tf.setBackend("cpu"));

  const single = concentrations.map((kappa) => [kappa]);
  const functions: [string, unknown, readonly number[][], NDArray["dtype"], number, number?][] = [
    ["log I₀, first derivative", vonMises.besselOfOrder(1), single, "float32", 3e-6],
    ["log I₀, second derivative", vonMises.besselOfOrder(2), single, "float32", 3e-6],
    ["log I₀, third derivative", vonMises.besselOfOrder(3), single, "float32", 1e-5, 2e-7],
    ["the derivative of draws", vonMises.vonMisesRatio, angles, "float32", 2e-5],
    ["the distribution function", vonMises.vonMisesCdf, angles, "float32", 3e-6],
    ["the quantile", vonMises.vonMisesQuantile, quantiles, "float32", 1e-5, 1e-7],
    ["the variance", vonMises.vonMisesVariance, single, "float32", 3e-6],
    ["the integral over the sphere", sphere.logSphereIntegral, pairs, "int32", 3e-6],
    ["its first derivative", sphere.sphereShortfall, pairs, "int32", 3e-6],
    ["its second derivative", sphere.sphereSpread, pairs, "int32", 2e-5],
    ["the derivative of angles to the mean direction", sphere.sphereAngleRatio, sphereAngles, "int32", 5e-5],
  ];
  test.each(functions)("%s", async (_, operation, columns, last, relative, absolute = 0) => {
    const inputs = operands(columns, last);
    const program = build(inputs, (...x) => [(operation as Apply)(...x)]);
    const executable = engine!.compile(program);
    expect(executable.details!().hostEvaluated).toEqual([]);
    const tensors = inputs.map(tensorFromNDArray);
    const outputs = await executable.runAsync(tensors);
    const [received] = await Promise.all(outputs.map(ndarrayFromTensorAsync));
    tf.dispose([tensors, outputs]);
    executable.dispose();
    const [expected] = evaluate(program, inputs);
    const wrong = columns.flatMap((row, i) => {
      const [x, y] = [received!.elements[i]!, expected!.elements[i]!];
      return Math.abs(x - y) <= absolute + relative * Math.abs(y) ? [] : [`${row}: ${x}, not ${y}`];
    });
    expect(wrong).toEqual([]);
  });
});
