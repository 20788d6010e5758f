import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import { nonZero } from "../constraints.js";
import { type Bijector, bijector } from "./bijector.js";
import { bijectorRule } from "./rule.js";

const affineRule = /* @__PURE__ */ bijectorRule({
  name: "affine",
  domain: "real",
  codomain: "real",
  parameters: ["loc", "scale"],
  forward: ({ loc, scale }, x) => tf.add(loc, tf.mul(scale, x)),
  inverse: ({ loc, scale }, y) => tf.div(tf.sub(y, loc), scale),
  logDet: ({ scale }) => tf.log(tf.abs(scale)),
  isAffine: true,
  variance: ({ scale }, variance) => tf.mul(tf.square(scale), variance),
  constraints: { scale: nonZero },
  monotone: { direction: ({ scale }) => tf.sign(scale) },
});

/**
 * y = loc + scale·x, elementwise.
 *
 * @param loc - any shape
 * @param scale - ≠ 0, of either sign, broadcasts with `loc`
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * console.log(bijectors.affine(1, -2).forward([0, 3]).dataSync()); // => Float32Array(2) [ 1, -5 ]
 * ```
 */
export const affine = (loc: TensorLike, scale: TensorLike): Bijector<"real", "real", false> =>
  bijector(affineRule, [asTensor(loc), asTensor(scale)]);
