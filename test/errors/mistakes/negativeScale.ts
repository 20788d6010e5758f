// A negative scale.
// Known parameters are checked at once, those that are computed with { validate: true }.
// @error parameter at x
import { gen, normal, run, sample, simulate } from "elbow";

const model = gen(function* () {
  yield* sample("x", normal(0, -1)); // <-
});
run(0, simulate(model()));
