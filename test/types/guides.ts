// Automatic guides are typed with the model's addresses.
import type { Tensor } from "@tensorflow/tfjs-core";
import { expectTypeOf } from "vitest";
import {
  type ChoicesOf,
  call,
  deltaGuide,
  elbo,
  fit,
  fullRank,
  gamma,
  gen,
  lowRank,
  meanField,
  normal,
  type Positive,
  sample,
} from "../../src/index.js";

const model = gen(function* (y: Tensor) {
  const tau = yield* sample("tau", gamma(1, 1));
  yield* call(
    "group",
    gen(function* () {
      yield* sample("theta", normal(y, tau));
    })(),
  );
});
declare const y: Tensor;

const { guide, parameters } = meanField(model, [y]);
expectTypeOf(parameters.loc.group.theta).toEqualTypeOf<Tensor>();
type Drawn = ChoicesOf<typeof guide>;
expectTypeOf<Drawn["tau"]>().toEqualTypeOf<Positive>();
elbo(model, guide);
elbo(model, fullRank(model, [y]).guide);
elbo(model, lowRank(model, [y], { rank: 1 }).guide);
elbo(model, deltaGuide(model, [y]).guide);
void fit(elbo(model, guide), { parameters, data: [y], steps: 1 });
expectTypeOf(deltaGuide(model, [y]).values(parameters).tau).toExtend<Tensor>();

// @ts-expect-error there is no such parameter
parameters.loc.mu;
// @ts-expect-error the guide leaves out what the model has
elbo(model, meanField(model, [y], { except: "tau" }).guide);
// @ts-expect-error no such choice
meanField(model, [y], { except: "mu" });
// @ts-expect-error the model takes data
meanField(model, []);
// @ts-expect-error a rank is needed
lowRank(model, [y], {});

const other = gen(function* (_: Tensor) {
  yield* sample("tau", normal(0, 1));
});
// @ts-expect-error a guide of another model
elbo(model, meanField(other, [y]).guide);
