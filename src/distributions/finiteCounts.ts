// Counts up to a number that is known when a program is written: their law as a table.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorLike } from "../ir/lifted.js";
import { indices } from "./categories.js";
import type { FamilyRules } from "./distribution.js";

/** The largest support that is listed. */
const largestSupport = 65536;

/** The count of trials, if it is a plain number whose support may be listed. */
export const knownCount = (totalCount: TensorLike): number | undefined =>
  typeof totalCount === "number" && Number.isInteger(totalCount) && totalCount >= 0 && totalCount < largestSupport
    ? totalCount
    : undefined;

/** log P(0), …, log P(n) along a new last axis. */
export const countTable = <P extends string>(
  count: number,
  logDensity: FamilyRules<P>["logDensity"],
  parameters: Readonly<Record<P, Tensor>>,
): Tensor => {
  const spread = Object.entries<Tensor>(parameters).map(([name, tensor]) => [name, tf.expandDims(tensor, -1)]);
  return logDensity(Object.fromEntries(spread) as Record<P, Tensor>, indices(count + 1));
};
