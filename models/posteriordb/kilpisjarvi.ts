// Summer temperatures at Kilpisjärvi, 1952 to 2013 (the years of the data are larger by 2000, and not centred: intercept and slope are
// correlated by −.99999).
import type { Tensor } from "@tensorflow/tfjs-core";
import { flat, gen, normal, observe, sample } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";
import { designOf, deviation, inUnitsOf, linear, onesLike, orthogonal } from "./support/regression.js";

const model = gen(function* kilpisjarvi(x: Tensor, y: Tensor, loc: Tensor, scale: Tensor) {
  const beta = yield* sample("beta", normal(loc, scale));
  const sigma = yield* sample("sigma", flat({ support: "positive" }));
  yield* observe("y", normal(linear(x, beta), sigma), y);
});

const designFrom = (data: Named) => designOf(onesLike(column(data, "x")), column(data, "x"));

export const kilpisjarvi = posterior({
  name: "kilpisjarvi_mod-kilpisjarvi",
  model,
  inputs: (data) => [
    designFrom(data),
    column(data, "y"),
    [data.pmualpha, data.pmubeta] as number[],
    [data.psalpha, data.psbeta] as number[],
  ],
  parameters: ({ beta, sigma }) => {
    const [intercept, slope] = beta as readonly number[];
    return { alpha: intercept!, beta: slope!, sigma: sigma! };
  },
  choices: ({ alpha, beta, sigma }) => ({ beta: [alpha, beta] as number[], sigma: sigma! }),
  coordinates: (data) => ({
    beta: orthogonal(designFrom(data), column(data, "y")),
    sigma: inUnitsOf(deviation(column(data, "y"))),
  }),
});
