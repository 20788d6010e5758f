import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { isTracing, traceInner } from "../ir/tracing.js";
import { branch } from "../ops/control.js";
import { namedKey } from "../ops/random.js";
import { leavesOf, type Tree, withLeaves } from "../util/tree.js";
import type { Call, Execute } from "./call.js";
import { addressesOf, at, type Choices, set, unknownAddress } from "./choices.js";
import type { Branched } from "./effects.js";
import type { Meaning, Outcome } from "./meaning.js";
import { checkingInner, noteValidity } from "./validity.js";

const tensorsOf = (tree: Tree<Tensor>): Tensor[] => leavesOf(tree).map(({ leaf }) => leaf);

/** Runs one of two programs; while tracing, both are recorded, and their choices brought to a common structure. */
export function runBranch(
  { predicate, whenTrue, whenFalse, source }: Branched<string>,
  strict: Meaning,
  execute: Execute,
): Outcome {
  // an estimator may run both branches, so equal addresses in them must not share their randomness;
  // values may be given for the branch that does not run
  const meaning = (name: string): Meaning => ({
    ...strict,
    key: strict.key && namedKey(strict.key, name),
    auxiliary: strict.auxiliary && namedKey(strict.auxiliary, name),
    ignoresUnknown: true,
  });
  const [ifTrue, ifFalse] = [meaning("true"), meaning("false")];
  if (!isTracing()) return predicate.dataSync()[0] ? execute(whenTrue, ifTrue) : execute(whenFalse, ifFalse);
  const [first, second] = [choicesOf(whenTrue, ifTrue, execute), choicesOf(whenFalse, ifFalse, execute)];
  const union = addressesOf(second).reduce(
    (all, address) => (at(all, address) ? all : set(all, address, at(second, address)!)),
    first,
  );
  const addresses = addressesOf(union);
  for (const address of strict.ignoresUnknown ? [] : addressesOf(strict.given))
    if (!addresses.includes(address))
      throw unknownAddress(address, addresses, `the branches at "${strict.path.join("/")}"`, source.line);
  let result: Tree<Tensor> = [];
  let isChecked = false;
  const run = (call: Call, meaning: Meaning) => () => {
    const { result: outcome, validity } = checkingInner(() => execute(call, meaning));
    isChecked = validity !== undefined;
    result = outcome.result as Tree<Tensor>;
    const choices = addresses.map((address) => {
      const { shape, dtype } = at(union, address) as Tensor;
      return (at(outcome.choices, address) as Tensor | undefined) ?? tf.zeros(shape, dtype as "float32");
    });
    const checks = validity ? [validity] : [];
    return [outcome.logDrawn, outcome.logGiven, ...checks, ...choices, ...tensorsOf(result)];
  };
  const [logDrawn, logGiven, ...rest] = branch(predicate, run(whenTrue, ifTrue), run(whenFalse, ifFalse), source);
  if (isChecked) noteValidity(rest.shift());
  const values = rest.splice(0, addresses.length);
  return {
    choices: addresses.reduce<Choices>((all, address, i) => set(all, address, values[i]!), {}),
    logDrawn: logDrawn!,
    logGiven: logGiven!,
    result: withLeaves(result, rest),
  };
}

/** The choices that a branch makes, found by recording it on the side: only their types are used. */
function choicesOf(call: Call, meaning: Meaning, execute: Execute): Choices {
  let found: Choices = {};
  traceInner([], () => {
    found = checkingInner(() => execute(call, meaning)).result.choices;
    return [];
  });
  return found;
}
