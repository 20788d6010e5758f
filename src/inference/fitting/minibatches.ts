import type { Tensor, TensorLike } from "@tensorflow/tfjs-core";
import { isTensor } from "../../dsl/choices.js";
import { ElbowError } from "../../errors.js";
import { keyFromSeed } from "../../util/keys.js";
import { checkOptionNames } from "../../util/options.js";
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
  /** True where the program makes rows count N/m times in a way that is not seen in it, or they must not. @defaultValue false */
  readonly isScaled?: boolean;
}

declare const batchMark: unique symbol;

/**
 * Data in batches: rows of tensors, walked epoch by epoch.
 *
 * @typeParam D - the objective's data arguments, one tensor each
 */
export interface Minibatches<D extends readonly unknown[]> {
  readonly kind: "minibatches";
  /** Whole data, one tensor or array per data argument; the first axis counts the rows. */
  readonly data: readonly (Tensor | TensorLike)[];
  readonly rows: number;
  readonly options: Required<MinibatchOptions>;
  /** Type mark only, never present. */
  readonly [batchMark]?: D;
}

/** One tensor per element. */
type Tensors<A extends readonly unknown[]> = { -readonly [K in keyof A]: Tensor };

const invalid = (message: string, hint: string) =>
  new ElbowError("minibatches", { message: `minibatches: ${message}`, hint });

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
 * console.log(batches.rows, batches.options.shuffle); // => 4 true
 * ```
 */
export function minibatches<const A extends readonly (Tensor | TensorLike)[]>(
  data: A,
  settings: MinibatchOptions,
): Minibatches<Tensors<A>> {
  checkOptionNames("minibatches", settings, ["size", "shuffle", "seed", "dropLast", "isScaled"], "required");
  const { size, shuffle = true, seed = 0, dropLast = true, isScaled = false } = settings;
  if (!Array.isArray(data))
    throw invalid(
      "the data must be an array of tensors or arrays",
      "Wrap a single argument: minibatches([y], { size }).",
    );
  if (data.length === 0) throw invalid("there are no data", "Give at least one tensor or array.");
  keyFromSeed(seed);
  const counts = data.map((each) => (isTensor(each) ? each.shape[0] : (each as ArrayLike<unknown>).length));
  const [rows] = counts;
  if (rows === undefined || counts.some((count) => count !== rows))
    throw invalid(
      `the data differ in their number of rows\n  rows: ${counts.join(", ")}`,
      "The first axis of every tensor counts the rows.",
    );
  if (rows === 0) throw invalid("the data have no rows", "Give at least one row.");
  if (!Number.isSafeInteger(size) || size < 1 || size > rows)
    throw invalid(
      `size must be an integer from 1 to the number of rows, ${rows}\n  received: ${size}`,
      "Use a smaller batch, or pass the data themselves.",
    );
  return { kind: "minibatches", data, rows, options: { size, shuffle, seed, dropLast, isScaled } };
}

/** The order of rows in an epoch: a Fisher–Yates shuffle whose i-th random number is threefry(seed, (epoch, i)). */
export function epochOrder(
  rows: number,
  { shuffle, seed }: Pick<Required<MinibatchOptions>, "shuffle" | "seed">,
  epoch: number,
): Int32Array {
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
