// The terms that reductions are made of: what stands at element e of the result and position r among its terms.
import { broken } from "../../../../errors.js";
import type { Equation, Variable } from "../../../../ir/program.js";
import { range, type Shape, sizeOf } from "../../../../util/shapes.js";
import type { Emitter } from "../emitter.js";
import { sum, times } from "../indices.js";

type Term = (emitter: Emitter, equation: Equation, e: string, r: string) => string;

const at = (emitter: Emitter, value: Variable, coordinates: readonly string[]): string =>
  emitter.value(value, { shape: value.shape, coordinates });

/** Coordinates in a batch that broadcasts to the result's. */
const batchOf = (own: Shape, coordinates: readonly string[]): string[] => {
  const skipped = coordinates.length - own.length;
  return own.map((size, axis) => (size === 1 ? "0u" : coordinates[axis + skipped]!));
};

/** Along axes of an operand. */
const alongAxes =
  (axesOf: (equation: Equation) => readonly number[]): Term =>
  (emitter, equation, e, r) => {
    const { inputs, outputs } = equation;
    const [x] = inputs as [Variable];
    const axes = axesOf(equation);
    const rank = x.shape.length;
    const terms = sizeOf(axes.map((axis) => x.shape[axis]!));
    const isEnd = range(rank).every((axis) => axes.includes(axis) === axis >= rank - axes.length);
    const isStart = range(rank).every((axis) => axes.includes(axis) === axis < axes.length);
    if (isEnd) return emitter.value(x, { shape: x.shape, flat: emitter.define(sum(times(e, terms), r)) });
    if (isStart)
      return emitter.value(x, {
        shape: x.shape,
        flat: emitter.define(sum(times(r, sizeOf(x.shape) / Math.max(1, terms)), e)),
      });
    const kept = range(rank).filter((axis) => !axes.includes(axis));
    const ordered = range(rank).filter((axis) => axes.includes(axis));
    const outer = emitter.coordinatesOf({ shape: outputs[0]!.shape, flat: e });
    const inner = emitter.coordinatesOf({ shape: ordered.map((axis) => x.shape[axis]!), flat: r });
    return at(
      emitter,
      x,
      range(rank).map((axis) => (axes.includes(axis) ? inner[ordered.indexOf(axis)]! : outer[kept.indexOf(axis)]!)),
    );
  };

const product = (x: string, y: string): string => `(${x} * ${y})`;

const matMul: Term = (emitter, { inputs: [a, b], outputs: [out] }, e, k) => {
  const coordinates = emitter.coordinatesOf({ shape: out!.shape, flat: e });
  const batch = coordinates.slice(0, -2);
  const [i, j] = coordinates.slice(-2) as [string, string];
  const first = at(emitter, a!, [...batchOf(a!.shape.slice(0, -2), batch), i, k]);
  const second = at(emitter, b!, [...batchOf(b!.shape.slice(0, -2), batch), k, j]);
  return emitter.define(product(first, second));
};

/** Updates whose index is the element's position. */
const scatterAdd: Term = (emitter, { inputs: [updates, indices], outputs: [out], attributes }, e, r) => {
  const { axis, batchDims } = attributes;
  const coordinates = emitter.coordinatesOf({ shape: out!.shape, flat: e });
  const picks = emitter.coordinatesOf({ shape: indices!.shape.slice(batchDims), flat: r });
  const found = at(emitter, indices!, [...coordinates.slice(0, batchDims), ...picks]);
  const update = at(emitter, updates!, [...coordinates.slice(0, axis), ...picks, ...coordinates.slice(axis + 1)]);
  return emitter.define(
    `select(${out!.dtype === "int32" ? "0" : "0f"}, ${update}, ${found} == i32(${coordinates[axis]}))`,
  );
};

interface Window {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: readonly (readonly [number, number])[];
}

/** The pixel of the input under a filter's pixel: its index, and whether there is one. */
function pixelUnder(emitter: Emitter, window: Window, side: 0 | 1, i: string, a: string, size: number) {
  const position = emitter.define(
    `(i32(${sum(times(i, window.strides[side]), times(a, window.dilations[side]))}) - ${window.padding[side]![0]})`,
  );
  return {
    index: emitter.define(`u32(clamp(${position}, 0, ${size - 1}))`),
    isThere: emitter.define(`(${position} >= 0 && ${position} < ${size})`),
  };
}

/** The position of the filter at which its pixel a lies over an input's pixel: its index, and whether there is one. */
function positionOver(emitter: Emitter, window: Window, side: 0 | 1, h: string, a: string, size: number) {
  const stride = window.strides[side];
  const distance = emitter.define(
    `(i32(${h}) + ${window.padding[side]![0]} - i32(${times(a, window.dilations[side])}))`,
  );
  return {
    index: emitter.define(`u32(clamp(${distance} / ${stride}, 0, ${size - 1}))`),
    isThere: emitter.define(
      `(${distance} >= 0 && ${distance} / ${stride} < ${size}${stride === 1 ? "" : ` && ${distance} % ${stride} == 0`})`,
    ),
  };
}

