// Equations that are computed together, and loops around them.
import type { Equation } from "../../../ir/program.js";
import type { Relation } from "./relation.js";

/** For each axis of a value, the axis of the nest that it is; undefined for axes of one element. */
export type Axes = readonly (number | undefined)[];

/** An equation of a nest. */
export interface Step {
  readonly equation: Equation;
  readonly relation: Relation;
  readonly operands: readonly Axes[];
  readonly output: Axes;
  /** The nest's axes that it folds over. */
  readonly folded: readonly number[];
  /** Whether it folds over loops, so that its result is known only after them. */
  readonly isExit: boolean;
}

/**
 * Loops around equations. The axes of the nest are numbers: `loops` are run through, the last one four elements at a time,
 * one in each lane; the elements along all other axes are side by side in locals.
 */
export interface Nest {
  readonly loops: readonly number[];
  /** Of all axes, by their numbers. */
  readonly sizes: readonly number[];
  readonly steps: readonly Step[];
}

/** Axes up to this size may be unrolled, and values of up to so many vectors. */
const longestUnrolled = 16;
const mostUnrolled = 64;

/** Whether the indices of a relation that are no loops can be unrolled. */
export function canUnroll({ sizes }: Relation, isLoop: (index: number) => boolean): boolean {
  let vectors = 1;
  for (let index = 0; index < sizes.length; index++) {
    if (isLoop(index)) continue;
    if (sizes[index]! > longestUnrolled) return false;
    vectors *= sizes[index]!;
  }
  return vectors <= mostUnrolled;
}

/** A nest of some of its equations, by their places. */
export function restrictNest(nest: Nest, keep: readonly number[], places: ReadonlyMap<Equation, number>): Nest {
  if (keep.length === nest.steps.length) return nest;
  const kept = new Set(keep);
  return { ...nest, steps: nest.steps.filter(({ equation }) => kept.has(places.get(equation)!)) };
}
