// Convolutions as products of matrices: what stands in row i and column l of the first one, in row l and column j of the second one.
import type { Equation, Variable } from "../../../../ir/program.js";
import type { Emitter } from "../emitter.js";
import { sum, times } from "../indices.js";
import { batchOf } from "./unit.js";

/** The matrices' elements, as source. */
export interface Factors {
  readonly first: (i: string, l: string) => string;
  readonly second: (l: string, j: string) => string;
}

interface Window {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: readonly (readonly [number, number])[];
}

/** An index, and whether there is one. */
interface Joined {
  readonly index: string;
  readonly isThere: string;
}

/** The pixel of the input under a filter's pixel. */
function pixelUnder(emitter: Emitter, window: Window, side: 0 | 1, i: string, a: string, size: number): Joined {
  const position = emitter.define(
    `(i32(${sum(times(i, window.strides[side]), times(a, window.dilations[side]))}) - ${window.padding[side]![0]})`,
  );
  return {
    index: emitter.define(`u32(clamp(${position}, 0, ${size - 1}))`),
    isThere: emitter.define(`(${position} >= 0 && ${position} < ${size})`),
  };
}

/** The position of the filter at which its pixel a lies over an input's pixel. */
function positionOver(emitter: Emitter, window: Window, side: 0 | 1, h: string, a: string, size: number): Joined {
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

/** @param batch - coordinates of the matrices in the result's batch */
export function convolutionFactors(emitter: Emitter, equation: Equation, batch: readonly string[]): Factors {
  const { primitive, inputs, outputs } = equation;
  const window = equation.attributes as unknown as Window;
  const [x, y] = inputs as [Variable, Variable];
  const out = own(outputs[0]!);
  const at = (value: Variable, coordinates: readonly string[]): string =>
    emitter.value(value, {
      shape: value.shape,
      coordinates: [...batchOf(value.shape.slice(0, -4), batch), ...coordinates],
    });
  const parts = (shape: readonly number[], flat: string) =>
    emitter.coordinatesOf({ shape, flat }) as readonly [string, string, string];
  const guarded = (rows: Joined, columns: Joined, value: string): string =>
    emitter.define(`select(0f, ${value}, ${rows.isThere} && ${columns.isThere})`);
  const under = (n: string, [i, j]: readonly string[], [a, b]: readonly string[], c: string): string => {
    const rows = pixelUnder(emitter, window, 0, i!, a!, own(x)[1]);
    const columns = pixelUnder(emitter, window, 1, j!, b!, own(x)[2]);
    return guarded(rows, columns, at(x, [n, rows.index, columns.index, c]));
  };
  if (primitive.name === "conv2d")
    return {
      first: (i, l) => {
        const [n, ...position] = parts(out.slice(0, 3), i);
        const [a, b, c] = parts(own(y).slice(0, 3), l);
        return under(n, position, [a, b], c);
      },
      second: (l, j) => at(y, [...parts(own(y).slice(0, 3), l), j]),
    };
  if (primitive.name === "conv2dFilterGradient")
    return {
      first: (i, l) => {
        const [a, b, c] = parts(out.slice(0, 3), i);
        const [n, ...position] = parts(own(y).slice(0, 3), l);
        return under(n, position, [a, b], c);
      },
      second: (l, j) => at(y, [...parts(own(y).slice(0, 3), l), j]),
    };
  const [height, width, , filters] = own(y);
  const terms = [height, width, filters];
  return {
    first: (i, l) => {
      const [n, h, w] = parts(out.slice(0, 3), i);
      const [a, b, o] = parts(terms, l);
      const rows = positionOver(emitter, window, 0, h, a, own(x)[1]);
      const columns = positionOver(emitter, window, 1, w, b, own(x)[2]);
      return guarded(rows, columns, at(x, [n, rows.index, columns.index, o]));
    },
    second: (l, j) => {
      const [a, b, o] = parts(terms, l);
      return at(y, [a, b, j, o]);
    },
  };
}

/** Whether neighbouring elements of the matrices stand along the result's sides, rather than along the terms. */
export function areLongInside({ primitive: { name }, inputs: [x] }: Equation): readonly [boolean, boolean] {
  const isDeep = x!.shape.at(-1)! >= 16;
  if (name === "conv2dFilterGradient") return [isDeep, true];
  return [!isDeep, name === "conv2d"];
}
