// Logits in the place of probabilities.
// @error parameter at b
import { bernoulli, gen, run, sample, simulate } from "elbow";

const model = gen(function* () {
  yield* sample("b", bernoulli({ probs: [-0.3, 1.7] })); // <-
});
run(0, simulate(model()));
