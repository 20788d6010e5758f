// The noisy cone of genjax.vi (PLDI 2024, table 4): x, y ~ N(0, 10), r = x² + y², z ~ N(r, 0.1 + r/100), z = 5 observed.
// The posterior is a ring; a factorised guide sits on one side of it.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { gen, normal, observe, sample } from "elbow";

export const model = gen(function* cone() {
  const x = yield* sample("x", normal(0, 10));
  const y = yield* sample("y", normal(0, 10));
  const r = x.square().add(y.square());
  yield* observe("z", normal(r, r.div(100).add(0.1)), 5);
});

export const parameters = { x: { loc: tf.scalar(3), logScale: tf.scalar(0) }, y: { loc: tf.scalar(0), logScale: tf.scalar(1) } };

export const guide = gen(function* naive({ x, y }: { x: { loc: Tensor; logScale: Tensor }; y: { loc: Tensor; logScale: Tensor } }) {
  yield* sample("x", normal(x.loc, tf.exp(x.logScale)));
  yield* sample("y", normal(y.loc, tf.exp(y.logScale)));
});
