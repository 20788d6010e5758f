import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { checkOptionNames } from "../../util/options.js";
import { gaussHermite as rule } from "../../util/quadrature/gaussHermite.js";
import type { Algorithm } from "./algorithm.js";
import { gridAlgorithm } from "./grid.js";

/**
 * Gauss–Hermite quadrature over all choices that are not known: they must be smooth functions of standard normal noise
 * (normal, logNormal, multivariateNormal, …), nᵈ nodes for d numbers in all, at most a million. No randomness, and exact where
 * the density of what is known is a polynomial of degree 2n − 1 in the noise; elsewhere the error falls quickly with n, the
 * slower the narrower that density is.
 *
 * @param options.nodes - n, per number @defaultValue 20
 * @throws ElbowError "option" unless 1 ≤ n ≤ 100; "not-normal" while it runs, for other choices; "too-many-values"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { assess, gaussHermite, gen, marginal, normal, run, sample } from "elbow";
 * const model = gen(function* () {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* sample("x", normal(z, 0.5));
 * });
 * const px = marginal(model(), { keep: "x", algorithm: gaussHermite({ nodes: 40 }) });
 * console.log(run(0, assess(px, { x: tf.scalar(1.2) })).dataSync()[0]!.toFixed(4)); // => -1.6065
 * ```
 */
export function gaussHermite(options: { readonly nodes?: number } = {}): Algorithm {
  checkOptionNames("gaussHermite", options, ["nodes"]);
  const { nodes: n = 20 } = options;
  if (!Number.isInteger(n) || n < 1 || n > 100)
    throw new ElbowError("option", { message: `gaussHermite: nodes must be a whole number from 1 to 100, not ${n}` });
  const { nodes, weights } = rule(n);
  return gridAlgorithm(`gaussHermite(${n})`, (address, { family, parameters }) => {
    const { fromNormal } = family;
    if (!fromNormal)
      throw new ElbowError("not-normal", {
        message: `gaussHermite cannot integrate over "${address}": ${family.name} is no smooth function of normal noise`,
        hint: "Use exactEnumeration for choices of finitely many values, or importanceSampling.",
        at: { address },
      });
    return {
      count: n,
      at: (digits) => {
        const place = tf.cast(digits, "int32");
        return {
          value: fromNormal(parameters, tf.gather(tf.tensor1d([...nodes]), place)),
          logDensity: tf.gather(tf.tensor1d(weights.map(Math.log)), place),
        };
      },
    };
  });
}
