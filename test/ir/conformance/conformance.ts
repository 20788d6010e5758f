// What a primitive's entry in the conformance suite consists of, and the arbitraries that entries are made of.
import fc from "fast-check";
import type { Attributes, DType, NDArray, Primitive, Type } from "../../../src/ir/program.js";
import { type Shape, sizeOf } from "../../../src/util/shapes.js";

/** Everything of an application but its elements. */
export interface Signature {
  readonly types: readonly Type[];
  readonly attributes: Attributes;
}

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** Elements of one operand, in row-major order. */
export type Domain = (random: Random, shape: Shape, dtype: DType) => Float64Array;

/** The domain of each operand. */
export type Domains = (signature: Signature) => readonly Domain[];

/** One domain for all operands. */
export const everywhere =
  (domain: Domain): Domains =>
  ({ types }) =>
    types.map(() => domain);

/** One domain per operand. */
export const each =
  (...domains: readonly Domain[]): Domains =>
  () =>
    domains;

/** Bounds on |received − expected| ≤ absolute + relative·|expected| in single precision. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** A primitive under test. */
export interface Conformance {
  readonly primitive: Primitive;
  readonly signature: fc.Arbitrary<Signature>;
  readonly domains: Domains;
  /** Where the operation is smooth. @defaultValue `domains` */
  readonly smooth?: Domains;
  /** How many derivatives are compared with finite differences. @defaultValue 2 */
  readonly order?: 0 | 1 | 2;
  /** @defaultValue {@link singlePrecision} */
  readonly tolerance?: Tolerance;
}

export const singlePrecision: Tolerance = { absolute: 2e-6, relative: 2e-6 };

/** Mulberry32: all elements of a case come from one seed, which keeps shrinking fast. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const filled = (shape: Shape, next: (i: number) => number): Float64Array =>
  Float64Array.from({ length: sizeOf(shape) }, (_, i) => next(i));

/** Distance between neighbouring numbers of a domain: wide enough for finite differences between kinks. */
const grid = 1 / 64;

const integer = (random: Random, low: number, high: number): number => low + Math.floor(random() * (high - low + 1));

/** Whole numbers from `low` to `high`, both included. */
export const integers =
  (low: number, high: number): Domain =>
  (random, shape) =>
    filled(shape, () => integer(random, low, high));

/** Numbers of the dtype: floats on a grid (exact in single precision) between bounds, small integers, booleans. */
export const between =
  (low: number, high: number): Domain =>
  (random, shape, dtype) =>
    filled(shape, () => {
      if (dtype === "bool") return integer(random, 0, 1);
      if (dtype === "int32") return integer(random, Math.ceil(low), Math.floor(high));
      return integer(random, Math.ceil(low / grid), Math.floor(high / grid)) * grid;
    });

/** The same, moved off the grid's whole and half numbers, where rounding jumps. */
export const offGrid =
  (low: number, high: number): Domain =>
  (random, shape) =>
    filled(shape, () => (integer(random, low * 8, high * 8 - 1) + 0.5) / 8);

/** No two equal. */
export const distinct =
  (low: number, high: number): Domain =>
  (random, shape) => {
    const size = sizeOf(shape);
    const places = filled(shape, (i) => i);
    for (let i = size - 1; i > 0; i--) {
      const j = integer(random, 0, i);
      [places[i], places[j]] = [places[j]!, places[i]!];
    }
    const step = Math.max(grid, Math.floor((high - low) / size / grid) * grid);
    return places.map((place) => low + place * step);
  };

/** Elements of a domain, some of them replaced by a value. */
export const sometimes =
  (value: number, domain: Domain): Domain =>
  (random, shape, dtype) =>
    domain(random, shape, dtype).map((each) => (random() < 0.25 ? value : each));

const size = fc.integer({ min: 1, max: 4 });

/** Shapes of rank 0 to 3. */
export const shapes = (minLength = 0, maxLength = 3): fc.Arbitrary<number[]> =>
  fc.array(size, { minLength, maxLength });

/** Types of the given dtypes, of one shape. */
export const sameShapes = (...dtypes: DType[]): fc.Arbitrary<Type[]> =>
  shapes().map((shape) => dtypes.map((dtype) => ({ shape, dtype })));

/** Types whose shapes broadcast against each other. */
export const broadcasting = (...dtypes: DType[]): fc.Arbitrary<Type[]> =>
  fc
    .tuple(
      shapes(),
      fc.array(fc.tuple(fc.nat(3), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })), {
        minLength: dtypes.length,
        maxLength: dtypes.length,
      }),
    )
    .map(([full, variants]) =>
      dtypes.map((dtype, i) => {
        const [dropped, ones] = variants[i]!;
        const kept = full.slice(Math.min(dropped, full.length));
        return { shape: kept.map((length, axis) => (ones[axis] ? 1 : length)), dtype };
      }),
    );

/** One of some dtypes. */
export const dtypeOf = (...dtypes: DType[]): fc.Arbitrary<DType> => fc.constantFrom(...dtypes);

/** A signature without attributes. */
export const plain = (types: fc.Arbitrary<Type[]>): fc.Arbitrary<Signature> =>
  types.map((each) => ({ types: each, attributes: {} }));

/** A signature of one operand of rank ≥ `minRank`, with attributes that depend on its shape. */
export const withAttributes = (
  attributes: (shape: Shape) => fc.Arbitrary<Attributes>,
  { dtypes = ["float32"] as DType[], minRank = 0, maxRank = 3 } = {},
): fc.Arbitrary<Signature> =>
  fc
    .tuple(shapes(minRank, maxRank), dtypeOf(...dtypes))
    .chain(([shape, dtype]) => attributes(shape).map((each) => ({ types: [{ shape, dtype }], attributes: each })));

/** Some of a shape's axes, in order. */
export const someAxes = (shape: Shape): fc.Arbitrary<number[]> => fc.subarray(shape.map((_, axis) => axis));

/** One of a shape's axes. */
export const anAxis = (shape: Shape): fc.Arbitrary<number> => fc.nat(shape.length - 1);

/** Operands of a signature whose elements are drawn from domains, with a batch of lanes in front of each. */
export const operands = (
  domains: Domains,
  signature: Signature,
  random: Random,
  batches: readonly Shape[] = signature.types.map(() => []),
): NDArray[] =>
  domains(signature).map((domain, i) => {
    const { shape, dtype } = signature.types[i]!;
    const lanes = Array.from({ length: sizeOf(batches[i]!) }, () => [...domain(random, shape, dtype)]);
    return { shape: [...batches[i]!, ...shape], dtype, elements: Float64Array.from(lanes.flat()) };
  });
