// Whether households in Bangladesh change to another well: distance, arsenic and education (Gelman & Hill 2007).
import type { Tensor } from "@tensorflow/tfjs-core";
import { bernoulli, flat, gen, iid, observe, sample } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";
import { designOf, linear, onesLike, orthogonal } from "./support/regression.js";

const model = gen(function* wellsDae(x: Tensor, switched: Tensor) {
  const beta = yield* sample("beta", iid(4, flat()));
  yield* observe("switched", bernoulli({ logits: linear(x, beta) }), switched);
});

const designFrom = (data: Named) =>
  designOf(
    onesLike(column(data, "dist")),
    column(data, "dist").map((x) => x / 100),
    column(data, "arsenic"),
    column(data, "educ").map((x) => x / 4),
  );

export const wellsDae = posterior({
  name: "wells_data-wells_dae_model",
  model,
  inputs: (data) => [designFrom(data), column(data, "switched")],
  parameters: ({ beta }) => {
    const [alpha, ...slopes] = beta as readonly number[];
    return { alpha: alpha!, beta: slopes };
  },
  choices: ({ alpha, beta }) => ({ beta: [alpha as number, ...(beta as readonly number[])] }),
  coordinates: (data) => ({ beta: orthogonal(designFrom(data), column(data, "switched")) }),
});
