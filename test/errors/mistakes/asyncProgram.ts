// An async function as a program.
// @error not-a-program
import { gen, normal, run, sample, simulate } from "elbow";

const model = gen(
  // @ts-expect-error: Type 'AsyncGenerator<…>' is missing the following properties from type 'Generator<…>'
  async function* () {
    await Promise.resolve();
    yield* sample("mu", normal(0, 1));
  },
);
run(0, simulate(model())); // <-
