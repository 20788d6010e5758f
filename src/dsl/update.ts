import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkArray } from "../util/expected.js";
import { captureSource } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { asked } from "./asked.js";
import { addressesOf, at, type Choices, checkChoices, filter } from "./choices.js";
import type { Effects } from "./effects.js";
import type { Constraints } from "./generate.js";
import type { Outcome } from "./meaning.js";
import { rerun } from "./rerun.js";
import { outcomeOf, type Trace, traceOf } from "./trace.js";
import type { Update } from "./verbEffects.js";

/** What is to be changed; everything else stays. */
export interface Change<C, A extends readonly unknown[]> {
  /** New arguments, all of them. @defaultValue those of the trace */
  readonly args?: A;
  /** New values of choices, at any depth. @defaultValue none */
  readonly choices?: Constraints<C>;
}

/** A changed trace. */
export interface Updated<C, R, A extends readonly unknown[], O> {
  readonly trace: Trace<C, R, A, O>;
  /** log p(new)/p(old), less the log density of choices that had to be drawn; a scalar. */
  readonly logWeight: Tensor;
  /** The values that were replaced, and those of choices that are no more: with the old arguments they lead back. */
  readonly discarded: Choices;
}

/**
 * Changes arguments and choices of a trace. What is not changed is kept; choices that the old trace did not have, in a branch
 * that now runs for the first time or at further steps of a loop, are drawn. With u for these,
 *
 * logWeight = log p(new) − log p(old) − log q(u), q(u) being the density with which the program draws u.
 *
 * Programs that stand in a `call` with the same arguments, and of whose choices nothing is changed, are not run again. In a
 * compiled program, equal computations are found by simplification instead. What `replicate` and `minibatch` draw inside a
 * program is not part of a trace: where they run again they draw anew.
 *
 * In a compiled program `discarded` also holds what branches have at addresses that need not be discarded, with the values
 * that the old trace had.
 *
 * Gen (Cusumano-Towner et al., 2019): `update`.
 *
 * @throws ElbowError "unknown-address", "value-shape", "not-a-value", "trace"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, run, sample, simulate, update } from "elbow";
 * const model = gen(function* (scale: number) {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* sample("x", normal(z, scale));
 * });
 * const old = run(0, simulate(model(1)));
 * const { trace, logWeight, discarded } = run(1, update(old, { args: [2], choices: { x: tf.scalar(3) } }));
 * const ratio = trace.logDensity.sub(old.logDensity).dataSync()[0];
 * console.log(Math.abs(ratio - logWeight.dataSync()[0]) < 1e-5, Object.keys(discarded)); // => true [ 'x' ]
 * ```
 */
export const update = asked("update", function* update<
  C,
  R,
  A extends readonly unknown[],
  O,
>(trace: Trace<C, R, A, O>, change: Change<NoInfer<C>, NoInfer<A>>): Effects<Update, Updated<C, R, A, O>> {
  checkOptionNames("update", change, ["args", "choices"], "required");
  outcomeOf(trace);
  const { args = trace.args, choices = {} } = change;
  checkArray("update", "args", args, "Write { args: [y] }: the arguments of the program in an array.");
  checkChoices("update", choices);
  return yield { kind: "update", trace, args, choices: choices as Choices, source: captureSource() };
});

export function answerUpdate(
  { trace, args, choices: given, source }: Update,
  key: Tensor,
): Updated<unknown, unknown, readonly unknown[], unknown> {
  const old = outcomeOf(trace);
  const { call, outcome } = rerun(trace, args, old, { key, given, path: [], source });
  return {
    trace: traceOf(call, outcome),
    logWeight: tf.sub(outcome.logGiven, trace.logDensity),
    discarded: discardedFrom(old, outcome.choices, given),
  };
}

/** Values that were given anew, are no more, or may be no more: those in branches of which one cannot tell. */
function discardedFrom({ choices: old, branches }: Outcome, now: Choices, given: Choices): Choices {
  const inBranches = addressesOf(branches);
  const isDiscarded = (address: string): boolean => {
    const [before, after] = [at(old, address) as Tensor, at(now, address) as Tensor | undefined];
    if (!after || at(given, address)) return true;
    if (after === before) return false;
    return inBranches.some((branch) => address.startsWith(branch)) || after.shape[0]! < before.shape[0]!;
  };
  return filter(old, isDiscarded);
}
