// Probabilities that do not add up to one.
// @error parameter at k
import { categorical, gen, run, sample, simulate } from "elbow";

const model = gen(function* () {
  yield* sample("k", categorical({ probs: [0.2, 0.2, 0.5] })); // <-
});
run(0, simulate(model()));
