// A program inside a program, without call.
// @error not-an-effect
import { gen, normal, run, sample, simulate } from "elbow";

const prior = gen(function* () {
  return yield* sample("mu", normal(0, 1));
});
const model = gen(function* () {
  // @ts-expect-error: Type 'Call<…>' must have a '[Symbol.iterator]()' method
  yield* prior(); // <-
});
run(0, simulate(model()));
