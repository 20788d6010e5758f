// yield instead of yield*.
// @error forgotten-yield at mu
import { gen, normal, run, sample, simulate } from "elbow";

const model = gen(function* () {
  yield sample("mu", normal(0, 1)); // <-
});
run(0, simulate(model()));
