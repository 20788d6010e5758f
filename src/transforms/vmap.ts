import { ElbowError } from "../errors.js";
import { build } from "../ir/builder.js";
import { checkRecorded } from "../ir/checkRecorded.js";
import { moveAxis } from "../ir/primitives/axes.js";
import type { Program, Type, Variable } from "../ir/program.js";
import { checkArray, checkInteger } from "../util/expected.js";
import { formatShape } from "../util/shapes.js";
import { alignTo, fromBatched, materialize, newAxis, runInLanes, single } from "./lanes.js";

/** Which axis of each argument is mapped over; null for arguments that are the same for every lane. */
export type InAxes = readonly (number | null)[];

/**
 * The program that runs `program` once per position of the mapped axes, as one batched program. Results carry the new
 * axis first.
 */
export function vmap(program: Program, size: number, inAxes?: InAxes): Program {
  checkRecorded("vmap", program);
  checkInteger("vmap", "the size of the mapped axis", size, 0);
  if (inAxes !== undefined)
    checkArray("vmap", "the axes", inAxes, "Give one per input, null for one that is not mapped: [0, null].");
  const places: InAxes = inAxes ?? program.inputs.map(() => 0);
  const axis = newAxis("vmap", size);
  const types: Type[] = program.inputs.map(({ shape, dtype }, i) => {
    const at = places[i];
    if (at === null || at === undefined) return { shape, dtype };
    if (at < 0 || at > shape.length)
      throw new ElbowError("vmap-axis", {
        message: `vmap: argument ${i} of shape ${formatShape(shape)} has no place for a mapped axis ${at}`,
      });
    return { shape: [...shape.slice(0, at), size, ...shape.slice(at)], dtype };
  });
  return build(types, (...inputs) => {
    const lanes = inputs.map((input, i) => {
      const at = places[i];
      return at === null || at === undefined ? single(input) : { variable: moveAxis(input, at, 0), axes: [axis] };
    });
    return runInLanes(program, lanes).map((output) => materialize(output, [axis]));
  });
}

/** Runs a program on variables with leading batch axes of these sizes (or 1): what batching rules of control flow need. */
export function runBatched(
  program: Program,
  inputs: readonly Variable[],
  sizes: readonly number[],
  isFull = false,
): Variable[] {
  const axes = sizes.map((size, i) => newAxis(`batch${i}`, size));
  return runInLanes(
    program,
    inputs.map((input) => fromBatched(input, axes)),
  ).map((output) => (isFull ? materialize(output, axes) : alignTo(output, axes)));
}
