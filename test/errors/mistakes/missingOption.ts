// An option left out that has no default.
// @error option
import { gaussianRandomWalk, gen, run, sample, simulate } from "elbow";

const model = gen(function* () {
  // @ts-expect-error: Property 'numSteps' is missing in type '{ scale: number; }'
  yield* sample("level", gaussianRandomWalk({ scale: 0.1 })); // <-
});
run(0, simulate(model()));
