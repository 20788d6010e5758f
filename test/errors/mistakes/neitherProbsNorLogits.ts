// Neither probabilities nor logits named.
// @error options
import { bernoulli, gen, run, sample, simulate } from "elbow";

const model = gen(function* () {
  // @ts-expect-error: Argument of type 'number' is not assignable to parameter of type 'ProbsOrLogits'
  yield* sample("b", bernoulli(0.3)); // <-
});
run(0, simulate(model()));
