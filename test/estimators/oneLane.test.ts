// A strategy may run a single alternative in a lane of its own: the axis of one lane is contracted like any other.
import * as tf from "@tensorflow/tfjs-core";
import { flip, normal, objective, reparam, type Strategy, sample, withStrategy } from "elbow";
import { expect, test } from "vitest";
import { reinforceStrategy } from "../../src/strategies/reinforce.js";

const single = reinforceStrategy({});
/** The score function with its only draw in a lane. */
const inOneLane: Strategy = {
  ...single,
  name: "inOneLane",
  draw: (site) => {
    const { value, keep } = single.draw(site);
    const lane = (x: tf.Tensor) => tf.expandDims(x, 0);
    return {
      value: lane(value),
      lanes: 1,
      keep: Object.fromEntries(Object.entries(keep).map(([name, each]) => [name, lane(each)])),
    };
  },
  contract: (contraction) => {
    const { estimate, ...rest } = single.contract!(contraction);
    return { ...rest, estimate: tf.squeeze(estimate, [0]) };
  },
};

test("one lane, alone and in a chain: the gradient is the exact one", async () => {
  const L = objective(function* ({ p }: { p: tf.Tensor }) {
    const b = yield* sample("b", withStrategy(flip(p), inOneLane));
    const x = yield* sample("x", reparam(normal(b, 1)));
    const c = yield* sample("c", withStrategy(flip(tf.sigmoid(x)), inOneLane));
    return tf.add(tf.square(tf.sub(x, 0.5)), tf.mul(b, c));
  });
  const draws = 200_000;
  const { p } = await L.gradEstimate({ seed: 1, draws }, { p: tf.scalar(0.3) });
  // E (x − ½)² is the same for both values; E [b·c] = p·E σ(1 + n), by quadrature
  let truth = 0;
  for (let i = -800; i <= 800; i++) {
    const n = i / 100;
    truth += (Math.exp((-n * n) / 2) / Math.sqrt(2 * Math.PI) / (1 + Math.exp(-1 - n))) * 0.01;
  }
  // the standard deviation of one draw is below 5
  expect(Math.abs(p.dataSync()[0]! - truth)).toBeLessThan((5 * 5) / Math.sqrt(draws));
});
