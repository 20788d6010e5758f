import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { Algorithm } from "./algorithm.js";
import { gridAlgorithm } from "./grid.js";

/**
 * The exact sum over all values of the choices that are not known, side by side: they must be coins, categories and other
 * choices of finitely many values, at most a million combinations in all.
 *
 * @throws ElbowError "not-finite" while it runs, for a choice of infinitely many values; "too-many-values"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { assess, categorical, exactEnumeration, gen, marginal, normal, run, sample } from "elbow";
 * const mixture = gen(function* () {
 *   const c = yield* sample("c", categorical({ probs: [0.25, 0.75] }));
 *   yield* sample("x", normal(c, 1));
 * });
 * const px = marginal(mixture(), { keep: "x", algorithm: exactEnumeration() });
 * const density = tf.exp(run(0, assess(px, { x: tf.scalar(0) })));
 * console.log(density.dataSync()[0]!.toFixed(4)); // => 0.2812
 * ```
 */
export const exactEnumeration = (): Algorithm =>
  gridAlgorithm("exactEnumeration", (address, { family, parameters }) => {
    const values = family.supportValues?.(parameters.map(({ shape }) => shape));
    if (!values)
      throw new ElbowError("not-finite", {
        message: `exactEnumeration cannot sum over "${address}": ${family.name} has infinitely many values`,
        hint: "Use gaussHermite for normal choices, or importanceSampling.",
        at: { address },
      });
    return {
      count: values.length,
      at: (digits) => {
        const value = tf.gather(tf.tensor1d([...values]), tf.cast(digits, "int32"));
        return { value, logDensity: family.logDensity(parameters, value) };
      },
    };
  });
