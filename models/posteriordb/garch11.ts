// A GARCH(1, 1) series: a variance that follows the last deviation and the last variance.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { dirichlet, flat, gen, loop, normal, observe, sample } from "elbow";
import { column, posterior } from "./support/posterior.js";

const model = gen(function* garch11(y: Tensor, sigma1: Tensor) {
  const mu = yield* sample("mu", flat());
  const alpha0 = yield* sample("alpha0", flat({ support: "positive" }));
  // α₁, β₁ and what is left: uniform where α₁ + β₁ < 1
  const shares = yield* sample("shares", dirichlet([1, 1, 1]));
  const [alpha1, beta1] = [0, 1].map((i) => tf.reshape(tf.slice(shares, [i], [1]), [])) as [Tensor, Tensor];
  // s_t² = α₀ + α₁·(y_{t−1} − μ)² + β₁·s_{t−1}²
  const step = ([variance]: readonly Tensor[], [now]: readonly Tensor[]) => {
    const deviation = tf.square(tf.sub(now!, mu));
    const next = tf.add(alpha0, tf.add(tf.mul(alpha1, deviation), tf.mul(beta1, variance!)));
    return { carry: [next], outputs: [variance!] };
  };
  const [variances] = loop(step, [tf.square(sigma1)], [y]).outputs;
  yield* observe("y", normal(mu, tf.sqrt(variances!)), y);
});

export const garch11 = posterior({
  name: "garch-garch11",
  model,
  inputs: (data) => [column(data, "y"), data.sigma1!],
  parameters: ({ mu, alpha0, shares }) => {
    const [alpha1, beta1] = shares as readonly number[];
    return { mu: mu!, alpha0: alpha0!, alpha1: alpha1!, beta1: beta1! };
  },
  choices: ({ mu, alpha0, alpha1, beta1 }) => ({
    mu: mu!,
    alpha0: alpha0!,
    shares: [alpha1, beta1, 1 - (alpha1 as number) - (beta1 as number)] as number[],
  }),
  // the uniform density on a triangle of area ½
  offset: Math.log(2),
});
