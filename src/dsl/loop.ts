import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { loop } from "../ops/control.js";
import { described } from "../util/described.js";
import { range } from "../util/shapes.js";
import { type Tree, withLeaves } from "../util/tree.js";
import type { Execute } from "./call.js";
import type { Looped } from "./effects.js";
import type { Meaning, Outcome } from "./meaning.js";
import { tensorsOf } from "./records.js";
import { aroundAxis } from "./siteLog.js";
import { inSegments, rowsFrom, stepsOf } from "./steps.js";

interface LoopResult {
  readonly carry: Tree<Tensor>;
  readonly outputs: Tree<Tensor> | undefined;
}

/** Runs a loop over a program. */
export function runLoop(
  { address, body, initial, sequence, source }: Looped<string>,
  meaning: Meaning,
  execute: Execute,
): Outcome {
  const elements: Tree<Tensor> = typeof sequence === "number" ? tf.tensor1d(range(sequence), "int32") : sequence;
  const length = tensorsOf(elements)[0]?.shape[0] ?? 0;
  let start = initial;
  const run = (own: Meaning, first: number, last: number): Outcome => {
    const steps = stepsOf(own, first, last, execute);
    const rows = tensorsOf(elements).map((all) => (last - first === length ? all : rowsFrom(all, first, last)));
    let output: Tree<Tensor> | undefined;
    const { carry, outputs } = loop(
      (carried, slices) => {
        const element = withLeaves(elements, slices.slice(0, rows.length));
        const call = body(withLeaves(start, carried), element);
        const axis = { name: address, size: last - first };
        const { result, tensors } = aroundAxis(axis, () => steps.run(call, slices.slice(rows.length)));
        const step = result as { carry: Tree<Tensor>; output?: Tree<Tensor> };
        if (step?.carry === undefined)
          throw new ElbowError("scan-carry", {
            message: `the program of a step of "${address}" must return { carry, output? }\n  received: ${described(result)}`,
            hint: "Return what the next step starts from: return { carry: x }.",
            at: { address, source: source.line },
          });
        output = step.output;
        return { carry: tensorsOf(step.carry), outputs: [...tensors, ...tensorsOf(output)] };
      },
      tensorsOf(start),
      [...rows, ...steps.sequences],
      // values that are put in the place of draws differ from step to step
      { length: last - first, isUnrolled: own.choose !== undefined, source },
    );
    const { outcome, rest } = steps.collect(outputs);
    start = withLeaves(initial, carry);
    const result: LoopResult = {
      carry: start,
      outputs: output === undefined ? undefined : withLeaves(output, rest),
    };
    return { ...outcome, result };
  };
  return inSegments(meaning, length, run, (results) => {
    const [before, after] = results as readonly [LoopResult, LoopResult];
    return { carry: after.carry, outputs: concatenated(before.outputs, after.outputs) };
  });
}

/** Stacked results of two parts, one after the other. */
export function concatenated(
  before: Tree<Tensor> | undefined,
  after: Tree<Tensor> | undefined,
): Tree<Tensor> | undefined {
  if (before === undefined || after === undefined) return undefined;
  const later = tensorsOf(after);
  return withLeaves(
    before,
    tensorsOf(before).map((each, i) => tf.concat([each, later[i]!], 0)),
  );
}
