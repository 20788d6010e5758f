import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { checkTensor } from "../ir/checkTensor.js";
import { captureSource, type Source } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape } from "../util/shapes.js";
import { leavesOf, mapLeaves, type Tree } from "../util/tree.js";
import { asked } from "./asked.js";
import { mostRows } from "./drawRows.js";
import type { DrawnRows, Effects, Tensors } from "./effects.js";

/** Some rows of data, and how much they stand for. */
export interface Minibatch<D> {
  /** The structure of the data, every tensor with the chosen rows only. */
  readonly rows: D;
  /** Rows of the whole data per row here, N/m. */
  readonly scale: number;
  /** N/m times the sum of all elements: an unbiased estimate of the sum over whole data of costs that belong to rows. */
  readonly sum: (costs: Tensor) => Tensor;
}

/** How rows are drawn. */
export interface RowOptions {
  /** Whether rows are drawn independently, so that some may come twice. @defaultValue false */
  readonly replace?: boolean;
}

const batch = <D>(rows: D, scale: number): Minibatch<D> => ({
  rows,
  scale,
  sum: (costs) => tf.mul(tf.sum(costs), scale),
});

/** The number of rows of data. @throws ElbowError "minibatch" if tensors differ in it or there are none */
function rowsOf(data: Tree<Tensor>, source: Source): number {
  const shapes = leavesOf(data).map(({ leaf }) => {
    checkTensor("minibatch", "every leaf of the data", leaf);
    return leaf.shape;
  });
  const [rows] = new Set(shapes.map((shape) => shape[0]));
  if (rows !== undefined && rows > 0 && shapes.every((shape) => shape[0] === rows)) return rows;
  throw new ElbowError("minibatch", {
    message: `the data of a minibatch need the same number of rows, and at least one\n  received: ${shapes.map(formatShape).join(", ") || "no tensors"}`,
    hint: "The first axis of every tensor counts the rows.",
    at: { source: source.line },
  });
}

function checkSize(size: number, most: number, what: string, source: Source): void {
  if (Number.isSafeInteger(size) && size >= 1 && size <= most) return;
  throw new ElbowError("minibatch", {
    message: `${what} must be an integer from 1 to ${most}\n  received: ${size}`,
    at: { source: source.line },
  });
}

/**
 * Random rows of data, drawn inside the computation from its key: anew for every estimate, every run of `replicate` and
 * every step of `scan`. Sums over the rows, scaled by N/m, are unbiased estimates of sums over the whole data, and so are
 * their gradients; a function of such a sum that is not linear is not. For data that the engine holds anyway; fit's
 * `minibatches` walk the rows in turn, see `minibatchObjective`.
 *
 * Without replacement the sum has the variance N²·S²/m·(1 − m/N) for costs of sample variance S²; with replacement
 * N²·S²/m·(1 − 1/N).
 *
 * Hoffman, Blei, Wang & Paisley, "Stochastic Variational Inference" (2013), section 2.2.
 *
 * @param data - a tensor or a nested structure of tensors; the first axis counts the rows
 * @param size - rows per batch, m
 * @throws ElbowError "minibatch" for rows that differ, a size that does not fit them, or more than 2²⁴ rows
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { minibatch, objective } from "elbow";
 * const L = objective(function* ({ m }: { m: tf.Tensor }, y: tf.Tensor) {
 *   const { rows, sum } = yield* minibatch(y, 2);
 *   return sum(rows.sub(m).square());
 * });
 * const y = tf.tensor1d([1, 2, 3, 4]);
 * const { m } = await L.gradEstimate({ seed: 0, draws: 10_000 }, { m: tf.scalar(0) }, y);
 * console.log(Math.abs(m.dataSync()[0]! + 20) < 0.2); // => true
 * ```
 */
export const minibatch = asked("minibatch", function* minibatch<
  D extends Tree<Tensor>,
>(data: D, size: number, options: RowOptions = {}): Effects<DrawnRows, Minibatch<Tensors<D>>> {
  checkOptionNames("minibatch", options, ["replace"]);
  const { replace = false } = options;
  const source = captureSource();
  const total = rowsOf(data, source);
  checkSize(total, mostRows, "the number of rows", source);
  checkSize(size, replace ? mostRows : total, "the size of a minibatch", source);
  const chosen: Tensor = yield { kind: "rows", total, size, replace, source };
  const rows = mapLeaves(data as Tree<Tensor>, (tensor: Tensor) => tf.gather(tensor, chosen)) as Tensors<D>;
  return batch(rows, total / size);
});

/**
 * The rows that an objective is given, as a minibatch of data of `total` rows: what fit's `minibatches` pass.
 *
 * @throws ElbowError "minibatch" for rows that differ, or more than `total`
 */
export function minibatchOf<D extends Tree<Tensor>>(total: number, rows: D): Minibatch<D> {
  const source = captureSource();
  const size = rowsOf(rows, source);
  checkSize(size, total, `the rows of a minibatch of ${total}`, source);
  return batch(rows, total / size);
}
