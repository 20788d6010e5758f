import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { inline } from "../ir/interpret.js";
import { runEagerly } from "../ir/lifted.js";
import type { DType } from "../ir/program.js";
import { emitOnTensors, isTracing, tensorOf, traceInner } from "../ir/tracing.js";
import { forward } from "../transforms/forward.js";
import { vmap } from "../transforms/vmap.js";
import { type Tree, withLeaves } from "../util/tree.js";
import type { Execute } from "./call.js";
import { addressesOf, type Choices, isTensor } from "./choices.js";
import { drawRows } from "./drawRows.js";
import type { Plated } from "./effects.js";
import { concatenated } from "./loop.js";
import type { Meaning, Outcome } from "./meaning.js";
import { noteRow } from "./observed.js";
import { named, tensorsOf } from "./records.js";
import { aroundAxis } from "./siteLog.js";
import { inSegments, rowsFrom, stepsOf } from "./steps.js";

/** The names at which a plate has choices, found by recording one row on the side. */
function namesIn(
  { rows, body }: Plated,
  { drawsObservations, recordsObservations }: Meaning,
  execute: Execute,
): string[] {
  const types = tensorsOf(rows).map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype: dtype as DType }));
  let names: string[] = [];
  traceInner(types, (...row) => {
    const key = tf.zeros([2], "int32");
    const meaning: Meaning = { key, given: {}, drawsObservations, recordsObservations, path: [] };
    names = Object.keys(execute(body(withLeaves(rows, row)), meaning).choices);
    return [];
  });
  return names;
}

/** The meaning of a plate whose choices stand beside others: what is known of its own. */
export function meaningOfPlate(plate: Plated, meaning: Meaning, execute: Execute): Meaning {
  const { given, earlier } = meaning;
  if (!earlier && Object.keys(given).length === 0) return meaning;
  const names = namesIn(plate, meaning, execute);
  return {
    ...meaning,
    given: named(given, names),
    earlier: earlier && {
      ...earlier,
      choices: named(earlier.choices, names),
      logDensities: named(earlier.logDensities, names),
      branches: named(earlier.branches, names),
      // nothing starts from these
      logObserved: {},
    },
  };
}

/** Runs a program for every row: recorded once, batched over the rows, and put in place or executed at once. */
export function runPlate(plate: Plated, meaning: Meaning, execute: Execute, rowsKey?: () => Tensor): Outcome {
  const { source } = plate;
  // rows of a sample stand for all where they are scored; what is predicted or recorded is wanted for every row
  const isOfAll = meaning.drawsObservations || meaning.recordsObservations !== undefined;
  const subsample = isOfAll ? undefined : plate.subsample;
  const chosen = subsample === undefined ? undefined : drawRows(rowsKey!(), plate.length, subsample, false);
  const rows = chosen
    ? withLeaves(
        plate.rows,
        tensorsOf(plate.rows).map((all) => tf.gather(all, chosen)),
      )
    : plate.rows;
  const length = subsample ?? plate.length;
  checkRows(meaning.given, length, plate);
  const run = (own: Meaning, first: number, last: number) => runRows({ ...plate, rows }, own, execute, first, last);
  const outcome = inSegments(meaning, length, run, ([before, after]) =>
    concatenated(before as Tree<Tensor>, after as Tree<Tensor>),
  );
  if (subsample !== undefined && addressesOf(outcome.choices).length > 0)
    throw new ElbowError("subsample-choices", {
      message: `a plate that draws its rows holds random choices of its own: ${addressesOf(outcome.choices).join(", ")}`,
      hint: "Another program cannot know which rows they belong to. Draw a minibatch in the objective, and pass its rows, and its scale as { scale }, to model and guide.",
      at: { source: source.line },
    });
  return scaled(outcome, plate.scale * (plate.length / length));
}

function runRows(plate: Plated, meaning: Meaning, execute: Execute, first: number, last: number): Outcome {
  const steps = stepsOf(meaning, first, last, execute);
  const elements = tensorsOf(plate.rows).map((all) => rowsFrom(all, first, last));
  const stacked = [...elements, ...steps.sequences];
  let structure: Tree<Tensor> | undefined;
  const types = stacked.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype: dtype as DType }));
  const { program, captured } = traceInner(types, (...slices) => {
    for (const [i, whole] of elements.entries()) noteRow(slices[i]!, whole);
    const axis = { name: plate.address ?? "rows", size: last - first };
    const call = plate.body(withLeaves(plate.rows, slices.slice(0, elements.length)));
    const { result, tensors } = aroundAxis(axis, () => steps.run(call, slices.slice(elements.length)));
    structure = checkResult(result, plate);
    return [...tensors, ...tensorsOf(structure)];
  });
  const lanes = vmap(program, last - first, [...captured.map(() => null), ...stacked.map(() => 0)]);
  const inputs = [...captured.map(tensorOf), ...stacked];
  const outputs = isTracing()
    ? emitOnTensors(inputs, (...variables) => inline(lanes, variables))
    : runEagerly(forward(lanes), inputs);
  const { outcome, rest } = steps.collect(outputs);
  return { ...outcome, result: structure === undefined ? undefined : withLeaves(structure, rest) };
}

/** @throws ElbowError "plate-result" unless the program of a row returns tensors or nothing */
function checkResult(result: unknown, { source }: Plated): Tree<Tensor> | undefined {
  if (result === undefined || tensorsOf(result as Tree<Tensor>).every(isTensor)) return result as Tree<Tensor>;
  throw new ElbowError("plate-result", {
    message: "the program of a plate must return a tensor, nested objects and arrays of tensors, or nothing",
    at: { source: source.line },
  });
}

/** @throws ElbowError "plate-rows" unless given values have a row for each */
function checkRows(given: Choices, length: number, { address, source }: Plated): void {
  for (const { shape } of tensorsOf(given as Tree<Tensor>))
    if (shape[0] !== length)
      throw new ElbowError("plate-rows", {
        message: `values given for the plate ${address === undefined ? "" : `"${address}"`} must have a first axis of ${length}\n  received: [${shape}]`,
        hint: "Values of a plate are stacked, one row each.",
        at: { source: source.line },
      });
}

/** An outcome whose log densities count several times. */
function scaled(outcome: Outcome, scale: number): Outcome {
  if (scale === 1) return outcome;
  const times = (x: Tensor): Tensor => tf.mul(x, scale);
  const all = (tree: Choices): Choices =>
    withLeaves(tree as Tree<Tensor>, tensorsOf(tree as Tree<Tensor>).map(times)) as Choices;
  return {
    ...outcome,
    logDensities: all(outcome.logDensities),
    logObserved: all(outcome.logObserved),
    logDrawn: times(outcome.logDrawn),
    logGiven: times(outcome.logGiven),
    logKept: outcome.logKept && times(outcome.logKept),
  };
}
