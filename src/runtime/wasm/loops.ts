// Loops over the elements of a shape, four at a time, with operands that broadcast to it.
import { broadcastStrides, type Shape, sizeOf } from "../../util/shapes.js";
import type { I32, Local, V128 } from "./assembler/expression.js";
import type { FunctionBuilder } from "./assembler/functionBuilder.js";
import { i32 } from "./assembler/i32.js";
import { v128 } from "./assembler/v128.js";

/** A value in memory, seen from an iteration over a shape that it broadcasts to. */
export interface Access {
  readonly address: number;
  /** Elements between neighbours along each axis of the iteration; 0 where it repeats. */
  readonly strides: readonly number[];
}

/** An iteration space with axes joined wherever all operands run on through both. */
interface Nest {
  readonly sizes: readonly number[];
  readonly accesses: readonly Access[];
}

export const accessTo = (address: number, shape: Shape, out: Shape): Access => ({
  address,
  strides: broadcastStrides(shape, out),
});

function collapse(shape: Shape, accesses: readonly Access[]): Nest {
  let sizes: number[] = [];
  let strides: number[][] = accesses.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const joins =
      sizes.length > 0 && accesses.every((access, k) => strides[k]!.at(-1) === access.strides[axis]! * size);
    if (joins) {
      sizes = [...sizes.slice(0, -1), sizes.at(-1)! * size];
      strides = strides.map((own, k) => [...own.slice(0, -1), accesses[k]!.strides[axis]!]);
    } else {
      sizes.push(size);
      strides.forEach((own, k) => {
        own.push(accesses[k]!.strides[axis]!);
      });
    }
  });
  if (sizes.length === 0) {
    sizes = [1];
    strides = accesses.map(() => [1]);
  }
  return { sizes, accesses: accesses.map(({ address }, k) => ({ address, strides: strides[k]! })) };
}

/** Sum of a number known now and a value known later. */
export interface Position {
  readonly fixed: number;
  readonly moving: I32 | undefined;
}

const advance = (fn: FunctionBuilder, { fixed, moving }: Position, by: I32): Position => ({
  fixed,
  moving: fn.let(moving ? i32.add(moving, by) : by),
});

export const loadAt = ({ fixed, moving }: Position): V128 => v128.load(moving ?? 0, fixed);
export const splatAt = ({ fixed, moving }: Position): V128 => v128.load32Splat(moving ?? 0, fixed);
export function storeAt(fn: FunctionBuilder, { fixed, moving }: Position, value: V128): void {
  fn.store(moving ?? 0, value, fixed);
}

/** Up to this many chunks of four are written out instead of looped over. */
const unrollingLimit = 4;

/**
 * Calls `body` for chunks of four neighbours along the innermost axis. For every access it is given the loaded values
 * (`read`) and the position to store to. Chunks may run over the end of a row: what they write there is overwritten by the next
 * row, or lies in the slack behind the value.
 */
export function forEachChunk(
  fn: FunctionBuilder,
  shape: Shape,
  inputs: readonly Access[],
  outputs: readonly Access[],
  body: (values: readonly V128[], targets: readonly Position[]) => void,
): void {
  if (sizeOf(shape) === 0) return;
  const { sizes, accesses } = collapse(shape, [...inputs, ...outputs]);
  const inner = sizes.length - 1;
  const length = sizes[inner]!;
  const start = accesses.map(({ address }): Position => ({ fixed: address, moving: undefined }));

  const innermost = (positions: readonly Position[]): void => {
    // what repeats along the innermost axis is loaded once per row
    const repeated = positions.map((position, k) =>
      k < inputs.length && accesses[k]!.strides[inner] === 0 ? fn.let(splatAt(position)) : undefined,
    );
    const chunk = (offset: Local<"i32"> | number): void => {
      const at = (position: Position): Position =>
        typeof offset === "number"
          ? { ...position, fixed: position.fixed + offset }
          : { ...position, moving: position.moving ? i32.add(position.moving, offset) : offset };
      fn.scope(() => {
        const values = inputs.map((_, k) => repeated[k] ?? fn.let(loadAt(at(positions[k]!))));
        body(values, positions.slice(inputs.length).map(at));
      });
    };
    const chunks = Math.ceil(length / 4);
    if (chunks <= unrollingLimit) for (let i = 0; i < chunks; i++) chunk(16 * i);
    else fn.loop({ to: 4 * length, step: 16 }, chunk);
  };

  const level = (axis: number, positions: readonly Position[]): void => {
    if (axis === inner) {
      innermost(positions);
      return;
    }
    fn.loop(sizes[axis]!, (i) =>
      fn.scope(() =>
        level(
          axis + 1,
          positions.map((position, k) => {
            const stride = accesses[k]!.strides[axis]!;
            return stride === 0 ? position : advance(fn, position, i32.mul(i, 4 * stride));
          }),
        ),
      ),
    );
  };
  fn.scope(() => level(0, start));
}
