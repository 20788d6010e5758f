// An autoregressive series of order 5: a regression on the five values before.
import type { Tensor } from "@tensorflow/tfjs-core";
import { gen, halfCauchy, iid, normal, observe, sample } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";
import { designOf, linear, onesLike, orthogonal } from "./support/regression.js";

const order = 5;

const model = gen(function* arK(x: Tensor, y: Tensor) {
  // the intercept and one weight per lag
  const beta = yield* sample("beta", iid(order + 1, normal(0, 10)));
  const sigma = yield* sample("sigma", halfCauchy(2.5));
  yield* observe("y", normal(linear(x, beta), sigma), y);
});

const inputs = (data: Named) => {
  const y = column(data, "y");
  const lags = Array.from({ length: order }, (_, k) => y.slice(order - 1 - k, y.length - 1 - k));
  return [designOf(onesLike(lags[0]!), ...lags), y.slice(order)] as const;
};

export const arK = posterior({
  name: "arK-arK",
  model,
  inputs,
  parameters: ({ beta, sigma }) => {
    const [alpha, ...lags] = beta as readonly number[];
    return { alpha: alpha!, beta: lags, sigma: sigma! };
  },
  choices: ({ alpha, beta, sigma }) => ({ beta: [alpha as number, ...(beta as readonly number[])], sigma: sigma! }),
  coordinates: (data) => ({ beta: orthogonal(...(inputs(data) as unknown as Parameters<typeof orthogonal>)) }),
});
