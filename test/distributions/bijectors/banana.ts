// A banana-shaped density, and guides that are fitted to it.
import * as tf from "@tensorflow/tfjs-core";
import { adam, bijectors, cosineDecay, elbo, fit, gen, independent, normal, sample, transformed } from "elbow";
import type { Bijector } from "../../../src/distributions/bijectors/bijector.js";

/** x₁ ~ N(0, 1), x₂ ~ N(x₁², ¼), as one vector: the log density is normalised, so that the ELBO is −KL(q‖p). */
const banana = gen(function* () {
  yield* sample(
    "x",
    transformed(
      independent(normal([0, 0], 1)),
      bijectors.coupling(
        {},
        { conditioner: (_, x) => tf.concat([tf.square(x), tf.fill(x.shape, 3 * Math.atanh(Math.log(0.5) / 3))], -1) },
      ),
    ),
  );
});

type Flow = Bijector<"real", "real", false>;

/** The last ELBO of a fit: minus the divergence from the banana. */
export async function fitted<P extends object>(
  parameters: P,
  flow: (parameters: P) => Flow,
  steps: number,
): Promise<number> {
  const guide = gen(function* (q: object) {
    yield* sample("x", transformed(independent(normal([0, 0], 1)), flow(q as P)));
  });
  const result = await fit(elbo(banana, guide), {
    parameters: parameters as object,
    steps,
    draws: 16,
    optimizer: adam({ learningRate: cosineDecay({ initial: 0.03, steps }) }),
    seed: 1,
  });
  return result.objective;
}
