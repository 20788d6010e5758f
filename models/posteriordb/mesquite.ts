// The weight of mesquite bushes from their measures, on the logarithmic scale (Gelman & Hill 2007).
import type { Tensor } from "@tensorflow/tfjs-core";
import { flat, gen, iid, normal, observe, sample } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";
import { designOf, deviation, inUnitsOf, linear, onesLike, orthogonal } from "./support/regression.js";

const model = gen(function* mesquite(x: Tensor, logWeight: Tensor) {
  const beta = yield* sample("beta", iid(x.shape[1]!, flat()));
  const sigma = yield* sample("sigma", flat({ support: "positive" }));
  yield* observe("logWeight", normal(linear(x, beta), sigma), logWeight);
});

const logOf = (data: Named, name: string): number[] => column(data, name).map(Math.log);

const on = (name: string, predictors: (data: Named) => readonly (readonly number[])[]) => {
  const inputs = (data: Named) => {
    const logWeight = logOf(data, "weight");
    return [designOf(onesLike(logWeight), ...predictors(data)), logWeight] as const;
  };
  return posterior({
    name,
    model,
    inputs,
    coordinates: (data) => {
      const [x, y] = inputs(data);
      return { beta: orthogonal(x, y), sigma: inUnitsOf(deviation(y)) };
    },
  });
};

export const logmesquite = on("mesquite-logmesquite", (data) => [
  ...["diam1", "diam2", "canopy_height", "total_height", "density"].map((name) => logOf(data, name)),
  column(data, "group"),
]);

export const logmesquiteLogvolume = on("mesquite-logmesquite_logvolume", (data) => {
  const [first, second, height] = ["diam1", "diam2", "canopy_height"].map((name) => logOf(data, name));
  return [first!.map((each, i) => each + second![i]! + height![i]!)];
});
