// Elements that are picked at positions known beforehand. The values of an enumerated choice are a constant table, 0, 1, 2, …
// along an axis of their own: the entry of a table that such a choice points to is the table itself, lying along that axis.
import { builder } from "../ir/builder.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../ir/primitives/axes.js";
import { equal, select } from "../ir/primitives/comparison.js";
import { mul } from "../ir/primitives/elementwise.js";
import { gather } from "../ir/primitives/indexing.js";
import { matMul } from "../ir/primitives/matMul.js";
import { slice } from "../ir/primitives/slicing.js";
import type { Elements, Equation, Variable } from "../ir/program.js";
import { range, type Shape, sizeOf, stridesOf } from "../util/shapes.js";
import type { Surroundings } from "./identities.js";

/** The longest list of positions that is written down. */
const longestTable = 65536;

/**
 * Sums that a constant mask leaves one term of, gathers at constant positions that follow each other, and products with
 * constant rows of one 1: each as what it picks.
 *
 * What is not picked does not enter; where it is infinite, 0·∞ would have made the product NaN.
 */
export function pick(equation: Equation, surroundings: Surroundings): Variable | undefined {
  switch (equation.primitive) {
    case reduceSum.primitive:
      return pickBySum(equation, surroundings);
    case gather.primitive:
      return pickInOrder(equation, surroundings);
    case matMul.primitive:
      return pickByProduct(equation, surroundings);
    default:
      return undefined;
  }
}

/** A shape with axes of size 1 in front up to a rank. */
const aligned = (shape: Shape, rank: number): Shape => [...new Array<number>(rank - shape.length).fill(1), ...shape];

const integers = (elements: readonly number[], shape: Shape): Variable =>
  builder().constant(Float64Array.from(elements), shape, "int32");

/** gather at positions s, s + 1, …: a part of the axis, reshaped */
function pickInOrder(
  { inputs: [x, indices], attributes, outputs: [output] }: Equation,
  { elementsOf }: Surroundings,
): Variable | undefined {
  const { axis, batchDims } = attributes;
  const elements = elementsOf(indices!);
  if (!elements || batchDims !== 0 || elements.length !== sizeOf(indices!.shape)) return undefined;
  const length = x!.shape[axis]!;
  const from = elements[0]!;
  if (!elements.every((each, i) => each === from + i) || !(from >= 0 && from + elements.length <= length))
    return undefined;
  const begin = x!.shape.map((_, i) => (i === axis ? from : 0));
  const part = elements.length === length ? x! : slice(x!, begin, x!.shape.with(axis, elements.length));
  return reshape(part, output!.shape);
}

/** Σⱼ (mask ? x : 0) and Σⱼ mask·x over the axis along which the mask is true once. */
function pickBySum(
  { inputs: [terms], attributes: { axes }, outputs: [output] }: Equation,
  surroundings: Surroundings,
): Variable | undefined {
  if (axes.length !== 1 || terms!.dtype !== "float32") return undefined;
  const masked = maskedBy(terms!, surroundings);
  if (!masked) return undefined;
  const [axis] = axes;
  const rank = terms!.shape.length;
  for (const { mask, of } of masked) {
    const positions = onePerGroup(mask, aligned(mask.shape, rank), axis, surroundings);
    if (positions) return pickAlong(reshape(of, aligned(of.shape, rank)), positions, axis, output!.shape);
  }
  return undefined;
}

/** The masks that a value may be read as a product with. */
function maskedBy(variable: Variable, { producerOf, elementsOf }: Surroundings) {
  const { primitive, inputs = [] } = producerOf(variable) ?? {};
  const [a, b, c] = inputs;
  if (primitive === select.primitive && elementsOf(c!)?.every((each) => each === 0)) return [{ mask: a!, of: b! }];
  if (primitive !== mul.primitive) return undefined;
  return [
    { mask: a!, of: b! },
    { mask: b!, of: a! },
  ];
}

/** For the axes other than `axis` along which a mask varies, in order: the position on `axis` where it is 1. */
interface Positions {
  readonly axes: readonly number[];
  readonly sizes: readonly number[];
  readonly at: readonly number[];
}

/** Where a constant mask is 1, if it is so once along the axis and 0 elsewhere. */
function onePerGroup(mask: Variable, shape: Shape, axis: number, surroundings: Surroundings): Positions | undefined {
  const length = shape[axis]!;
  if (length === 1) return undefined;
  const axes = range(shape.length).filter((each) => each !== axis && shape[each] !== 1);
  const sizes = axes.map((each) => shape[each]!);
  const count = sizeOf(sizes);
  if (count > longestTable) return undefined;
  const at = ofEquality(mask, shape, axis, surroundings) ?? ofElements(mask, shape, axis, surroundings);
  return at && { axes, sizes, at };
}

