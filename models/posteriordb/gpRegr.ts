// A Gaussian process at eleven points.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { gamma, gen, halfNormal, multivariateNormal, observe, sample } from "elbow";
import { column, posterior } from "./support/posterior.js";

const model = gen(function* gpRegr(x: Tensor, y: Tensor) {
  const rho = yield* sample("rho", gamma(25, 4));
  const alpha = yield* sample("alpha", halfNormal(2));
  const sigma = yield* sample("sigma", halfNormal(1));
  const distance = tf.div(tf.sub(tf.expandDims(x, 1), tf.expandDims(x, 0)), rho);
  const kernel = tf.mul(tf.square(alpha), tf.exp(tf.mul(-0.5, tf.square(distance))));
  // σ is a variance here
  const covariance = tf.add(kernel, tf.mul(sigma, tf.eye(x.shape[0]!)));
  yield* observe("y", multivariateNormal(tf.zerosLike(x), { covariance }), y);
});

export const gpRegr = posterior({
  name: "gp_pois_regr-gp_regr",
  model,
  inputs: (data) => [column(data, "x"), column(data, "y")],
});
