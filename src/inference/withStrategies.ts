import { wrongArgument } from "../util/expected.js";
import { isOptions } from "../util/options.js";
import { checkObjective } from "./checkObjective.js";
import { type Objective, objectiveOf } from "./objective.js";
import type { Parameters } from "./prepare.js";
import type { StrategyMap } from "./replaceStrategies.js";

/**
 * The same objective with other gradient strategies at some of its random choices: its expectation stays, its estimates
 * and their cost do not. What the program itself says about these choices does not count.
 *
 * @param strategies - by address, as `explain` shows it: a strategy function, or the identity for the default
 * @throws ElbowError when the objective is used: "unknown-address" for an address that it does not have,
 *   "illegal-strategy" for a strategy that its distribution does not allow
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { enumerate, explain, flip, objective, reinforce, sample, withStrategies } from "elbow";
 * const L = objective(function* (p: tf.Tensor) {
 *   const b = yield* sample("b", reinforce(flip(p)));
 *   return b.sub(0.25).square();
 * });
 * const exact = withStrategies(L, { b: enumerate });
 * console.log(explain(exact, tf.scalar(0.5)).sites[0].strategy); // => enumerate
 * const pair = withStrategies(L, { b: (d) => reinforce(d, { copies: 2 }) });
 * console.log(explain(pair, tf.scalar(0.5)).sites[0].lanes); // => 2
 * ```
 */
export const withStrategies = <P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  strategies: StrategyMap,
): Objective<P, D> => {
  checkObjective("withStrategies", objective);
  if (!isOptions(strategies))
    throw wrongArgument(
      "withStrategies",
      "the strategies",
      "functions by address",
      strategies,
      "Write { x: reinforce }.",
    );
  // a body of its own, because programs are kept by body
  return objectiveOf(
    (parameters: P, ...data: D) => objective.body(parameters, ...data),
    { ...objective.strategies, ...strategies },
    objective.direction,
  );
};
