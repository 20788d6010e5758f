import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type FitData, sourceOf } from "./fitting/sources.js";

/** Runs something on the data of a fit's first step, as the objective sees them. They are this function's to dispose. */
export async function withFirstData<D extends readonly unknown[], R>(
  data: FitData<D>,
  body: (data: D) => Promise<R>,
): Promise<R> {
  const source = await sourceOf(data as FitData<readonly unknown[]>);
  let own: Tensor[] = [];
  try {
    const segment = await source.at(0);
    // rows of minibatches are picked; other data are given as they are
    const isPicked = segment.inputs.length > segment.data.length;
    if (isPicked) own = tf.tidy(() => [...segment.select(segment.inputs, tf.scalar(0, "int32"))]);
    return await body((isPicked ? own : segment.data) as unknown as D);
  } finally {
    tf.dispose(own);
    await source.close();
  }
}
