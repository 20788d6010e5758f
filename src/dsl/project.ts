import type { Tensor } from "@tensorflow/tfjs-core";
import { captureSource } from "../util/location.js";
import { at } from "./choices.js";
import { type AddressesOf, checkAddresses, checkSelection, outcomeOf, selectedIn, sumOf, type Trace } from "./trace.js";

/**
 * The part of a trace's log density that belongs to the selected addresses; a scalar. The parts of all choices, observations
 * and factors add up to the whole.
 *
 * Gen (Cusumano-Towner et al., 2019): `project`.
 *
 * @param selection - addresses of choices, observations and factors, nested ones joined by "/"; that of a program selects all
 *   that is in it
 * @throws ElbowError "unknown-address"
 * @example
 * ```ts
 * import { gen, normal, observe, project, run, sample, simulate } from "elbow";
 * const model = gen(function* (y: number) {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* observe("y", normal(z, 1), y);
 * });
 * const trace = run(0, simulate(model(2)));
 * const whole = project(trace, ["z"]).add(project(trace, ["y"]));
 * console.log(Math.abs(whole.sub(trace.logDensity).dataSync()[0]) < 1e-5); // => true
 * ```
 */
export function project<C, R, A extends readonly unknown[], O>(
  trace: Trace<C, R, A, O>,
  selection: readonly AddressesOf<NoInfer<C>, NoInfer<O>>[],
): Tensor {
  checkAddresses("project", selection);
  outcomeOf(trace);
  const { logDensities, logObserved, call } = trace;
  const addresses = selection as readonly string[];
  checkSelection([logDensities, logObserved], addresses, call.name, captureSource());
  return sumOf(
    [logDensities, logObserved].flatMap((records) =>
      selectedIn(records, addresses).map((address) => at(records, address) as Tensor),
    ),
  );
}
