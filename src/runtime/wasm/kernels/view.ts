import type { Shape } from "../../../util/shapes.js";

/** A value in memory under another shape: the element at position p is at offset + Σ stepsᵢ·pᵢ. */
export interface View {
  readonly shape: Shape;
  /** Elements between neighbours along each axis; 0 where the value repeats, or where results are added up. */
  readonly steps: readonly number[];
  readonly offset: number;
}
