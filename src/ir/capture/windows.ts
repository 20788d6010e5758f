import { range } from "../../util/shapes.js";
import { builder } from "../builder.js";
import { gather } from "../primitives/indexing.js";
import { pad } from "../primitives/slicing.js";
import type { Variable } from "../program.js";

/** A window that slides along an axis. */
export interface Span {
  /** Number of positions. */
  readonly count: number;
  /** Number of elements that the window sees. */
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** How far before the axis the first window begins. */
  readonly before: number;
}

/** How far after an axis the last window ends: negative if it does not reach the end. */
export const spanOf = (length: number, count: number, reach: number, stride: number, before: number): number =>
  (count - 1) * stride + reach - length - before;

/** What each position of a window sees: the axis becomes two, [count, size]. Outside the axis it sees `outside`. */
export function windows(x: Variable, axis: number, span: Span, outside: number): Variable {
  const { count, size, stride, dilation, before } = span;
  const after = Math.max(0, spanOf(x.shape[axis]!, count, (size - 1) * dilation + 1, stride, before));
  const whole = pad(
    x,
    x.shape.map((_, i) => (i === axis ? [before, after] : [0, 0])),
    outside,
  );
  const positions = range(count * size).map((at) => Math.floor(at / size) * stride + (at % size) * dilation);
  return gather(whole, builder().constant(Float64Array.from(positions), [count, size], "int32"), axis);
}

/** How many elements of an axis each position of a window sees. */
export const seen = ({ count, size, stride, dilation, before }: Span, length: number): number[] =>
  range(count).map(
    (i) =>
      range(size).filter((k) => {
        const at = i * stride + k * dilation - before;
        return at >= 0 && at < length;
      }).length,
  );
