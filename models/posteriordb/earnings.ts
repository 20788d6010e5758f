// Earnings and heights of 1192 people (Gelman & Hill, "Data Analysis Using Regression and Multilevel/Hierarchical Models", 2007).
import type { Tensor } from "@tensorflow/tfjs-core";
import { flat, gen, iid, normal, observe, sample } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";
import { designOf, deviation, inUnitsOf, linear, onesLike, orthogonal } from "./support/regression.js";

const model = gen(function* earnHeight(x: Tensor, earn: Tensor) {
  const beta = yield* sample("beta", iid(2, flat()));
  const sigma = yield* sample("sigma", flat({ support: "positive" }));
  yield* observe("earn", normal(linear(x, beta), sigma), earn);
});

const on = (name: string, response: (earn: number) => number) => {
  const inputs = (data: Named) => {
    const height = column(data, "height");
    return [designOf(onesLike(height), height), column(data, "earn").map(response)] as const;
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

export const earnHeight = on("earnings-earn_height", (earn) => earn);
export const logearnHeight = on("earnings-logearn_height", Math.log);
