// Party identification in the American National Election Study of 1976 (Gelman & Hill 2007).
import type { Tensor } from "@tensorflow/tfjs-core";
import { flat, gen, iid, normal, observe, sample } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";
import { designOf, deviation, inUnitsOf, linear, onesLike, orthogonal } from "./support/regression.js";

const model = gen(function* nes(x: Tensor, party: Tensor) {
  const beta = yield* sample("beta", iid(9, flat()));
  const sigma = yield* sample("sigma", flat({ support: "positive" }));
  yield* observe("party", normal(linear(x, beta), sigma), party);
});

const inputs = (data: Named) => {
  const of = (name: string) => column(data, name);
  const isOfAge = (group: number) => of("age_discrete").map((age) => (age === group ? 1 : 0));
  const party = of("partyid7");
  const design = designOf(
    onesLike(party),
    of("real_ideo"),
    of("race_adj"),
    isOfAge(2),
    isOfAge(3),
    isOfAge(4),
    of("educ1"),
    of("gender"),
    of("income"),
  );
  return [design, party] as const;
};

export const nes = posterior({
  name: "nes1976-nes",
  model,
  inputs,
  coordinates: (data) => {
    const [x, y] = inputs(data);
    return { beta: orthogonal(x, y), sigma: inUnitsOf(deviation(y)) };
  },
});
