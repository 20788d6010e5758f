import * as tf from "@tensorflow/tfjs-core";
import type { Support } from "../../ir/site.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";

/**
 * y = x.
 *
 * @param support - what it maps to itself @defaultValue "real"
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.identity().logDet([3, 4]).dataSync()); // => Float32Array(2) [ 0, 0 ]
 * ```
 */
export const identity = <const S extends Support = "real">(support: S = "real" as S): Bijector<S, S, false> =>
  bijector(
    bijectorRule({
      name: "identity",
      domain: support,
      codomain: support,
      forward: (_, x) => x,
      inverse: (_, y) => y,
      logDet: (_, x) => tf.zerosLike(x),
      isAffine: true,
      variance: (_, variance) => variance,
      ...(support === "real" && { monotone: {} }),
    }),
  );
