// Test scores of 434 children, whether their mothers finished high school, and their mothers' IQ (Gelman & Hill 2007).
import type { Tensor } from "@tensorflow/tfjs-core";
import { flat, gen, halfCauchy, iid, normal, observe, sample } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";
import { designOf, deviation, inUnitsOf, linear, onesLike, orthogonal } from "./support/regression.js";

const model = gen(function* kidscore(x: Tensor, score: Tensor) {
  const beta = yield* sample("beta", iid(x.shape[1]!, flat()));
  const sigma = yield* sample("sigma", halfCauchy(2.5));
  yield* observe("score", normal(linear(x, beta), sigma), score);
});

const on = (name: string, predictors: (data: Named) => readonly (readonly number[])[]) => {
  const inputs = (data: Named) => {
    const score = column(data, "kid_score");
    return [designOf(onesLike(score), ...predictors(data)), score] as const;
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

const [highSchool, iq] = ["mom_hs", "mom_iq"].map((name) => (data: Named) => column(data, name)) as [
  (data: Named) => readonly number[],
  (data: Named) => readonly number[],
];

export const kidscoreMomhs = on("kidiq-kidscore_momhs", (data) => [highSchool(data)]);
export const kidscoreMomiq = on("kidiq-kidscore_momiq", (data) => [iq(data)]);
export const kidscoreMomhsiq = on("kidiq-kidscore_momhsiq", (data) => [highSchool(data), iq(data)]);
export const kidscoreInteraction = on("kidiq-kidscore_interaction", (data) => [
  highSchool(data),
  iq(data),
  highSchool(data).map((each, i) => each * iq(data)[i]!),
]);
