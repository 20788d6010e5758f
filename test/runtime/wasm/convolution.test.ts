import { describe, expect, it } from "vitest";
import type { Attributes } from "../../../src/ir/program.js";
import { type Shape, sizeOf } from "../../../src/util/shapes.js";
import { array, check, compile, primitiveNamed } from "./runKernel.js";

interface Case {
  readonly x: Shape;
  readonly filter: Shape;
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly padding?: readonly (readonly number[])[];
}

const noPadding = [
  [0, 0],
  [0, 0],
];
const around = (n: number) => [
  [n, n],
  [n, n],
];

const cases: readonly Case[] = [
  { x: [1, 1, 1, 1], filter: [1, 1, 1, 1] },
  { x: [2, 5, 4, 3], filter: [1, 1, 3, 6] },
  { x: [2, 5, 4, 3], filter: [1, 1, 3, 6], strides: [2, 1] },
  { x: [2, 5, 6, 1], filter: [3, 3, 1, 2] },
  {
    x: [1, 6, 7, 4],
    filter: [3, 2, 4, 9],
    padding: [
      [1, 0],
      [2, 1],
    ],
  },
  { x: [3, 8, 8, 2], filter: [3, 3, 2, 5], padding: around(1), strides: [2, 2] },
  { x: [1, 9, 8, 3], filter: [2, 3, 3, 1], dilations: [2, 3], padding: around(2) },
  { x: [1, 7, 7, 1], filter: [2, 2, 1, 1], dilations: [2, 1], strides: [3, 2] },
  {
    x: [2, 8, 7, 2],
    filter: [3, 3, 2, 4],
    padding: [
      [-1, 0],
      [1, -2],
    ],
  },
  { x: [1, 3, 4, 2], filter: [3, 4, 2, 3] },
  { x: [0, 3, 4, 2], filter: [2, 2, 2, 3] },
  { x: [2, 3, 4, 0], filter: [2, 2, 0, 3] },
  { x: [1, 2, 4, 1], filter: [3, 2, 1, 3] },
  { x: [2, 1, 5, 5, 2], filter: [2, 2, 2, 3] },
  { x: [1, 5, 5, 2], filter: [2, 2, 2, 2, 3] },
  { x: [2, 1, 2, 4, 4, 1], filter: [3, 2, 2, 1, 4], padding: around(1) },
  { x: [1, 60, 61, 16], filter: [5, 5, 16, 12], padding: around(2) },
];

const attributesOf = ({ strides = [1, 1], dilations = [1, 1], padding = noPadding }: Case): Attributes => ({
  strides,
  dilations,
  padding,
});

describe("kernels of convolutions", () => {
  for (const each of cases)
    it(`${each.x} * ${each.filter}`, () => {
      const attributes = attributesOf(each);
      const [x, filter] = [array(each.x), array(each.filter)];
      const [y] = primitiveNamed("conv2d").infer([x, filter], attributes);
      check("conv2d", [x, filter], attributes);
      check("conv2dInputGradient", [array(y!.shape), filter], { ...attributes, shape: each.x.slice(-4) });
      check("conv2dFilterGradient", [x, array(y!.shape)], { ...attributes, shape: each.filter.slice(-4) });
      if (sizeOf(each.x) > 1000) return;
      check("conv2d", [array(each.x, "int32"), array(each.filter, "int32")], attributes);
    });

  it("keeps its code small", () => {
    const kernel = compile("conv2d", [array([8, 100, 100, 3]), array([5, 5, 3, 32])], attributesOf(cases[0]!));
    expect(kernel.bytes).toBeLessThan(4000);
  });
});