/** Of a comparison of a constant along the axis with one that does not vary along it: it need not be written down. */
function ofEquality(mask: Variable, shape: Shape, axis: number, { producerOf, elementsOf }: Surroundings) {
  const { primitive, inputs = [] } = producerOf(mask) ?? {};
  if (primitive !== equal.primitive) return undefined;
  for (const [table, values] of [inputs, inputs.toReversed()] as [Variable, Variable][]) {
    const tableShape = aligned(table.shape, shape.length);
    const entries = elementsOf(table);
    const sought = elementsOf(values);
    if (!entries || entries.length !== shape[axis] || sizeOf(tableShape) !== tableShape[axis]) continue;
    if (sought?.length !== sizeOf(values.shape) || sizeOf(values.shape) * shape[axis]! !== sizeOf(shape)) continue;
    const places = new Map([...entries].map((entry, place) => [entry, place]));
    if (places.size !== entries.length) continue;
    const at = [...sought].map((each) => places.get(each));
    if (at.every((place) => place !== undefined)) return at as number[];
  }
  return undefined;
}

function ofElements(mask: Variable, shape: Shape, axis: number, { elementsOf }: Surroundings) {
  const elements: Elements | undefined = elementsOf(mask);
  if (!elements || elements.length !== sizeOf(shape)) return undefined;
  const inner = sizeOf(shape.slice(axis + 1));
  const length = shape[axis]!;
  const at: number[] = [];
  for (let group = 0; group < elements.length / length; group++) {
    const start = Math.floor(group / inner) * length * inner + (group % inner);
    let found = -1;
    for (let place = 0; place < length; place++) {
      const each = elements[start + place * inner]!;
      if (each === 0) continue;
      if (each !== 1 || found >= 0) return undefined;
      found = place;
    }
    if (found < 0) return undefined;
    at.push(found);
  }
  return at;
}

/** x at these positions of an axis; the result has all other axes. */
function pickAlong(x: Variable, { axes, sizes, at }: Positions, axis: number, shape: Shape): Variable {
  const rank = x.shape.length;
  const without = (each: number) => each - (each > axis ? 1 : 0);
  // the same everywhere along the axis
  if (x.shape[axis] === 1)
    return broadcastTo(
      reshape(
        x,
        x.shape.filter((_, each) => each !== axis),
      ),
      shape,
    );
  const own = axes.map((each) => x.shape[each]!);
  const isOneTable = sizeOf(own) === 1;
  const rest = range(rank).filter((each) => each !== axis && !axes.includes(each));
  // one table is picked from where it stands; of several, the entries come one after the other in a line
  const before = isOneTable ? rest.filter((each) => each < axis) : rest;
  const after = rest.slice(before.length);
  const line = reshape(isOneTable ? x : transpose(x, [...before, ...axes, axis]), [
    ...before.map((each) => x.shape[each]!),
    sizeOf(own) * x.shape[axis]!,
    ...after.map((each) => x.shape[each]!),
  ]);
  const strides = stridesOf(own);
  const positionStrides = stridesOf(sizes);
  const flat = at.map((place, i) => {
    const part = axes.reduce((sum, each, k) => {
      const position = Math.floor(i / positionStrides[k]!) % sizes[k]!;
      return sum + (x.shape[each] === 1 ? 0 : position * strides[k]!);
    }, 0);
    return part * x.shape[axis]! + place;
  });
  const picked = gather(line, integers(flat, sizes), before.length);
  const now = [...before, ...axes, ...after].map(without);
  return broadcastTo(
    transpose(
      picked,
      range(rank - 1).map((each) => now.indexOf(each)),
    ),
    shape,
  );
}

/** A product of constant rows of one 1 with a matrix: its rows. */
function pickByProduct(
  { inputs: [a, b], outputs: [output] }: Equation,
  surroundings: Surroundings,
): Variable | undefined {
  const { producerOf } = surroundings;
  // stretched rows are the same rows
  const producer = producerOf(a!);
  const rows = producer?.primitive === broadcastTo.primitive ? producer.inputs[0]! : a!;
  const inner = a!.shape.at(-1)!;
  if (rows.shape.at(-1) !== inner || sizeOf(b!.shape) !== inner * b!.shape.at(-1)!) return undefined;
  const rank = a!.shape.length;
  const positions = onePerGroup(rows, aligned(rows.shape, rank), rank - 1, surroundings);
  if (!positions) return undefined;
  const columns = b!.shape.at(-1)!;
  const own = aligned(rows.shape, rank).slice(0, -1);
  const picked = gather(reshape(b!, [inner, columns]), integers(positions.at, [positions.at.length]), 0);
  return broadcastTo(reshape(picked, [...own, columns]), output!.shape);
}
