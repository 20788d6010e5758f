// A mixture of two normals, the assignments summed out.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { beta, factor, flat, gen, halfNormal, iid, logDensity, mixture, normal, observe, sample } from "elbow";
import { column, posterior } from "./support/posterior.js";

const model = gen(function* lowDimGaussMix(y: Tensor) {
  const low = yield* sample("low", normal(0, 2));
  // the upper mean is N(0, 2), restricted to what is above the lower one
  const gap = yield* sample("gap", flat({ support: "positive" }));
  const high = tf.add(low, gap);
  yield* factor("high", logDensity(normal(0, 2), high));
  const sigma = yield* sample("sigma", iid(2, halfNormal(2)));
  const theta = yield* sample("theta", beta(5, 5));
  const weights = tf.stack([theta, tf.sub(1, theta)]);
  yield* observe("y", iid(y.shape[0]!, mixture(weights, normal(tf.stack([low, high]), sigma))), y);
});

export const lowDimGaussMix = posterior({
  name: "low_dim_gauss_mix-low_dim_gauss_mix",
  model,
  inputs: (data) => [column(data, "y")],
  parameters: ({ low, gap, sigma, theta }) => ({
    mu: [low as number, (low as number) + (gap as number)],
    sigma: sigma!,
    theta: theta!,
  }),
  choices: ({ mu, sigma, theta }) => {
    const [low, high] = mu as readonly number[];
    return { low: low!, gap: high! - low!, sigma: sigma!, theta: theta! };
  },
});
