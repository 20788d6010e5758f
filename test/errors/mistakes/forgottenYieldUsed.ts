// A choice without yield*, used as a tensor.
// @error forgotten-yield at mu
import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, run, sample, simulate } from "elbow";

const model = gen(function* () {
  const mu = sample("mu", normal(0, 1)); // <-
  // @ts-expect-error: Argument of type 'Effects<Sample<"mu", Real>, Real>' is not assignable …
  yield* sample("y", normal(tf.exp(mu), 1));
});
run(0, simulate(model()));
