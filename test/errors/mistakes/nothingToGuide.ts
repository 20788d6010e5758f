// An automatic guide for a model without choices.
// @error guide
import * as tf from "@tensorflow/tfjs-core";
import { gen, meanField, normal, observe } from "elbow";

const model = gen(function* (y: tf.Tensor) {
  yield* observe("y", normal(0, 1), y);
});
meanField(model, [tf.scalar(1)]); // <-
