// Runs of a program that are stacked: steps of a loop, rows of a plate. Each has its own key and its own slice of what is
// given and of an earlier run.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { foldIn } from "../ops/random.js";
import { range } from "../util/shapes.js";
import type { Tree } from "../util/tree.js";
import type { Call, Execute } from "./call.js";
import type { Meaning, Outcome, Records } from "./meaning.js";
import { countOf, noCalls, recordedIn, recordsOf, tensorsOf, withTensors } from "./records.js";
import { checkingInner, noteValidity } from "./validity.js";

/** How the steps from one number up to another are run. */
export interface Steps {
  /** What every step gets a slice of. */
  readonly sequences: readonly Tensor[];
  /** Runs the program of one step with its slices; `tensors` are to be stacked. */
  readonly run: (call: Call, slices: readonly Tensor[]) => { result: unknown; tensors: Tensor[] };
  /** What the steps did together, without results, and the stacked tensors that are no part of it. */
  readonly collect: (stacked: readonly Tensor[]) => { outcome: Outcome; rest: Tensor[] };
}

export function stepsOf(meaning: Meaning, first: number, last: number, execute: Execute): Steps {
  const { auxiliary, given, earlier } = meaning;
  // where nothing may be drawn, a step may still need a key to estimate a density with
  const key = meaning.key ?? auxiliary;
  const keys = key ? [foldIn(key, tf.tensor1d(range(last).slice(first), "int32"))] : [];
  const before = earlier && recordsOf(earlier);
  const values = tensorsOf(given as Tree<Tensor>);
  // the structure of what a step does is known once the first one has run
  let layout: { records: Records; isChecked: boolean } | undefined;
  return {
    sequences: [...keys, ...values, ...(before ? recordedIn(before) : [])],
    run: (call, slices) => {
      const rest = [...slices];
      const stepKey = key && rest.shift();
      const own: Meaning = {
        ...meaning,
        key: meaning.key && stepKey,
        auxiliary: auxiliary && stepKey,
        isStacked: true,
        given: withTensors(given, rest.splice(0, values.length)),
        earlier: before && { ...withTensors(before, rest), calls: noCalls },
      };
      const { result: outcome, validity } = checkingInner(() => execute(call, own));
      // some steps may keep choices and others none: what is stacked is the same for all
      const { logDrawn, logGiven, logKept = tf.scalar(0) } = outcome;
      layout = { records: recordsOf(outcome), isChecked: validity !== undefined };
      const sums = [logDrawn, logGiven, ...(before ? [logKept] : []), ...(validity ? [validity] : [])];
      return { result: outcome.result, tensors: [...sums, ...recordedIn(outcome)] };
    },
    collect: (stacked) => {
      if (!layout) return { outcome: nothing(), rest: [...stacked] };
      const rest = [...stacked];
      const next = () => tf.sum(rest.shift()!);
      const [logDrawn, logGiven] = [next(), next()];
      const logKept = before ? next() : undefined;
      if (layout.isChecked) noteValidity(rest.shift());
      const records = withTensors(layout.records, rest.splice(0, countOf(layout.records)));
      return { outcome: { ...records, logDrawn, logGiven, logKept, calls: noCalls, result: undefined }, rest };
    },
  };
}

/** The outcome of no steps. */
const nothing = (): Outcome => ({
  choices: {},
  logDensities: {},
  logObserved: {},
  branches: {},
  logDrawn: tf.scalar(0),
  logGiven: tf.scalar(0),
  logKept: undefined,
  calls: noCalls,
  result: undefined,
});

/**
 * Runs steps in one go, or in two where an earlier run had another number of them: what it had is kept, the steps that it
 * did not have are new.
 */
export function inSegments(
  meaning: Meaning,
  length: number,
  run: (meaning: Meaning, first: number, last: number) => Outcome,
  join: (results: readonly unknown[]) => unknown,
): Outcome {
  const { earlier, given } = meaning;
  const known = earlier && (recordedIn(earlier)[0]?.shape[0] ?? 0);
  if (known === undefined || known === 0) return run({ ...meaning, earlier: undefined }, 0, length);
  if (known === length) return run(meaning, 0, length);
  const part = <T>(tree: T, first: number, last: number): T =>
    withTensors(
      tree,
      tensorsOf(tree as Tree<Tensor>).map((all) => rowsFrom(all, first, last)),
    );
  const kept = Math.min(known, length);
  const cut: Meaning = {
    ...meaning,
    given: part(given, 0, kept),
    earlier: { ...part(recordsOf(earlier!), 0, kept), calls: noCalls },
  };
  const before = run(cut, 0, kept);
  if (kept === length) return before;
  const after = run({ ...meaning, given: part(given, kept, length), earlier: undefined }, kept, length);
  return joined(before, after, join);
}

/** Rows of a tensor, from one number up to another. */
export const rowsFrom = (tensor: Tensor, first: number, last: number): Tensor =>
  first === 0 && last === tensor.shape[0]
    ? tensor
    : tf.slice(tensor, [first, ...tensor.shape.slice(1).map(() => 0)], [last - first, ...tensor.shape.slice(1)]);

function joined(before: Outcome, after: Outcome, join: (results: readonly unknown[]) => unknown): Outcome {
  const [first, second] = [before, after].map(recordedIn);
  const stacked = first!.map((each, i) => tf.concat([each, second![i]!], 0));
  return {
    ...withTensors(recordsOf(before), stacked),
    logDrawn: tf.add(before.logDrawn, after.logDrawn),
    logGiven: tf.add(before.logGiven, after.logGiven),
    logKept: before.logKept,
    calls: noCalls,
    result: join([before.result, after.result]),
  };
}
