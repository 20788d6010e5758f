import * as tf from "@tensorflow/tfjs-core";

/** The same values in tensors that live on the active backend. */
export const ownTensor = (tensor: tf.Tensor): tf.Tensor =>
  tf.tensor(tensor.dataSync().slice(), [...tensor.shape], tensor.dtype);
