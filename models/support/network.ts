// Dense layers, as parameters of a fit.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { foldIn, seedKey, standardNormal } from "elbow";

export interface Layer {
  readonly weights: Tensor;
  readonly bias: Tensor;
}

/** Makes layers one after the other, each with random weights of its own: N(0, 1/inputs), and no bias. */
export function layers(seed: number): (inputs: number, outputs: number) => Layer {
  let made = 0;
  return (inputs, outputs) =>
    tf.tidy(() => ({
      weights: standardNormal(foldIn(seedKey(seed), made++), [inputs, outputs]).div(Math.sqrt(inputs)),
      bias: tf.zeros([outputs]),
    }));
}

/** x·W + b, for the last axis of x. */
export const dense = (x: Tensor, { weights, bias }: Layer): Tensor => tf.matMul(x, weights).add(bias);
