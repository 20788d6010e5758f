// Math.random in a program.
// tf.randomNormal and its kind are refused in the same way.
// @error frozen-random
import * as tf from "@tensorflow/tfjs-core";
import { normal, objective, sample } from "elbow";

const L = objective(function* (p: { loc: tf.Tensor }) {
  const x = yield* sample("x", normal(p.loc, 1));
  return x.mul(Math.random()); // <-
});
await L.estimate(0, { loc: tf.scalar(0) });
