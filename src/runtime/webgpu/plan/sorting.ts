// Long lines are sorted in runs, which are then merged; what is scattered is sorted by where it goes, and then added up.
import { type Equation, type Variable, variable } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import { runLength } from "./forms.js";

/** Lines in runs of a length, of each of which so many leading elements are known, in order. */
export interface Runs {
  /** Elements of a line. */
  readonly elements: number;
  readonly length: number;
  readonly kept: number;
}

/**
 * One kernel of several. Keys are integers without sign, ascending; equal ones keep the order of their places.
 *
 * - `runs`: from the line's elements, to keys and places of the runs' elements in order;
 * - `merge`: from keys and places of runs to those of longer ones;
 * - `best`: the same of the last runs, to the elements at the places, and the places;
 * - `chunks`: sums of updates that go to the same index and stand in the same chunk, where the first of them stands;
 * - `segments`: sums of all that goes to an index, chunk by chunk.
 */
export type Stage =
  | { readonly kind: "runs"; readonly isDescending: boolean; readonly to: Runs }
  | { readonly kind: "merge" | "best"; readonly from: Runs; readonly to: Runs }
  | { readonly kind: "chunks" | "segments"; readonly chunk: number };

/** A kernel's root (plan/roots.ts). */
export interface SortRoot {
  readonly form: "sort";
  readonly equation: Equation;
  readonly value: undefined;
  readonly targets: readonly Variable[];
  readonly stage: Stage;
}

const runsOf = ({ elements, length }: Runs): number => Math.ceil(elements / length);

/** As many runs at once as make for about 512 candidates, but 4 at least. */
const waysOf = (kept: number): number => Math.max(4, Math.min(32, Math.floor(512 / kept)));

/** How many runs become one. */
export const ways = ({ from, to }: { readonly from: Runs; readonly to: Runs }): number => to.length / from.length;

interface Sorted {
  readonly keys: Variable;
  readonly places: Variable;
  readonly runs: Runs;
}

const stageRoot = (
  equation: Equation,
  inputs: readonly Variable[],
  targets: readonly Variable[],
  stage: Stage,
): SortRoot => ({
  form: "sort",
  equation: { ...equation, inputs },
  value: undefined,
  targets,
  stage,
});

function sortedVariables(rows: number, runs: Runs): Sorted {
  const shape = [rows, runsOf(runs), runs.kept];
  return { keys: variable(shape, "int32"), places: variable(shape, "int32"), runs };
}

/** Sorts lines up to their last merge; `isLeft` tells whether so many runs are left to the caller. */
function sortRoots(
  equation: Equation,
  source: Variable,
  elements: number,
  kept: number,
  isLeft: (runs: number, ways: number) => boolean,
) {
  const isDescending = equation.primitive.name === "topK";
  const rows = sizeOf(source.shape) / elements;
  let sorted = sortedVariables(rows, { elements, length: runLength, kept: Math.min(kept, runLength) });
  const targets = ({ keys, places }: Sorted) => [keys, places];
  const roots = [stageRoot(equation, [source], targets(sorted), { kind: "runs", isDescending, to: sorted.runs })];
  for (;;) {
    const { runs } = sorted;
    const each = waysOf(runs.kept);
    if (runsOf(runs) === 1 || isLeft(runsOf(runs), each)) return { roots, sorted };
    const length = runs.length * each;
    const next = sortedVariables(rows, { elements, length, kept: Math.min(kept, length, elements) });
    roots.push(stageRoot(equation, targets(sorted), targets(next), { kind: "merge", from: runs, to: next.runs }));
    sorted = next;
  }
}

/** The k largest elements of lines that are longer than a run. */
export function largestRoots(equation: Equation): SortRoot[] {
  const [x] = equation.inputs as [Variable];
  const { k } = equation.attributes;
  const elements = x.shape.at(-1)!;
  const { roots, sorted } = sortRoots(equation, x, elements, k, (runs, most) => runs <= most);
  const { keys, places, runs } = sorted;
  const to = { elements, length: runs.length * runsOf(runs), kept: k };
  return [...roots, stageRoot(equation, [keys, places, x], equation.outputs, { kind: "best", from: runs, to })];
}

/** Updates of one index are added in chunks of so many. */
const chunk = 128;

/** Sums of updates by where they go. */
export function scatterRoots(equation: Equation): SortRoot[] {
  const [updates, indices] = equation.inputs as [Variable, Variable];
  const batch = sizeOf(indices.shape.slice(0, equation.attributes.batchDims));
  const picks = sizeOf(indices.shape) / batch;
  const { roots, sorted } = sortRoots(equation, indices, picks, picks, () => false);
  const { keys, places } = sorted;
  if (picks <= chunk) {
    const stage = { kind: "segments", chunk: 1 } as const;
    return [...roots, stageRoot(equation, [keys, places, updates], equation.outputs, stage)];
  }
  const sums = variable([batch, picks, sizeOf(updates.shape) / (batch * picks)], updates.dtype);
  return [
    ...roots,
    stageRoot(equation, [keys, places, updates], [sums], { kind: "chunks", chunk }),
    stageRoot(equation, [keys, sums], equation.outputs, { kind: "segments", chunk }),
  ];
}
