// Radon in houses of Minnesota by the floor of the measurement, counties pooled (Gelman & Hill 2007).
import type { Tensor } from "@tensorflow/tfjs-core";
import { gen, halfNormal, iid, normal, observe, sample } from "elbow";
import { column, posterior } from "./support/posterior.js";
import { designOf, linear, onesLike, orthogonal } from "./support/regression.js";

const model = gen(function* radonPooled(x: Tensor, logRadon: Tensor) {
  const beta = yield* sample("beta", iid(2, normal(0, 10)));
  const sigma = yield* sample("sigma", halfNormal(1));
  yield* observe("logRadon", normal(linear(x, beta), sigma), logRadon);
});

export const radonPooled = posterior({
  name: "radon_mn-radon_pooled",
  model,
  inputs: (data) => {
    const floor = column(data, "floor_measure");
    return [designOf(onesLike(floor), floor), column(data, "log_radon")];
  },
  parameters: ({ beta, sigma }) => {
    const [intercept, slope] = beta as readonly number[];
    return { alpha: intercept!, beta: slope!, sigma_y: sigma! };
  },
  choices: ({ alpha, beta, sigma_y }) => ({ beta: [alpha, beta] as number[], sigma: sigma_y! }),
  coordinates: (data) => {
    const floor = column(data, "floor_measure");
    return { beta: orthogonal(designOf(onesLike(floor), floor), column(data, "log_radon")) };
  },
});
