import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";
import { checkFunction } from "../util/expected.js";
import { captureSource } from "../util/location.js";
import { leavesOf, mapLeaves, type Tree } from "../util/tree.js";
import { asked } from "./asked.js";
import { isTensor } from "./choices.js";
import type { Effect, Effects, Replicated, Tensors } from "./effects.js";
import { drive } from "./verbs.js";

/** A computation of its own: what it draws and which verbs it uses is not seen outside. It may take the number of its run. */
export type Computation<R> = (run: Tensor) => Effects<Effect, R>;

/** @throws ElbowError "option" unless a number of runs is a positive integer */
export function checkRuns(name: string, runs: number, least = 1): void {
  if (Number.isSafeInteger(runs) && runs >= least) return;
  throw new ElbowError("option", {
    message: `${name} needs a whole number of runs, at least ${least}\n  received: ${described(runs)}`,
    hint: `Give ${Math.max(least, 10)}, for example.`,
    at: { source: captureSource().line },
  });
}

/** The effect that runs a computation side by side; with `isEstimated`, what its estimator gives. */
export function sideBySide<R extends Tree<Tensor>>(
  name: string,
  runs: number,
  computation: Computation<R>,
  isEstimated: boolean,
): Replicated {
  checkFunction(name, "the computation", computation, `Write ${name}(n, function* () { … }).`);
  const source = captureSource();
  return {
    kind: "replicate",
    runs,
    isEstimated,
    source,
    compute: (key, lane) => {
      const result = checkResult(name, drive(computation(lane), key), source.line);
      if (!isEstimated || (isTensor(result) && result.dtype === "float32")) return result;
      throw new ElbowError("replicate-result", {
        message: `what ${name} estimates must be one tensor of reals\n  received: ${isTensor(result) ? result.dtype : "a structure"}`,
        at: { source: source.line },
      });
    },
  };
}

function checkResult(name: string, result: unknown, source: string | undefined): Tree<Tensor> {
  for (const { leaf, path } of leavesOf(result as Tree<unknown>))
    if (!isTensor(leaf))
      throw new ElbowError("replicate-result", {
        message: `what ${name} runs must return tensors\n  received: ${typeof leaf}${path.length > 0 ? ` at ${path.join(".")}` : ""}`,
        hint: "Return a tensor, or nested objects and arrays of tensors.",
        at: { source },
      });
  return result as Tree<Tensor>;
}

/**
 * Independent runs of a computation, side by side: it is recorded once, and every operation and random choice of it then
 * runs for all of them together, so the size of the program does not depend on their number. Random choices become one
 * choice with the runs as its first batch axis, and keep their strategies: costs that stay separate are estimated run by
 * run, whatever strategies stand inside.
 *
 * The computation may draw, use verbs, and use tensors from around it, which all runs share. It stands anywhere a random
 * choice may: in an objective, in another replicated computation, in programs that are simulated, also inside scan and cond.
 *
 * @param runs - how many, n
 * @param computation - a generator function that returns a tensor or a nested structure of tensors; it is given the number
 *   of its run, a scalar: 0, …, n − 1
 * @returns the same structure, every tensor with a first axis of n
 * @throws ElbowError "option" unless n is a positive integer; "replicate-result" for results that are no tensors
 * @example
 * ```ts
 * import { normal, replicate, run, sample } from "elbow";
 * const x = run(0, replicate(5, () => sample("x", normal([0, 10], 1))));
 * console.log(x.shape); // => [ 5, 2 ]
 * ```
 */
export const replicate = asked("replicate", function* replicate<
  R extends Tree<Tensor>,
>(runs: number, computation: Computation<R>): Effects<Replicated, Tensors<R>> {
  checkRuns("replicate", runs);
  return yield sideBySide("replicate", runs, computation, false);
});

/**
 * The mean of independent runs of a computation, side by side. The gradient of its expectation is estimated with the
 * strategies that stand inside, run by run: with 1/n of the variance of a single run.
 *
 * @param runs - how many, n
 * @param computation - as {@link replicate} takes it
 * @returns the structure that the computation returns, with means in place of its tensors
 * @throws ElbowError "option" unless n is a positive integer
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { average, normal, objective, sample } from "elbow";
 * const L = objective(function* ({ m }: { m: tf.Tensor }) {
 *   return yield* average(1000, function* () {
 *     return (yield* sample("x", normal(m, 1))).square();
 *   });
 * });
 * const { m } = await L.gradEstimate(0, { m: tf.scalar(3) });
 * console.log(Math.abs(m.dataSync()[0]! - 6) < 0.3); // => true
 * ```
 */
export const average = asked("average", function* average<
  R extends Tree<Tensor>,
>(runs: number, computation: Computation<R>): Effects<Replicated, Tensors<R>> {
  checkRuns("average", runs);
  const results: Tree<Tensor> = yield sideBySide("average", runs, computation, false);
  return mapLeaves(results, (each: Tensor) => tf.mean(each, 0)) as Tensors<R>;
});
