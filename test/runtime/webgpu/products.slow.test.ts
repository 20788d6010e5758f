// Convolutions and products of many terms on the engine webgpu, large enough for tiles and for portions of terms.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, test } from "vitest";
import { build } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { transpose } from "../../../src/ir/primitives/axes.js";
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from "../../../src/ir/primitives/convolution.js";
import { add, mul } from "../../../src/ir/primitives/elementwise.js";
import { tanh } from "../../../src/ir/primitives/exponential.js";
import { matMul } from "../../../src/ir/primitives/matMul.js";
import type { NDArray, Variable } from "../../../src/ir/program.js";
import { ndarrayFromTensorAsync, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import type { WebgpuEngine } from "../../../src/runtime/webgpu/webgpuEngine.js";
import { sizeOf } from "../../../src/util/shapes.js";
import { randomFrom } from "../../ir/conformance/conformance.js";
import { expectClose } from "../../ir/conformance/properties.js";
import { available } from "../available.js";

const engine = (await available("webgpu")) as WebgpuEngine | undefined;

type Window = NonNullable<Parameters<typeof conv2d>[2]>;

const noise = (shape: readonly number[], seed: number): NDArray => {
  const random = randomFrom(seed);
  return {
    shape,
    dtype: "float32",
    elements: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(2 * random() - 1)),
  };
};

async function agrees(shapes: readonly (readonly number[])[], apply: (...x: Variable[]) => Variable[]) {
  const inputs = shapes.map(noise);
  const program = build(inputs, apply);
  const executable = engine!.compile(program);
  const tensors = inputs.map(tensorFromNDArray);
  const outputs = await executable.runAsync(tensors);
  const received = await Promise.all(outputs.map(ndarrayFromTensorAsync));
  tf.dispose([tensors, outputs]);
  executable.dispose();
  const expected = evaluate(program, inputs);
  received.forEach((each, i) => {
    expectClose(each, expected[i]!, { absolute: 1e-4, relative: 1e-5 });
  });
}

describe.skipIf(!engine)("products on webgpu", () => {
  beforeAll(() => tf.setBackend("cpu"));

  const same: Window = {
    padding: [
      [1, 1],
      [1, 1],
    ],
  };
  const strided: Window = {
    strides: [2, 1],
    dilations: [1, 2],
    padding: [
      [2, 1],
      [0, 1],
    ],
  };
  /** [images, height, width, in], [height, width, in, out] */
  const cases: [string, number[], number[], Window][] = [
    ["few channels", [3, 14, 13, 1], [3, 3, 1, 16], same],
    ["many channels", [2, 9, 8, 20], [3, 3, 20, 24], same],
    ["strides, dilations and uneven padding", [2, 15, 17, 16], [4, 3, 16, 20], strided],
    ["a batch of images", [2, 2, 10, 10, 16], [3, 3, 16, 17], {}],
    ["a batch of filters", [2, 12, 12, 8], [3, 2, 2, 8, 16], same],
    ["filters' gradients of many terms", [6, 24, 24, 8], [3, 3, 8, 16], same],
  ];
  test.each(cases)("convolutions: %s", async (_, x, filter, window) => {
    const types = [x, filter].map((shape) => ({ shape, dtype: "float32" as const }));
    const [y] = build(types, (a, b) => [conv2d(a!, b!, window)]).outputs.map(({ shape }) => shape);
    await agrees([x, filter, y!], (a, b, c) => [
      tanh(mul(conv2d(a!, b!, window), 0.1)),
      conv2dInputGradient(c!, b!, x.slice(-4), window),
      conv2dFilterGradient(a!, c!, filter.slice(-4), window),
    ]);
  });

  test("products of few elements of many terms, and what follows them", async () => {
    await agrees([[5000, 24], [5000, 40], [40]], (a, b, c) => [
      tanh(mul(add(matMul(transpose(a!, [1, 0]), b!), c!), 0.1)),
    ]);
    await agrees(
      [
        [3, 16, 4100],
        [4100, 24],
      ],
      (a, b) => [matMul(a!, b!)],
    );
  });
});
