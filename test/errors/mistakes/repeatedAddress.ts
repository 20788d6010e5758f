// The same address in every turn of a loop.
// @error repeated-address at x
import { gen, normal, run, sample, simulate } from "elbow";

const model = gen(function* () {
  for (let i = 0; i < 3; i++) yield* sample("x", normal(i, 1)); // <-
});
run(0, simulate(model()));
