// An ARMA(1, 1) series: every error enters the next mean.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { gen, halfCauchy, loop, normal, observe, sample } from "elbow";
import { column, posterior } from "./support/posterior.js";

const model = gen(function* arma11(y: Tensor) {
  const mu = yield* sample("mu", normal(0, 10));
  const phi = yield* sample("phi", normal(0, 2));
  const theta = yield* sample("theta", normal(0, 2));
  const sigma = yield* sample("sigma", halfCauchy(2.5));
  // e_t = y_t − (μ + φ·y_{t−1} + θ·e_{t−1}), before the first step y = μ and e = 0
  const step = ([before, error]: readonly Tensor[], [now]: readonly Tensor[]) => {
    const mean = tf.add(mu, tf.add(tf.mul(phi, before!), tf.mul(theta, error!)));
    return { carry: [now!, tf.sub(now!, mean)], outputs: [mean] };
  };
  const [means] = loop(step, [mu, tf.scalar(0)], [y]).outputs;
  yield* observe("y", normal(means!, sigma), y);
});

export const arma11 = posterior({
  name: "arma-arma11",
  model,
  inputs: (data) => [column(data, "y")],
  // a θ far above 1, which long steps may lead to, makes errors that grow beyond all floats
  learningRate: 0.01,
});
