// A number in the place of a choice.
// @error not-a-value at mu
import { assess, gen, normal, run, sample } from "elbow";

const model = gen(function* () {
  yield* sample("mu", normal(0, 1)); // <-
});
// @ts-expect-error: Type 'number' is not assignable to type 'Tensor'
run(0, assess(model(), { mu: 1 }));
