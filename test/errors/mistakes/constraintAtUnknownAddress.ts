// A constraint at an address that there is not.
// update and regenerate say the same.
// @error unknown-address at tua
import * as tf from "@tensorflow/tfjs-core";
import { exponential, gen, generate, normal, run, sample } from "elbow";

const model = gen(function* () {
  const tau = yield* sample("tau", exponential(1));
  yield* sample("x", normal(0, tau));
});
// @ts-expect-error: 'tua' does not exist in type …
run(0, generate(model(), { tua: tf.scalar(1) })); // <-
