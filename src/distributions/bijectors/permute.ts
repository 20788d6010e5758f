import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { Support } from "../../ir/site.js";
import { formatShape, type Shape } from "../../util/shapes.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";

/**
 * Puts the elements of the last axis into another order: yᵢ = x[indices[i]].
 *
 * @param indices - every one of 0 … n − 1 once
 * @param support - where the elements live @defaultValue "real"
 * @throws ElbowError "option" if the indices are no permutation
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.permute([2, 0, 1]).forward([5, 6, 7]).dataSync()); // => Float32Array(3) [ 7, 5, 6 ]
 * ```
 */
export function permute<const S extends Support = "real">(
  indices: readonly number[],
  support: S = "real" as S,
): Bijector<S, S, false> {
  const places = indices.map((_, i) => indices.indexOf(i));
  if (indices.length === 0 || places.includes(-1))
    throw new ElbowError("option", {
      message: `permute takes every index from 0 to n − 1 once\n  received: ${formatShape(indices)}`,
    });
  const shape = (event: Shape): Shape => {
    if (event.at(-1) === indices.length) return event;
    throw new ElbowError("shape", {
      message: `permute: events do not have as many elements as there are indices\n  expected: [${indices.length}]\n  received: ${formatShape(event)}`,
    });
  };
  const moved = (x: tf.Tensor, order: readonly number[]) => tf.gather(x, tf.tensor1d([...order], "int32"), x.rank - 1);
  return bijector(
    bijectorRule({
      name: "permute",
      domain: support,
      codomain: support,
      domainRank: 1,
      forward: (_, x) => moved(x, indices),
      inverse: (_, y) => moved(y, places),
      logDet: (_, x) => tf.zeros(x.shape.slice(0, -1)),
      forwardShape: shape,
      inverseShape: shape,
      isAffine: true,
      variance: (_, variance) => moved(variance, indices),
    }),
  );
}
