import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { loop } from "../ops/control.js";
import { foldIn } from "../ops/random.js";
import { range } from "../util/shapes.js";
import { leavesOf, type Tree, withLeaves } from "../util/tree.js";
import type { Execute } from "./call.js";
import type { Choices } from "./choices.js";
import type { Looped } from "./effects.js";
import type { Meaning, Outcome } from "./meaning.js";
import { checkingInner, noteValidity } from "./validity.js";

const tensorsOf = (tree: Tree<Tensor>): Tensor[] => leavesOf(tree).map(({ leaf }) => leaf);

/** Runs a loop over a program: every step gets its own key and its own slice of the given choices. */
export function runLoop(
  { body, initial, sequence, source }: Looped<string>,
  meaning: Meaning,
  execute: Execute,
): Outcome {
  const { given, auxiliary } = meaning;
  // where nothing may be drawn, a step may still need a key to estimate a density with
  const key = meaning.key ?? auxiliary;
  const sequences: Tree<Tensor> = typeof sequence === "number" ? tf.tensor1d(range(sequence), "int32") : sequence;
  const length = tensorsOf(sequences)[0]?.shape[0] ?? 0;
  const keys = key ? [foldIn(key, tf.tensor1d(range(length), "int32"))] : [];
  const elementCount = tensorsOf(sequences).length;
  // the structure of what a step returns is known once the first one has run
  let shape: { output: Tree<Tensor> | undefined; choices: Choices } | undefined;
  let isChecked = false;
  const { carry, outputs } = loop(
    (carried, elements) => {
      const element = withLeaves(sequences, elements.slice(0, elementCount));
      const rest = elements.slice(elementCount);
      const stepKey = key ? rest.shift() : undefined;
      const { result: outcome, validity } = checkingInner(() =>
        execute(body(withLeaves(initial, carried), element), {
          ...meaning,
          key: meaning.key && stepKey,
          auxiliary: auxiliary && stepKey,
          given: withLeaves(given as Tree<Tensor>, rest) as Choices,
        }),
      );
      isChecked = validity !== undefined;
      const { carry: next, output } = outcome.result as { carry: Tree<Tensor>; output?: Tree<Tensor> };
      shape = { output, choices: outcome.choices };
      const outs = output === undefined ? [] : tensorsOf(output);
      return {
        carry: tensorsOf(next),
        outputs: [
          outcome.logDrawn,
          outcome.logGiven,
          ...(validity ? [validity] : []),
          ...outs,
          ...tensorsOf(outcome.choices as Tree<Tensor>),
        ],
      };
    },
    tensorsOf(initial),
    [...tensorsOf(sequences), ...keys, ...tensorsOf(given as Tree<Tensor>)],
    { length, source },
  );
  const [logDrawn, logGiven, ...rest] = outputs;
  if (isChecked) noteValidity(rest.shift());
  const outs = shape?.output === undefined ? [] : rest.splice(0, tensorsOf(shape.output).length);
  return {
    choices: (shape ? withLeaves(shape.choices as Tree<Tensor>, rest) : {}) as Choices,
    logDrawn: logDrawn ? tf.sum(logDrawn) : tf.scalar(0),
    logGiven: logGiven ? tf.sum(logGiven) : tf.scalar(0),
    result: {
      carry: withLeaves(initial, carry),
      outputs: shape?.output === undefined ? undefined : withLeaves(shape.output, outs),
    },
  };
}
