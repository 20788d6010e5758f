// A long short-term memory cell (Hochreiter & Schmidhuber 1997), with a forget gate.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

export interface LstmState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/** The next state, from the four gates before their nonlinearities: [batch, 4·size]. */
export function lstmStep(gates: Tensor, cell: Tensor): LstmState {
  const [input, forget, update, output] = tf.split(gates, 4, -1);
  const next = tf
    .sigmoid(forget!)
    .mul(cell)
    .add(tf.sigmoid(input!).mul(tf.tanh(update!)));
  return { cell: next, hidden: tf.sigmoid(output!).mul(tf.tanh(next)) };
}
