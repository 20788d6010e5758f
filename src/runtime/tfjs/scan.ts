import type { ScanAttributes } from "../../ir/control.js";
import type { Type } from "../../ir/program.js";
import type { Sides } from "../placement.js";
import type { Reading } from "../reading.js";
import { type Cell, readAll } from "./cell.js";
import { stack, unstack } from "./sequences.js";

/** Runs the loop's body once; the results are the caller's to release. */
export type RunBody = (inputs: readonly Cell[]) => Reading<Cell[]>;

/**
 * Runs a scan equation on operands that stay the caller's. A carry that is on the host (a key, a counter) stays there from
 * step to step; every other one is a tensor that is disposed when the next step has replaced it.
 */
export function* runScan(
  { constants, carries, length, reverse }: ScanAttributes,
  inputs: readonly Cell[],
  bodySides: readonly Sides[],
  outputs: readonly Type[],
  runBody: RunBody,
): Reading<Cell[]> {
  const fixed = inputs.slice(0, constants);
  let carry = inputs.slice(constants, constants + carries).map((cell) => cell.retain());
  const sequences = inputs.slice(constants + carries);
  const sidesOf = bodySides.slice(constants + carries);
  const results = outputs.slice(carries).map(() => new Array<Cell | undefined>(length));
  const elements: (Cell | undefined)[][] = [];
  try {
    yield* readAll(sequences.filter((_, i) => length > 0 && sidesOf[i]!.onHost));
    sequences.forEach((sequence, i) => {
      elements.push(unstack(sequence, length, sidesOf[i]!));
    });
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const next = yield* runBody([...fixed, ...carry, ...elements.map((each) => each[t]!)]);
      releaseAll(carry);
      carry = next.splice(0, carries);
      next.forEach((cell, i) => {
        results[i]![t] = cell;
      });
      for (const each of elements) {
        each[t]!.release();
        each[t] = undefined;
      }
    }
    return [...carry, ...results.map((cells, i) => stack(outputs[carries + i]!, cells.splice(0) as Cell[]))];
  } catch (error) {
    releaseAll(carry);
    results.forEach(releaseAll);
    throw error;
  } finally {
    elements.forEach(releaseAll);
  }
}

const releaseAll = (cells: readonly (Cell | undefined)[]): void => {
  for (const cell of cells) cell?.release();
};
