// Matrix products, factors and convolutions.
import fc from "fast-check";
import { cholesky } from "../../../../src/ir/primitives/cholesky.js";
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from "../../../../src/ir/primitives/convolution.js";
import { diagonalMatrix, diagonalPart, tril } from "../../../../src/ir/primitives/diagonals.js";
import { matMul } from "../../../../src/ir/primitives/matMul.js";
import { triangularSolve } from "../../../../src/ir/primitives/triangularSolve.js";
import type { Attributes, DType, Type } from "../../../../src/ir/program.js";
import type { Shape } from "../../../../src/util/shapes.js";
import {
  between,
  type Conformance,
  type Domain,
  dtypeOf,
  everywhere,
  type Signature,
  shapes,
  type Tolerance,
  withAttributes,
} from "../conformance.js";

const all: DType[] = ["float32", "int32", "bool"];
const values = everywhere(between(-2, 2));
const loose: Tolerance = { absolute: 1e-5, relative: 1e-5 };
const size = fc.integer({ min: 1, max: 4 });
const float = (shape: Shape) => ({ shape, dtype: "float32" as const });
const typed = (dtype: DType, ...shapes: Shape[]): Type[] => shapes.map((shape) => ({ shape, dtype }));

/** Two batch shapes that broadcast, of rank 0 to 2. */
const batches = fc
  .tuple(shapes(0, 2), fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 2 }), fc.nat(2), fc.nat(2))
  .map(([full, ones, dropA, dropB]): [number[], number[]] => [
    full.map((length, axis) => (ones[axis] === 1 ? 1 : length)).slice(Math.min(dropA, full.length)),
    full.map((length, axis) => (ones[axis] === 2 ? 1 : length)).slice(Math.min(dropB, full.length)),
  ]);

const squares = (attributes: fc.Arbitrary<Attributes>): fc.Arbitrary<Signature> =>
  fc
    .tuple(shapes(0, 2), size, attributes)
    .map(([batch, n, each]) => ({ types: [float([...batch, n, n])], attributes: each }));

/** Matrices with a diagonal far from zero. */
const wellConditioned: Domain = (random, shape, dtype) => {
  const n = shape.at(-1)!;
  return between(-1, 1)(random, shape, dtype).map((x, at) => (Math.floor(at / n) % n === at % n ? 1.5 + x / 2 : x / 2));
};

/** Matrices whose symmetric part is positive definite: small, with a large diagonal. */
const positiveDefinite: Domain = (random, shape, dtype) => {
  const n = shape.at(-1)!;
  return between(-1, 1)(random, shape, dtype).map((x, at) => (Math.floor(at / n) % n === at % n ? 3 + x : x / 2));
};

const matrixCases: Conformance[] = [
  {
    primitive: matMul.primitive,
    signature: fc
      .tuple(batches, size, size, size, dtypeOf("float32", "float32", "int32"))
      .map(([[a, b], m, k, n, dtype]) => ({
        types: typed(dtype, [...a, m, k], [...b, k, n]),
        attributes: {},
      })),
    domains: values,
    tolerance: loose,
  },
  {
    primitive: diagonalPart.primitive,
    signature: fc
      .tuple(shapes(0, 2), size, dtypeOf(...all))
      .map(([batch, n, dtype]) => ({ types: typed(dtype, [...batch, n, n]), attributes: {} })),
    domains: values,
  },
  {
    primitive: diagonalMatrix.primitive,
    signature: withAttributes(() => fc.constant({}), { dtypes: all, minRank: 1 }),
    domains: values,
  },
  {
    primitive: tril.primitive,
    signature: fc
      .tuple(shapes(2, 4), fc.boolean(), fc.integer({ min: -2, max: 2 }), dtypeOf(...all))
      .map(([shape, isUpper, offset, dtype]) => ({ types: typed(dtype, shape), attributes: { isUpper, offset } })),
    domains: values,
  },
  {
    primitive: triangularSolve.primitive,
    signature: fc
      .tuple(batches, size, size, fc.boolean(), fc.boolean())
      .map(([[a, b], n, columns, lower, transpose]) => ({
        types: [float([...a, n, n]), float([...b, n, columns])],
        attributes: { lower, transpose },
      })),
    domains: () => [wellConditioned, between(-2, 2)],
    tolerance: loose,
  },
  {
    primitive: cholesky.primitive,
    signature: squares(fc.constant({})),
    domains: everywhere(positiveDefinite),
    tolerance: loose,
  },
];

/** Batches, images, filters and windows that fit. */
const convolutions = fc
  .record({
    lanes: fc.constantFrom<[number[], number[]]>([[], []], [[2], []], [[], [2]], [[2], [2]], [[3, 1], [2]]),
    image: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 3, max: 5 }), fc.integer({ min: 3, max: 4 })),
    filter: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
    channels: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    dilations: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    padding: fc.tuple(
      fc.tuple(fc.nat(2), fc.integer({ min: -1, max: 1 })),
      fc.tuple(fc.integer({ min: -1, max: 1 }), fc.nat(2)),
    ),
  })
  .filter(({ image, filter, dilations, padding }) =>
    [0, 1].every((axis) => (filter[axis]! - 1) * dilations[axis]! < image[axis + 1]! + Math.min(...padding[axis]!, 0)),
  )
  .map(({ lanes, image, filter, channels, ...window }) => {
    const height = (axis: 0 | 1) =>
      Math.floor(
        (image[axis + 1]! +
          window.padding[axis][0] +
          window.padding[axis][1] -
          (filter[axis] - 1) * window.dilations[axis] -
          1) /
          window.strides[axis],
      ) + 1;
    return {
      lanes,
      x: [...image, channels[0]],
      filter: [...filter, ...channels],
      y: [image[0], height(0), height(1), channels[1]],
      window,
    };
  });

const convolutionCases: Conformance[] = [
  {
    primitive: conv2d.primitive,
    signature: convolutions.map(({ lanes: [a, b], x, filter, window }) => ({
      types: [float([...a, ...x]), float([...b, ...filter])],
      attributes: window,
    })),
    domains: values,
    tolerance: loose,
  },
  {
    primitive: conv2dInputGradient.primitive,
    signature: convolutions.map(({ lanes: [a, b], x, filter, y, window }) => ({
      types: [float([...a, ...y]), float([...b, ...filter])],
      attributes: { ...window, shape: x },
    })),
    domains: values,
    tolerance: loose,
  },
  {
    primitive: conv2dFilterGradient.primitive,
    signature: convolutions.map(({ lanes: [a, b], x, filter, y, window }) => ({
      types: [float([...a, ...x]), float([...b, ...y])],
      attributes: { ...window, shape: filter },
    })),
    domains: values,
    tolerance: loose,
  },
];

export const linearAlgebraCases: Conformance[] = [...matrixCases, ...convolutionCases];
