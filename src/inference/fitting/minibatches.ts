import type { Tensor, TensorLike } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { isTensor } from "../../dsl/choices.js";
import { ElbowError } from "../../errors.js";
import { keyFromSeed } from "../../util/keys.js";
import { formatShape } from "../../util/shapes.js";
import { threefry } from "../../util/threefry.js";

export interface MinibatchOptions {
  /** Rows per batch. */
  readonly size: number;
  /** Whether every epoch walks the rows in a new random order. @defaultValue true */
  readonly shuffle?: boolean;
  /** Seed of the orders. @defaultValue 0 */
  readonly seed?: number;
  /** Whether rows that do not fill a batch are left out of the epoch. @defaultValue true */
  readonly dropLast?: boolean;
}

/**
 * Data in batches: rows of tensors, walked epoch by epoch.
 *
 * @typeParam D - the objective's data arguments, one tensor each
 */
export interface Minibatches<D extends readonly unknown[]> {
  readonly kind: "minibatches";
  /** Whole data, one tensor per data argument; the first axis counts the rows. */
  readonly tensors: readonly Tensor[];
  /** Which of them Elbow made of the user's arrays. */
  readonly owned: readonly Tensor[];
  readonly rows: number;
  readonly options: Required<MinibatchOptions>;
  /** The type mark of D, never present. */
  readonly data?: D;
}

/** One tensor per element. */
type Tensors<A extends readonly unknown[]> = { -readonly [K in keyof A]: Tensor };

const fail = (code: string, message: string, hint: string): never => {
  throw new ElbowError(code, { message, hint });
};

/**
 * Batches of rows for {@link fit}: the same rows of every tensor, in an order that depends on the seed and the epoch only.
 * The rows are picked inside the compiled step. Tensors stay the caller's; arrays are turned into tensors for the fit.
 *
 * @param data - tensors or nested arrays of the same number of rows, one per data argument of the objective
 * @throws ElbowError "minibatches" for rows that differ, no rows, or a batch size that does not fit them
 * @example
 * ```ts
 * import { minibatches } from "elbow";
 * const batches = minibatches([[[1], [2], [3], [4]], [0, 1, 0, 1]], { size: 2 });
 * console.log(batches.rows, batches.tensors.map((each) => each.shape)); // => 4 [ [ 4, 1 ], [ 4 ] ]
 * ```
 */
export function minibatches<const A extends readonly (Tensor | TensorLike)[]>(
  data: A,
  { size, shuffle = true, seed = 0, dropLast = true }: MinibatchOptions,
): Minibatches<Tensors<A>> {
  if (data.length === 0) fail("minibatches", "minibatches: there are no data", "Give at least one tensor or array.");
  keyFromSeed(seed);
  const tensors = data.map((each) => (isTensor(each) ? each : tf.tensor(each as TensorLike)));
  const shapes = tensors.map((tensor) => formatShape(tensor.shape)).join(", ");
  const rows = tensors[0]!.shape[0];
  if (rows === undefined || tensors.some((tensor) => tensor.shape[0] !== rows))
    fail("minibatches", `minibatches: the data differ in their number of rows\n  shapes: ${shapes}`, "The first axis of every tensor counts the rows.");
  if (rows === 0) fail("minibatches", `minibatches: the data have no rows\n  shapes: ${shapes}`, "Give at least one row.");
  if (!Number.isSafeInteger(size) || size < 1 || size > rows!)
    fail("minibatches", `minibatches: size must be an integer from 1 to the number of rows, ${rows}\n  received: ${size}`, "Use a smaller batch, or pass the data themselves.");
  return {
    kind: "minibatches",
    tensors,
    owned: tensors.filter((tensor, i) => tensor !== (data[i] as unknown)),
    rows: rows!,
    options: { size, shuffle, seed, dropLast },
  };
}

/** The order of rows in an epoch: a Fisher–Yates shuffle whose i-th random number is threefry(seed, (epoch, i)). */
export function epochOrder(rows: number, { shuffle, seed }: Pick<Required<MinibatchOptions>, "shuffle" | "seed">, epoch: number): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  if (!shuffle) return order;
  const [key0, key1] = keyFromSeed(seed);
  const words = new Int32Array(2);
  for (let i = rows - 1; i > 0; i--) {
    threefry(key0, key1, epoch, i, words);
    const j = Math.floor(((words[0]! >>> 0) / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
