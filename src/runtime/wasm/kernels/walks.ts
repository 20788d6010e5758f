// Loops over several arrays at once, each walked with its own strides.
import { invariant } from "../../../errors.js";
import type { I32 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { Address } from "../assembler/instruction.js";

/** Bytes of an element. */
export const wordBytes = 4;

/** A way through memory: where it starts, and how many bytes each axis goes on. */
export interface Walk {
  readonly start: Address;
  readonly steps: readonly number[];
}

export const addressOf = (start: Address): I32 => (typeof start === "number" ? i32.const(start) : start);

/** Sizes and walks, with axes of size 1 left out and neighbouring axes joined where all walks go on evenly. */
export function collapsed(sizes: readonly number[], walks: readonly Walk[]): { sizes: number[]; walks: Walk[] } {
  const kept: number[] = [];
  const steps = walks.map((): number[] => []);
  sizes.forEach((size, axis) => {
    if (size === 1) return;
    const isEven = kept.length > 0 && walks.every((walk, i) => steps[i]!.at(-1) === size * walk.steps[axis]!);
    if (isEven) kept.push(kept.pop()! * size);
    else kept.push(size);
    walks.forEach((walk, i) => {
      if (isEven) steps[i]!.pop();
      steps[i]!.push(walk.steps[axis]!);
    });
  });
  return { sizes: kept, walks: walks.map(({ start }, i) => ({ start, steps: steps[i]! })) };
}

/** Nested loops, the last axis innermost; the body gets the place of each walk. Nothing if any size is 0. */
export function forEachPlace(
  fn: FunctionBuilder,
  sizes: readonly number[],
  walks: readonly Walk[],
  body: (places: readonly I32[]) => void,
): void {
  if (sizes.includes(0)) return;
  for (const { steps } of walks) invariant(steps.length === sizes.length, "a walk has a step for every axis");
  const descend = (axis: number, places: readonly I32[]): void => {
    if (axis === sizes.length) {
      body(places);
      return;
    }
    if (sizes[axis] === 1) {
      descend(axis + 1, places);
      return;
    }
    const moving = walks.map(({ steps }, i) => (steps[axis] === 0 ? undefined : fn.let(places[i]!)));
    fn.loop(sizes[axis]!, () => {
      descend(
        axis + 1,
        places.map((place, i) => moving[i] ?? place),
      );
      moving.forEach((place, i) => {
        if (place) fn.set(place, i32.add(place, walks[i]!.steps[axis]!));
      });
    });
  };
  fn.scope(() =>
    descend(
      0,
      walks.map(({ start }) => addressOf(start)),
    ),
  );
}

/** Row-major strides in bytes. */
export function byteStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = wordBytes; axis >= 0; step *= shape[axis]!, axis--) strides[axis] = step;
  return strides;
}

/** Runs through blocks of at most `size` out of `total`: a loop for the full ones, and the rest by itself. */
export function forEachBlock(
  fn: FunctionBuilder,
  total: number,
  size: number,
  body: (from: I32, size: number) => void,
): void {
  const rest = total % size;
  const whole = total - rest;
  if (whole === size) body(i32.const(0), size);
  else fn.loop({ to: whole, step: size }, (from) => body(from, size));
  if (rest > 0) body(i32.const(whole), rest);
}

/** The size of blocks that are as equal as possible, at most `most` and a multiple of `unit`. */
export const evenly = (total: number, most: number, unit = 1): number =>
  Math.ceil(total / Math.ceil(total / most) / unit) * unit;
