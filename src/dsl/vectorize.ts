import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { checkArray, checkFunction } from "../util/expected.js";
import { captureSource } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { range } from "../util/shapes.js";
import { leavesOf, mapLeaves, type Tree } from "../util/tree.js";
import type { Call } from "./call.js";
import { isTensor } from "./choices.js";
import type { Plated, Result, Tensors } from "./effects.js";
import type { GenerativeFunction } from "./gen.js";
import { countRows } from "./plate.js";

/** Which arguments are walked. */
export interface VectorizeOptions {
  /** For every argument the axis that counts the runs, or null if all runs share it. @defaultValue 0 for tensors and structures of them */
  readonly inAxes?: readonly (number | null)[];
}

/**
 * The program that runs another one side by side, once per position of an axis of its arguments: what `vmap` is for functions.
 * Choices have the names of the program's own and stand stacked, the runs first; so do results.
 *
 * @throws ElbowError "plate-rows" when it is run, unless the walked axes have the same size
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, run, sample, simulate, vectorize } from "elbow";
 * const step = gen(function* (x: tf.Tensor, scale: number) {
 *   return yield* sample("next", normal(x, scale));
 * });
 * const steps = vectorize(step, { inAxes: [0, null] });
 * console.log(run(0, simulate(steps(tf.zeros([4]), 0.1))).choices.next.shape); // => [ 4 ]
 * ```
 */
export function vectorize<A extends readonly unknown[], C, R extends Result, O>(
  program: GenerativeFunction<A, C, R, O>,
  options: VectorizeOptions = {},
): GenerativeFunction<A, C, Tensors<R>, O> {
  checkFunction("vectorize", "the program", program, "Give it a program made by gen, without arguments.");
  checkOptionNames("vectorize", options, ["inAxes"]);
  const { inAxes } = options;
  if (inAxes !== undefined)
    checkArray("vectorize", "inAxes", inAxes, "Give one per argument, null for one that is shared: [0, null].");
  const vectorized = (...args: A): Call<C, Tensors<R>, A, O> => {
    const source = captureSource();
    const axes = args.map((arg, i) => (inAxes ? (inAxes[i] ?? null) : isTensors(arg) ? 0 : null));
    return {
      name: `vectorize(${program(...args).name})`,
      program: vectorized,
      args,
      *start() {
        const walked = args.flatMap((arg, i) => (axes[i] === null ? [] : [firstAxis(arg, axes[i]!, source.line)]));
        const body = (row: Tree<Tensor>) => {
          const rows = [...(row as readonly unknown[])];
          return program(...(args.map((arg, i) => (axes[i] === null ? arg : rows.shift())) as unknown as A));
        };
        const length = countRows(walked, source);
        const shared = { kind: "plate", address: undefined, subsample: undefined, scale: 1 } as const;
        return yield { ...shared, body: body as Plated["body"], rows: walked, length, source } satisfies Plated;
      },
    };
  };
  return vectorized;
}

const isTensors = (arg: unknown): boolean => {
  const leaves = leavesOf(arg as Tree<unknown>);
  return leaves.length > 0 && leaves.every(({ leaf }) => isTensor(leaf));
};

/** Tensors with an axis moved to the front. */
function firstAxis(arg: unknown, axis: number, source: string | undefined): Tree<Tensor> {
  return mapLeaves(arg as Tree<Tensor>, (tensor: Tensor) => {
    if (!isTensor(tensor) || axis < 0 || axis >= tensor.rank)
      throw new ElbowError("plate-rows", {
        message: `vectorize: an argument has no axis ${axis} to walk`,
        hint: "inAxes has null for arguments that all runs share.",
        at: { source },
      });
    return axis === 0 ? tensor : tf.transpose(tensor, [axis, ...range(tensor.rank).filter((i) => i !== axis)]);
  });
}
