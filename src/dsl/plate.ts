import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";
import { checkFunction } from "../util/expected.js";
import { captureSource, type Source } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape } from "../util/shapes.js";
import type { Tree } from "../util/tree.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { isTensor } from "./choices.js";
import type { Effects, Nested, Result, Tensors } from "./effects.js";
import { tensorsOf } from "./records.js";
import { checkRuns } from "./replicate.js";

/** How the rows of a plate count. */
export interface PlateOptions {
  /**
   * How many rows are drawn, anew in every run, to stand for all N: their log densities count N/m times, so that the log density
   * of the program and its gradient stay unbiased. For rows that are observed: choices inside need a `minibatch` that model and
   * guide share, and `scale`. @defaultValue all rows are taken
   */
  readonly subsample?: number;
  /** What log densities inside are multiplied by, N/m for the rows of a minibatch. @defaultValue 1 */
  readonly scale?: number;
}

/**
 * Runs a program for every row of tensors, side by side: independent given what stands around. It is recorded once and then
 * batched, so its choices stand stacked under the address, as one choice with the rows as its first batch axis, and keep
 * their strategies.
 *
 * logDensity = scale · Σₙ log p(row n)
 *
 * @param body - a row ↦ a program; tensors of what stands around may be used, too
 * @param rows - a tensor or a nested structure of tensors; the first axis counts the rows
 * @returns what the programs return, stacked
 * @throws ElbowError "plate-rows" for tensors or given values that differ in their first axis, and for a `subsample` that is no
 *   integer from 1 to N; "plate-result" for results that are no tensors; "subsample-choices" for random choices where rows are drawn
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observe, plate, run, sample, simulate } from "elbow";
 * const school = gen(function* (mu: tf.Tensor, { y, sigma }: { y: tf.Tensor; sigma: tf.Tensor }) {
 *   const theta = yield* sample("theta", normal(mu, 5));
 *   yield* observe("y", normal(theta, sigma), y);
 * });
 * const model = gen(function* (data: { y: tf.Tensor; sigma: tf.Tensor }) {
 *   const mu = yield* sample("mu", normal(0, 5));
 *   yield* plate("schools", (row) => school(mu, row), data);
 * });
 * const data = { y: tf.tensor1d([28, 8, -3]), sigma: tf.tensor1d([15, 10, 16]) };
 * console.log(run(0, simulate(model(data))).choices.schools.theta.shape); // => [ 3 ]
 * ```
 */
export const plate = asked("plate", function* plate<
  const A extends string,
  D extends Tree<Tensor>,
  C,
  R extends Result,
  O,
>(address: A, body: (row: Tensors<D>) => Call<C, R, readonly unknown[], O>, rows: D, options: PlateOptions = {}): Effects<
  Nested<A, C, Tensors<R>, O>,
  Tensors<R>
> {
  checkFunction("plate", "the second argument", body, "Write (row) => program(row).");
  checkOptionNames("plate", options, ["subsample", "scale"]);
  const { subsample, scale = 1 } = options;
  const source = captureSource();
  if (!(Number.isFinite(scale) && scale > 0))
    throw new ElbowError("option", {
      message: `plate: scale must be a positive number\n  received: ${scale}`,
      hint: "It is N / m for m rows of N.",
      at: { address, source: source.line },
    });
  const length = countRows(rows, source);
  if (subsample !== undefined && !(Number.isSafeInteger(subsample) && subsample >= 1 && subsample <= length))
    throw new ElbowError("plate-rows", {
      message: `plate: subsample must be an integer from 1 to ${length}\n  received: ${subsample}`,
      at: { address, source: source.line },
    });
  return yield plated({ kind: "plate", address, body, rows, length, subsample, scale, source });
});

/** The compiler sees the choices of a program nested under the address. */
const plated = (effect: object) => effect as never;

/** @throws ElbowError "plate-rows" unless all tensors have the same number of rows */
export function countRows(rows: Tree<Tensor>, source: Source): number {
  if (!tensorsOf(rows).every(isTensor))
    throw new ElbowError("plate-rows", {
      message: `the rows of a plate must be tensors\n  received: ${described(rows)}`,
      hint: "Numbers become rows by tf.tensor1d.",
      at: { source: source.line },
    });
  const shapes = tensorsOf(rows).map(({ shape }) => shape);
  const [length] = new Set(shapes.map((shape) => shape[0]));
  if (length !== undefined && length > 0 && shapes.every((shape) => shape[0] === length)) return length;
  throw new ElbowError("plate-rows", {
    message: `the tensors of a plate need the same number of rows, and at least one\n  received: ${shapes.map(formatShape).join(", ") || "no tensors"}`,
    hint: "The first axis of every tensor counts the rows.",
    at: { source: source.line },
  });
}

/**
 * Runs a program n times, side by side and independently: a {@link plate} without rows.
 *
 * @throws ElbowError "option" unless n is a positive integer
 * @example
 * ```ts
 * import { gen, normal, repeat, run, sample, simulate } from "elbow";
 * const point = gen(function* () {
 *   const x = yield* sample("x", normal(0, 1));
 *   return yield* sample("y", normal(x, 1));
 * });
 * const cloud = gen(function* () {
 *   return yield* repeat("points", 5, point());
 * });
 * const { choices, returnValue } = run(0, simulate(cloud()));
 * console.log(choices.points.x.shape, returnValue.shape); // => [ 5 ] [ 5 ]
 * ```
 */
export const repeat = asked("repeat", function* repeat<
  const A extends string,
  C,
  R extends Result,
  O,
>(address: A, n: number, program: Call<C, R, readonly unknown[], O>): Effects<Nested<A, C, Tensors<R>, O>, Tensors<R>> {
  checkRuns("repeat", n);
  const source = captureSource();
  return yield plated({
    kind: "plate",
    address,
    body: () => program,
    rows: [],
    length: n,
    subsample: undefined,
    scale: 1,
    source,
  });
});
