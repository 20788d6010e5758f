// A joint enumeration that is too large.
// @error support-too-large at b
import * as tf from "@tensorflow/tfjs-core";
import { bernoulli, enumerate, objective, sample } from "elbow";

const L = objective(function* (p: { logits: tf.Tensor }) {
  const b = yield* sample("b", enumerate(bernoulli({ logits: p.logits }))); // <-
  return b.sum().square();
});
await L.gradEstimate(0, { logits: tf.zeros([20]) });
