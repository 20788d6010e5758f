// An address that is both sampled and observed.
// @error repeated-address at y
import { gen, normal, observe, run, sample, simulate } from "elbow";

const model = gen(function* (y: number) {
  const mu = yield* sample("y", normal(0, 1));
  yield* observe("y", normal(mu, 1), y); // <-
});
run(0, simulate(model(2)));
