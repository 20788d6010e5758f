// What a flow does to one element, with parameters that depend on others.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type SplineOptions, splineFrom } from "./spline.js";
import { pickLast, sliceLast } from "./trailingAxes.js";

/** A monotone function of one number with parameters: for x [..., n] they are [..., n, size]. */
export interface Transformer {
  readonly name: string;
  /** Parameters per element; where all of them are 0, it should be the identity. */
  readonly size: number;
  readonly forward: (parameters: Tensor, x: Tensor) => Tensor;
  readonly inverse: (parameters: Tensor, y: Tensor) => Tensor;
  /** log |∂y/∂x|, elementwise. */
  readonly logDet: (parameters: Tensor, x: Tensor) => Tensor;
  /** log |∂x/∂y|, elementwise. */
  readonly inverseLogDet: (parameters: Tensor, y: Tensor) => Tensor;
}

/** Logarithms of scales stay between −3 and 3, lest one step of training make them infinite. */
const largestLogScale = 3;

const logScale = (parameters: Tensor): Tensor =>
  tf.mul(largestLogScale, tf.tanh(tf.div(pickLast(parameters, 1), largestLogScale)));

/** y = s + x·e^{3 tanh(a/3)}, with parameters s and a: what RealNVP, MAF and IAF do. */
export const affineTransformer: Transformer = {
  name: "affine",
  size: 2,
  forward: (parameters, x) => tf.add(pickLast(parameters, 0), tf.mul(tf.exp(logScale(parameters)), x)),
  inverse: (parameters, y) => tf.mul(tf.sub(y, pickLast(parameters, 0)), tf.exp(tf.neg(logScale(parameters)))),
  logDet: (parameters) => logScale(parameters),
  inverseLogDet: (parameters) => tf.neg(logScale(parameters)),
};

/**
 * A monotone rational-quadratic spline on [−bound, bound], the identity outside: 3·bins − 1 parameters per element.
 *
 * Durkan, Bekasov, Murray & Papamakarios, "Neural spline flows" (2019).
 *
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const transformer = bijectors.splineTransformer({ bins: 6, bound: 4 });
 * const flow = bijectors.coupling(bijectors.initCoupling(0, 2, { transformer }), { transformer });
 * console.log(flow.forward([1, 2]).shape); // => [ 2 ]
 * ```
 */
export function splineTransformer({ bins = 8, bound = 5 }: SplineOptions = {}): Transformer {
  const splineOf = (parameters: Tensor) =>
    splineFrom(
      {
        widths: sliceLast(parameters, 0, bins),
        heights: sliceLast(parameters, bins, 2 * bins),
        derivatives: sliceLast(parameters, 2 * bins),
      },
      bound,
    );
  return {
    name: "spline",
    size: 3 * bins - 1,
    forward: (parameters, x) => splineOf(parameters).forward(x),
    inverse: (parameters, y) => splineOf(parameters).inverse(y),
    logDet: (parameters, x) => splineOf(parameters).logDet(x),
    inverseLogDet: (parameters, y) => tf.neg(splineOf(parameters).logDet(splineOf(parameters).inverse(y))),
  };
}