const own = ({ shape }: Variable): readonly [number, number, number, number] =>
  shape.slice(-4) as unknown as [number, number, number, number];

interface Joined {
  readonly index: string;
  readonly isThere: string;
}

const guarded = (emitter: Emitter, rows: Joined, columns: Joined, value: string): string =>
  emitter.define(`select(0f, ${value}, ${rows.isThere} && ${columns.isThere})`);

const conv2d: Term = (emitter, { inputs: [x, filter], outputs: [out], attributes }, e, r) => {
  const coordinates = emitter.coordinatesOf({ shape: out!.shape, flat: e });
  const batch = coordinates.slice(0, -4);
  const [n, i, j, o] = coordinates.slice(-4) as [string, string, string, string];
  const [a, b, c] = emitter.coordinatesOf({ shape: own(filter!).slice(0, 3), flat: r }) as [string, string, string];
  const rows = pixelUnder(emitter, attributes as unknown as Window, 0, i, a, own(x!)[1]);
  const columns = pixelUnder(emitter, attributes as unknown as Window, 1, j, b, own(x!)[2]);
  const first = at(emitter, x!, [...batchOf(x!.shape.slice(0, -4), batch), n, rows.index, columns.index, c]);
  const second = at(emitter, filter!, [...batchOf(filter!.shape.slice(0, -4), batch), a, b, c, o]);
  return guarded(emitter, rows, columns, product(first, second));
};

const conv2dInputGradient: Term = (emitter, { inputs: [y, filter], outputs: [out], attributes }, e, r) => {
  const coordinates = emitter.coordinatesOf({ shape: out!.shape, flat: e });
  const batch = coordinates.slice(0, -4);
  const [n, h, w, c] = coordinates.slice(-4) as [string, string, string, string];
  const [height, width, , channels] = own(filter!);
  const [a, b, o] = emitter.coordinatesOf({ shape: [height, width, channels], flat: r }) as [string, string, string];
  const rows = positionOver(emitter, attributes as unknown as Window, 0, h, a, own(y!)[1]);
  const columns = positionOver(emitter, attributes as unknown as Window, 1, w, b, own(y!)[2]);
  const first = at(emitter, y!, [...batchOf(y!.shape.slice(0, -4), batch), n, rows.index, columns.index, o]);
  const second = at(emitter, filter!, [...batchOf(filter!.shape.slice(0, -4), batch), a, b, c, o]);
  return guarded(emitter, rows, columns, product(first, second));
};

const conv2dFilterGradient: Term = (emitter, { inputs: [x, y], outputs: [out], attributes }, e, r) => {
  const coordinates = emitter.coordinatesOf({ shape: out!.shape, flat: e });
  const batch = coordinates.slice(0, -4);
  const [a, b, c, o] = coordinates.slice(-4) as [string, string, string, string];
  const [n, i, j] = emitter.coordinatesOf({ shape: own(y!).slice(0, 3), flat: r }) as [string, string, string];
  const rows = pixelUnder(emitter, attributes as unknown as Window, 0, i, a, own(x!)[1]);
  const columns = pixelUnder(emitter, attributes as unknown as Window, 1, j, b, own(x!)[2]);
  const first = at(emitter, x!, [...batchOf(x!.shape.slice(0, -4), batch), n, rows.index, columns.index, c]);
  const second = at(emitter, y!, [...batchOf(y!.shape.slice(0, -4), batch), n, i, j, o]);
  return guarded(emitter, rows, columns, product(first, second));
};

const overAxes = alongAxes(({ attributes: { axes } }) => axes);
const overAxis = alongAxes(({ attributes: { axis } }) => [axis]);

const terms: Readonly<Record<string, Term>> = {
  reduceSum: (emitter, equation, e, r) => {
    const term = overAxes(emitter, equation, e, r);
    return equation.inputs[0]!.dtype === "bool" ? emitter.define(`i32(${term})`) : term;
  },
  argMax: overAxis,
  argMin: overAxis,
  matMul,
  scatterAdd,
  conv2d,
  conv2dInputGradient,
  conv2dFilterGradient,
};

export function termOf(emitter: Emitter, equation: Equation, e: string, r: string): string {
  const { primitive, attributes } = equation;
  const term = terms[primitive.name] ?? (attributes.axes ? overAxes : broken(`${primitive.name} has no terms`));
  return term(emitter, equation, e, r);
}
