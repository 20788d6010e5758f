// Types of objectives: data from the model, parameters from the guide, addresses that must fit.
import type { Tensor } from "@tensorflow/tfjs-core";
import {
  betaElbo,
  flip,
  gen,
  hvi,
  logVariance,
  mapEstimate,
  mle,
  normal,
  type Objective,
  observe,
  pWake,
  qWake,
  renyi,
  rws,
  sample,
  sleep,
  trajectoryBalance,
} from "elbow";
import { expectTypeOf } from "vitest";

type Q = { loc: Tensor };
const model = gen(function* (y: Tensor) {
  const z = yield* sample("z", normal(0, 1));
  yield* observe("y", normal(z, 1), y);
});
const guide = gen(function* (q: Q, _y: Tensor) {
  yield* sample("z", normal(q.loc, 1));
});
const withAuxiliary = gen(function* (q: Q, _y: Tensor) {
  const u = yield* sample("u", flip(0.5));
  yield* sample("z", normal(u.mul(q.loc), 1));
});
const other = gen(function* (q: Q, _y: Tensor) {
  yield* sample("w", normal(q.loc, 1));
});
const posterior = gen(function* () {
  yield* sample("z", normal(0, 1));
});

expectTypeOf(renyi(model, guide, { alpha: 0.5 })).toEqualTypeOf<Objective<Q, [y: Tensor]>>();
// @ts-expect-error: the guide does not sample z
renyi(model, other, { alpha: 0.5 });
// @ts-expect-error: alpha is needed
renyi(model, guide, {});

// what the choices are drawn from may take the data or not
qWake(model, guide, { posterior: () => posterior() });
qWake(model, guide, { posterior: (y: Tensor) => guide({ loc: y }, y) });
logVariance(model, guide, { reference: () => posterior() });

expectTypeOf(trajectoryBalance(model, guide)).toEqualTypeOf<Objective<{ logZ: Tensor; guide: Q }, [y: Tensor]>>();
expectTypeOf(mapEstimate(model)).toExtend<Objective<{ readonly z: Tensor }, [y: Tensor]>>();
betaElbo(model, guide, { divergence: (q) => q.loc.square().mul(0.5) });

hvi(model, withAuxiliary, { keep: "z" });
// @ts-expect-error: the model does not have u
hvi(model, withAuxiliary, { keep: ["z", "u"] });
// @ts-expect-error: the guide does not have w
hvi(model, withAuxiliary, { keep: "w" });

type P = { mean: Tensor };
const trained = gen(function* (p: P, y: Tensor) {
  const z = yield* sample("z", normal(p.mean, 1));
  yield* observe("y", normal(z, 1), y);
});
const dreaming = gen(function* (p: P) {
  const z = yield* sample("z", normal(p.mean, 1));
  yield* sample("y", normal(z, 1));
});
const ofData = gen(function* (y: Tensor) {
  yield* sample("z", normal(y, 1));
});
expectTypeOf(pWake(trained, ofData)).toEqualTypeOf<Objective<P, [y: Tensor]>>();
expectTypeOf(mle(trained)).toEqualTypeOf<Objective<P, [y: Tensor]>>();
expectTypeOf(sleep(dreaming, guide, { observed: "y" })).toEqualTypeOf<Objective<Q, [p: P]>>();
// @ts-expect-error: the model has no such address
sleep(dreaming, guide, { observed: "x" });
expectTypeOf(rws(trained, guide, { sleep: sleep(dreaming, guide, { observed: "y" }) })).toEqualTypeOf<
  Objective<{ model: P; guide: Q }, [y: Tensor]>
>();
