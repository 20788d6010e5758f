// A strategy that the distribution does not offer.
// @error illegal-strategy
import { enumerate, gen, poisson, run, sample, simulate } from "elbow";

const model = gen(function* () {
  // @ts-expect-error: Argument of type 'Distribution<Count, …>' is not assignable …
  yield* sample("n", enumerate(poisson(3))); // <-
});
run(0, simulate(model()));
