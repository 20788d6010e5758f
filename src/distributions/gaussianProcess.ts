import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { checkTensor } from "../ir/checkTensor.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { diagonalMatrix } from "../ops/linearAlgebra.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape } from "../util/shapes.js";
import type { Distribution, Real } from "./distribution.js";
import { multivariateNormal } from "./multivariateNormal.js";

/** A covariance function: the matrix [..., n, m] of the covariances at inputs x [n, ...] and y [m, ...]. */
export type Kernel = (x: Tensor, y: Tensor) => Tensor;

/** Options of {@link gaussianProcess}. */
export interface GaussianProcessOptions {
  /** The covariance matrix [..., n, n] at the inputs, or the function that makes it of them. */
  readonly kernel: TensorLike | Kernel;
  /** Where the process is looked at, [n] or [n, d]; for a kernel function. */
  readonly inputs?: TensorLike;
  /** Means [..., n], or one for all. @defaultValue 0 */
  readonly mean?: TensorLike;
  /** Standard deviation of independent noise on every value, of the batch shape. @defaultValue 0 */
  readonly noiseScale?: TensorLike;
  /**
   * What is added to the diagonal beside the noise, so that the matrix has a Cholesky factor in single precision. It is part
   * of the distribution. @defaultValue 1e-6
   */
  readonly jitter?: number;
}

function covarianceOf({ kernel, inputs }: GaussianProcessOptions): Tensor {
  if (typeof kernel === "function" && inputs === undefined)
    throw new ElbowError("options", {
      message: "gaussianProcess: a kernel function needs inputs",
      hint: "Write gaussianProcess({ kernel, inputs }), or give the covariance matrix as kernel.",
    });
  const points = inputs === undefined ? undefined : asTensor(inputs, "float32", "gaussianProcess: inputs");
  const matrix =
    typeof kernel === "function" ? kernel(points!, points!) : asTensor(kernel, "float32", "gaussianProcess: kernel");
  checkTensor("gaussianProcess", "what the kernel gives", matrix);
  const [rows, columns] = matrix.shape.slice(-2);
  if (columns === undefined || rows !== columns)
    throw new ElbowError("shape", {
      message: `gaussianProcess: the kernel gives no square matrices\n  expected: [..., n, n]\n  received: ${formatShape(matrix.shape)}`,
    });
  return matrix;
}

/**
 * A Gaussian process at n inputs with noise: the multivariate normal of covariance K + (σ² + jitter)·I, of density
 * N(y; m, K + (σ² + jitter)·I).
 *
 * Offers reparam, reinforce, muProp and quadrature.
 *
 * @returns a distribution of events [n]
 * @throws ElbowError "options" for a kernel function without inputs, "shape" for a kernel that gives no square matrices
 * @example
 * ```ts
 * import { gaussianProcess, run, sample, squaredExponential } from "elbow";
 * const f = gaussianProcess({ kernel: squaredExponential({ lengthScale: 0.5 }), inputs: [0, 1, 2], noiseScale: 0.1 });
 * console.log(run(0, sample("y", f)).shape); // => [ 3 ]
 * ```
 */
export function gaussianProcess(
  options: GaussianProcessOptions,
): Distribution<Real, "reparam" | "reinforce" | "muProp" | "quadrature"> {
  checkOptionNames("gaussianProcess", options, ["kernel", "inputs", "mean", "noiseScale", "jitter"], ["kernel"]);
  const { mean = 0, noiseScale = 0, jitter = 1e-6 } = options;
  const covariance = covarianceOf(options);
  const n = covariance.shape.at(-1)!;
  const extra = tf.add(
    tf.square(asTensor(noiseScale, "float32", "gaussianProcess: noiseScale")),
    asTensor(jitter, "float32", "gaussianProcess: jitter"),
  );
  const diagonal = tf.mul(tf.expandDims(extra, -1), tf.ones([n]));
  const loc = tf.add(asTensor(mean, "float32", "gaussianProcess: mean"), tf.zeros([n]));
  return multivariateNormal(loc, { covariance: tf.add(covariance, diagonalMatrix(diagonal)) });
}

/** Options of {@link squaredExponential}. */
export interface SquaredExponentialOptions {
  /** Standard deviation s of the process, of the batch shape. @defaultValue 1 */
  readonly scale?: TensorLike;
  /** The distance ℓ at which the correlation has fallen to e^{−½}, of the batch shape. @defaultValue 1 */
  readonly lengthScale?: TensorLike;
}

/**
 * The covariance function s²·e^{−|x − y|²/2ℓ²} of inputs [n] or [n, d].
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { squaredExponential } from "elbow";
 * const k = squaredExponential({ scale: 2 });
 * console.log(k(tf.tensor1d([0, 1]), tf.tensor1d([0])).shape); // => [ 2, 1 ]
 * ```
 */
export function squaredExponential(options: SquaredExponentialOptions = {}): Kernel {
  checkOptionNames("squaredExponential", options, ["scale", "lengthScale"]);
  const { scale = 1, lengthScale = 1 } = options;
  return (x, y) => {
    const [rows, columns] = [x, y].map((points) => (points.rank === 1 ? tf.expandDims(points, -1) : points));
    const differences = tf.sub(tf.expandDims(rows!, -2), tf.expandDims(columns!, -3));
    const squares = tf.sum(tf.square(differences), -1);
    const [amplitude, length] = [scale, lengthScale].map((each) =>
      tf.expandDims(tf.expandDims(asTensor(each), -1), -1),
    );
    return tf.mul(tf.square(amplitude!), tf.exp(tf.mul(-0.5, tf.div(squares, tf.square(length!)))));
  };
}
