// A program that is not applied to its arguments.
// @error not-a-program
import { gen, normal, run, sample, simulate } from "elbow";

const model = gen(function* (scale: number) {
  yield* sample("mu", normal(0, scale));
});
// @ts-expect-error: Argument of type 'GenerativeFunction<…>' is not assignable to parameter of type 'Call<…>'
run(0, simulate(model)); // <-
