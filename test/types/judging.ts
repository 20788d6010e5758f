// Types of what explains and judges estimators: checked by the compiler, never run.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  checkUnbiased,
  compareEstimators,
  enumerate,
  exactExpectation,
  explain,
  flip,
  gumbelSoftmax,
  objective,
  reinforce,
  sample,
  withStrategies,
} from "elbow";

const L = objective(function* (p: { x: Tensor }, _data: number) {
  return tf.square(yield* sample("b", flip(p.x)));
});
const at = { x: tf.scalar(0.5) };

// right uses
explain(L, at, 3).sites[0]?.strategy satisfies string | undefined;
exactExpectation(L, at, [3]).value satisfies number;
void checkUnbiased(L, at, [3], { truth: { value: 1, gradient: { x: 2 } } });
void checkUnbiased(withStrategies(L, { b: enumerate }), at, [3]);
void compareEstimators(L, at, [3], { b: [enumerate, reinforce, (d) => gumbelSoftmax(d, { temperature: 1 })] });
void compareEstimators(L, at, [3], { b: { pairs: (d) => reinforce(d, { copies: 2 }) } });
void compareEstimators(L, at, [3], { one: L, other: withStrategies(L, { b: enumerate }) });

// @ts-expect-error the objective takes a number as data
explain(L, at, "three");
// @ts-expect-error the parameters have an x
explain(L, {}, 3);
// @ts-expect-error the data come as a tuple
void checkUnbiased(L, at, 3);
// @ts-expect-error what chooses a strategy is a function of a distribution
withStrategies(L, { b: "enumerate" });
// @ts-expect-error and returns a distribution
withStrategies(L, { b: () => 3 });
// @ts-expect-error a list of strategies, not one
void compareEstimators(L, at, [3], { b: enumerate });
