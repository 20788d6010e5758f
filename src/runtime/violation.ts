import type { NDArray } from "../ir/primitive.js";
import type { CheckAttributes } from "../ir/primitives/checked.js";
import type { Program } from "../ir/program.js";
import { broadcastShapes, forEachBroadcast, type Shape } from "../util/shapes.js";
import { type FailedCheck, Trail } from "./nonFinite.js";

/** A check of a program that fails. */
export interface FoundViolation extends CheckAttributes {
  /** The user's `file:line`, if known. */
  readonly source: string | undefined;
  /** The first places where it fails: flat positions in the condition, and there per operand the elements of an event. */
  readonly places: readonly { readonly position: number; readonly values: readonly (readonly number[])[] }[];
  /** Shape of the condition, without the axes of an event. */
  readonly shape: Shape;
  /** At how many places it fails. */
  readonly count: number;
}

/** Runs a program, rounding to float32 after every equation, and tells the first check in it that fails. */
export function findViolation(program: Program, inputs: readonly NDArray[], most: number): FoundViolation | undefined {
  const trail = new Trail();
  trail.run(program, inputs);
  return trail.failedCheck && describe(trail.failedCheck, most);
}

function describe({ equation, operands: [condition, ...values] }: FailedCheck, most: number): FoundViolation {
  const attributes = equation.attributes as unknown as CheckAttributes;
  const failing = [...condition!.elements.entries()].flatMap(([i, holds]) => (holds === 0 ? [i] : []));
  const events = new Map(failing.slice(0, most).map((position) => [position, values.map((): number[] => [])]));
  const shapes = [condition!, ...values].map(({ shape }) => shape);
  forEachBroadcast(broadcastShapes(...shapes)!, shapes, (_, [position, ...from]) => {
    events.get(position!)?.forEach((event, k) => {
      event.push(values[k]!.elements[from[k]!]!);
    });
  });
  const shape = condition!.shape.slice(0, condition!.shape.length - attributes.eventRank);
  return {
    ...attributes,
    source: equation.source?.line,
    places: [...events].map(([position, of]) => ({ position, values: of })),
    shape,
    count: failing.length,
  };
}
