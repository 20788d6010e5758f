// Bayesian linear regressions on simulated predictors, correlated (sblrc) and independent (sblri).
import type { Tensor } from "@tensorflow/tfjs-core";
import { gen, halfNormal, iid, normal, observe, sample } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";
import { linear, orthogonal } from "./support/regression.js";

const model = gen(function* blr(x: Tensor, y: Tensor) {
  const beta = yield* sample("beta", iid(5, normal(0, 10)));
  const sigma = yield* sample("sigma", halfNormal(10));
  yield* observe("y", normal(linear(x, beta), sigma), y);
});

const designFrom = (data: Named) => data.X as readonly (readonly number[])[];

const on = (name: string) =>
  posterior({
    name,
    model,
    inputs: (data) => [designFrom(data), column(data, "y")],
    coordinates: (data) => ({ beta: orthogonal(designFrom(data), column(data, "y")) }),
  });

export const sblrc = on("sblrc-blr");
export const sblri = on("sblri-blr");
