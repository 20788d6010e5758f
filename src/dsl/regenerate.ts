import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { Effects } from "./effects.js";
import { rerun } from "./rerun.js";
import {
  type AddressesOf,
  checkAddresses,
  checkSelection,
  outcomeOf,
  type Trace,
  totalOf,
  traceOf,
  unselected,
} from "./trace.js";
import type { Regenerate } from "./verbEffects.js";

/** A trace some of whose choices were drawn again. */
export interface Regenerated<C, R, A extends readonly unknown[], O> {
  readonly trace: Trace<C, R, A, O>;
  /** The logarithm of the ratio with which Metropolis and Hastings accept the new trace; a scalar. */
  readonly logWeight: Tensor;
}

/**
 * Draws the selected choices of a trace again, as the program draws them, and keeps the others. With q(new|old) the density
 * of what was drawn on the way to the new trace, q(old|new) that of what would have to be drawn on the way back,
 *
 * logWeight = log p(new) − log p(old) − log q(new|old) + log q(old|new):
 *
 * what observations, factors and the kept choices say about it. Accepting the new trace with probability min(1, exp(logWeight))
 * leaves the posterior invariant. What is not touched does not run again, as in {@link update}.
 *
 * Gen (Cusumano-Towner et al., 2019): `regenerate`.
 *
 * @param selection - addresses of choices, nested ones joined by "/"; that of a program selects all that is in it
 * @throws ElbowError "unknown-address", "trace"
 * @example
 * ```ts
 * import { gen, normal, observe, project, regenerate, run, sample, simulate } from "elbow";
 * const model = gen(function* (y: number) {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* observe("y", normal(z, 1), y);
 * });
 * const old = run(0, simulate(model(2)));
 * const { trace, logWeight } = run(1, regenerate(old, ["z"]));
 * const ratio = project(trace, ["y"]).sub(project(old, ["y"]));
 * console.log(Math.abs(ratio.sub(logWeight).dataSync()[0]!) < 1e-5); // => true
 * ```
 */
export const regenerate = asked("regenerate", function* regenerate<
  C,
  R,
  A extends readonly unknown[],
  O,
>(trace: Trace<C, R, A, O>, selection: readonly AddressesOf<NoInfer<C>>[]): Effects<
  Regenerate,
  Regenerated<C, R, A, O>
> {
  checkAddresses("regenerate", selection);
  return yield { kind: "regenerate", trace, selection: selection as readonly string[], source: captureSource() };
});

export function answerRegenerate(
  { trace, selection, source }: Regenerate,
  key: Tensor,
): Regenerated<unknown, unknown, readonly unknown[], unknown> {
  const old = outcomeOf(trace);
  checkSelection([old.choices], selection, trace.call.name, source);
  const earlier = { ...old, choices: unselected(old.choices, selection) };
  const { call, outcome } = rerun(trace, trace.args, earlier, { key, given: {}, path: [], source });
  const { logGiven, logKept = tf.scalar(0) } = outcome;
  return { trace: traceOf(call, outcome), logWeight: tf.sub(logGiven, tf.add(totalOf(old.logObserved), logKept)) };
}
