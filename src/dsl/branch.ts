import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { isTracing, traceInner } from "../ir/tracing.js";
import { branch } from "../ops/control.js";
import { namedKey } from "../ops/random.js";
import { range } from "../util/shapes.js";
import { type Tree, withLeaves } from "../util/tree.js";
import type { Execute } from "./call.js";
import { addressesOf, at, unknownAddress } from "./choices.js";
import type { Branch, Branched } from "./effects.js";
import type { Earlier, Meaning, Outcome, Records } from "./meaning.js";
import { common, countOf, fill, noCalls, tensorsIn, tensorsOf, unionOf } from "./records.js";
import { checkingInner, noteValidity } from "./validity.js";

/**
 * Runs one of several programs. While tracing, all are recorded and their choices brought to a common structure, with zeros
 * for what did not run; so they are where runs are stacked.
 */
export function runBranch(branched: Branched<string>, strict: Meaning, execute: Execute): Outcome {
  const { branches, selector, source } = branched;
  const number = numberOf(selector, branches.length);
  const recorded = lazily((i) => structureOf(branches[i]!, meaningOf(branches[i]!, strict, undefined), execute));
  const allRecorded = () => branches.map((_, i) => recorded(i));
  /** The i-th branch, where the j-th ran before. */
  const run = (i: number, j?: number): Outcome => {
    const { earlier } = strict;
    const kept = earlier && j !== undefined && i !== j ? common(earlier, recorded(j), recorded(i)) : earlier;
    return execute(branches[i]!.call, meaningOf(branches[i]!, strict, kept));
  };
  const before = strict.earlier?.branches[""] as Tensor | undefined;
  if (!isTracing()) {
    const i = knownNumber(branched);
    const outcome = run(i, before?.dataSync()[0]);
    const isKnown = (address: string) => at(outcome.choices, address) !== undefined;
    const mustCheck = !strict.ignoresUnknown && !addressesOf(strict.given).every(isKnown);
    if (!mustCheck && !strict.isStacked)
      return { ...outcome, branches: { ...outcome.branches, "": number }, calls: noCalls };
    const union = unionOf(allRecorded());
    checkGiven(union, strict, branched);
    if (!strict.isStacked) return { ...outcome, branches: { ...outcome.branches, "": number }, calls: noCalls };
    const records = fill(union, tensorsIn(outcome, union));
    return { ...outcome, ...records, branches: { ...records.branches, "": number }, calls: noCalls };
  }
  const union = unionOf(allRecorded());
  checkGiven(union, strict, branched);
  let result: unknown;
  let isChecked = false;
  const record = (i: number, j?: number) => () => {
    const { result: outcome, validity } = checkingInner(() => run(i, j));
    isChecked = validity !== undefined;
    result = outcome.result;
    const { logDrawn, logGiven, logKept = tf.scalar(0) } = outcome;
    const sums = [logDrawn, logGiven, ...(strict.earlier ? [logKept] : []), ...(validity ? [validity] : [])];
    return [...sums, ...tensorsIn(outcome, union), ...tensorsOf(result as Tree<Tensor> | undefined)];
  };
  const choose = (tests: readonly Tensor[], runs: readonly (() => Tensor[])[]): Tensor[] =>
    runs.length === 1 ? runs[0]!() : branch(tests[0]!, runs[0]!, () => choose(tests.slice(1), runs.slice(1)), source);
  const numbers = range(branches.length);
  const earlierTests = before && testsOf(before, branches.length);
  const rest = choose(
    selector.dtype === "bool" ? [selector] : testsOf(number, branches.length),
    numbers.map(
      (i) => () =>
        earlierTests
          ? choose(
              earlierTests,
              numbers.map((j) => record(i, j)),
            )
          : record(i)(),
    ),
  );
  const [logDrawn, logGiven] = rest.splice(0, 2) as [Tensor, Tensor];
  const logKept = strict.earlier && rest.shift()!;
  if (isChecked) noteValidity(rest.shift());
  const records = fill(union, rest.splice(0, countOf(union)));
  return {
    ...records,
    branches: { ...records.branches, "": number },
    logDrawn,
    logGiven,
    logKept,
    calls: noCalls,
    result: result === undefined ? undefined : withLeaves(result as Tree<Tensor>, rest),
  };
}

/** How a branch is run: an estimator may run all of them, so equal addresses in them must not share their randomness. */
const meaningOf = ({ name }: Branch, strict: Meaning, earlier: Earlier | undefined): Meaning => ({
  ...strict,
  key: strict.key && namedKey(strict.key, name),
  auxiliary: strict.auxiliary && namedKey(strict.auxiliary, name),
  earlier: earlier && { ...earlier, calls: noCalls },
  // values may be given for the branches that do not run
  ignoresUnknown: true,
});

/** The number of the branch that a selector picks, int32. */
const numberOf = (selector: Tensor, count: number): Tensor =>
  selector.dtype === "bool"
    ? tf.sub(tf.scalar(1, "int32"), tf.cast(selector, "int32"))
    : tf.cast(tf.clipByValue(tf.cast(selector, "float32"), 0, count - 1), "int32");

/** Whether a number is 0, 1, …; the last one is left when none of these is true. */
const testsOf = (number: Tensor, count: number): Tensor[] =>
  range(count - 1).map((i) => tf.equal(number, tf.scalar(i, "int32")));

function knownNumber({ selector, branches, address, source }: Branched<string>): number {
  const [value] = selector.dataSync() as unknown as [number | boolean];
  if (selector.dtype === "bool") return value ? 0 : 1;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < branches.length) return value as number;
  throw new ElbowError("switch-index", {
    message: `the index of the branches at "${address}" must be an integer from 0 to ${branches.length - 1}\n  received: ${value}`,
    at: { address, source: source.line },
  });
}

/** What a branch leaves behind, found by recording it on the side: only names and types are used. */
function structureOf({ call }: Branch, meaning: Meaning, execute: Execute): Records {
  let found: Records | undefined;
  traceInner([], () => {
    // what an earlier run or the caller has not given is drawn there
    const own = { ...meaning, key: meaning.key ?? tf.zeros([2], "int32") };
    found = checkingInner(() => execute(call, own)).result;
    return [];
  });
  return found!;
}

function checkGiven(
  { choices }: Records,
  { ignoresUnknown, given, path }: Meaning,
  { source }: Branched<string>,
): void {
  if (ignoresUnknown) return;
  const addresses = addressesOf(choices);
  for (const address of addressesOf(given))
    if (!addresses.includes(address))
      throw unknownAddress(address, addresses, `the branches at "${path.join("/")}"`, source.line);
}

/** A function of a number that is computed at most once for each. */
function lazily<T>(compute: (i: number) => T): (i: number) => T {
  const known = new Map<number, T>();
  return (i) => {
    if (!known.has(i)) known.set(i, compute(i));
    return known.get(i)!;
  };
}
