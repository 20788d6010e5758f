// A hidden Markov model of two states with normal emissions, the states summed out.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { dirichlet, factor, flat, gen, hmm, logDensity, normal, observe, sample, truncated } from "elbow";
import { column, posterior } from "./support/posterior.js";
import { inUnitsOf } from "./support/regression.js";

const model = gen(function* hmmExample(y: Tensor) {
  const theta1 = yield* sample("theta1", dirichlet([1, 1]));
  const theta2 = yield* sample("theta2", dirichlet([1, 1]));
  const low = yield* sample("low", truncated(normal(3, 1), { low: 0 }));
  // the upper mean is N(10, 1), restricted to what is above the lower one
  const gap = yield* sample("gap", flat({ support: "positive" }));
  const high = tf.add(low, gap);
  yield* factor("high", logDensity(normal(10, 1), high));
  const states = hmm({
    initial: { probs: [0.5, 0.5] },
    transition: { probs: tf.stack([theta1, theta2]) },
    emission: normal(tf.stack([low, high]), 1),
    numSteps: y.shape[0]!,
  });
  yield* observe("y", states, y);
});

/** log Φ(3), what the truncation of the lower mean adds to its density. */
const logMass = Math.log(0.9986501019683699);

export const hmmExample = posterior({
  name: "hmm_example-hmm_example",
  model,
  inputs: (data) => [column(data, "y")],
  parameters: ({ theta1, theta2, low, gap }) => ({
    theta1: theta1!,
    theta2: theta2!,
    mu: [low as number, (low as number) + (gap as number)],
  }),
  choices: ({ theta1, theta2, mu }) => {
    const [low, high] = mu as readonly number[];
    return { theta1: theta1!, theta2: theta2!, low: low!, gap: high! - low! };
  },
  // posteriordb's initial states have no probabilities: weights of 1, not ½
  offset: -Math.log(2) - logMass,
  // the distance of the prior means
  coordinates: () => ({ gap: inUnitsOf(7) }),
});
