// What the compiler knows of computations side by side, of rows, and of the options of objectives.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  addCost,
  average,
  type ChoicesOf,
  elbo,
  expOfEstimate,
  flip,
  gen,
  iwelbo,
  leaveOneOut,
  minibatch,
  minibatchObjective,
  normal,
  type Objective,
  objective,
  productOfEstimates,
  type Real,
  replicate,
  run,
  sample,
} from "elbow";
import { expectTypeOf } from "vitest";

const draw = function* () {
  return yield* sample("b", flip(0.5));
};

expectTypeOf(run(0, replicate(3, draw))).toEqualTypeOf<Tensor>();
expectTypeOf(
  run(
    0,
    average(3, function* () {
      yield* addCost(0);
      return { b: yield* draw(), pair: [tf.scalar(0), tf.scalar(1)] as const };
    }),
  ),
).toEqualTypeOf<{ readonly b: Tensor; readonly pair: readonly [Tensor, Tensor] }>();
expectTypeOf(run(0, leaveOneOut(3, draw))).toEqualTypeOf<Tensor>();
expectTypeOf(run(0, productOfEstimates(3, draw))).toEqualTypeOf<Tensor>();
expectTypeOf(run(0, productOfEstimates([draw, draw]))).toEqualTypeOf<Tensor>();
expectTypeOf(run(0, expOfEstimate(draw, { copies: 8, center: 0 }))).toEqualTypeOf<Tensor>();
expectTypeOf(run(0, minibatch({ x: tf.zeros([4, 2]), y: tf.zeros([4]) }, 2)).rows).toEqualTypeOf<{
  readonly x: Tensor;
  readonly y: Tensor;
}>();

const list = function* () {
  return [yield* draw()];
};
const number = function* () {
  yield* draw();
  return 3;
};
// @ts-expect-error: a baseline needs one tensor per run
run(0, leaveOneOut(3, list));
// @ts-expect-error: runs return tensors
run(0, average(3, number));

// random choices inside are seen by no program around them
const program = gen(function* () {
  yield* sample("a", normal(0, 1));
  yield* average(3, draw);
});
expectTypeOf<ChoicesOf<typeof program>>().toEqualTypeOf<{ readonly a: Real }>();

const model = gen(function* (_y: Tensor) {
  yield* sample("a", normal(0, 1));
});
const guide = gen(function* (q: { m: Tensor }, _y: Tensor) {
  yield* sample("a", normal(q.m, 1));
});
expectTypeOf(elbo(model, guide, { gradient: "stickingTheLanding" })).toEqualTypeOf<
  Objective<{ m: Tensor }, [_y: Tensor]>
>();
expectTypeOf(iwelbo(model, guide, 3, { score: "vimco" })).toEqualTypeOf<Objective<{ m: Tensor }, [_y: Tensor]>>();
// @ts-expect-error: the elbo has no doubly reparameterized gradient
elbo(model, guide, { gradient: "dreg" });
// @ts-expect-error: no such control
iwelbo(model, guide, 3, { score: "reinforce" });

expectTypeOf(
  minibatchObjective(100, function* (q: { m: Tensor }, { rows: [y], sum }) {
    expectTypeOf(y).toEqualTypeOf<Tensor>();
    return sum(y.sub(q.m));
  }),
).toEqualTypeOf<Objective<{ m: Tensor }, [Tensor]>>();
expectTypeOf(
  objective(function* (q: { m: Tensor }) {
    return yield* average(3, () => sample("x", normal(q.m, 1)));
  }),
).toEqualTypeOf<Objective<{ m: Tensor }, []>>();
