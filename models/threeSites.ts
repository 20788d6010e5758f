// Three sites, every estimator: x ~ N(θ, 1), b ~ flip(σ(x)), y ~ N(b ? 2 : −1, 1), L(θ) = E y².
// L = 2 + 3·E σ(x), so value and derivatives are known by quadrature.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Distribution,
  enumerate,
  flip,
  measureValued,
  normal,
  objective as objectiveOf,
  reinforce,
  reparam,
  sample,
} from "elbow";
import { type Check, runAlone } from "./support/gallery.js";

type Way<D> = (distribution: D) => Distribution<Tensor, never>;
type Normal = ReturnType<typeof normal>;
type Flip = ReturnType<typeof flip>;

/** The objective with a gradient strategy for each site. */
export const threeSites = (onX: Way<Normal>, onB: Way<Flip>, onY: Way<Normal>) =>
  objectiveOf(function* ({ theta }: { theta: Tensor }) {
    const x = yield* sample("x", onX(normal(theta, 1)));
    const b = yield* sample("b", onB(flip(tf.sigmoid(x))));
    const y = yield* sample("y", onY(normal(b.mul(3).sub(1), 1)));
    return y.square();
  });

const onX: Record<string, Way<Normal>> = {
  reparam: (d) => reparam(d),
  reinforce: (d) => reinforce(d),
  measureValued: (d) => measureValued(d),
};
const onB: Record<string, Way<Flip>> = {
  enumerate: (d) => enumerate(d),
  reinforce: (d) => reinforce(d, { baseline: 2.5 }),
  measureValued: (d) => measureValued(d),
};
const onY: Record<string, Way<Normal>> = { reparam: (d) => reparam(d), reinforce: (d) => reinforce(d) };

/** For `elbow fit`, `explain` and `check`: the way with least variance. */
export const objective = threeSites(onX.reparam!, onB.enumerate!, onY.reparam!);

export const truth = { value: 3.68512, derivative: 0.611504 };
export const parameters = { theta: tf.scalar(0.3) };

await runAlone(import.meta.url, "threeSites", async () => {
  const checks: Check[] = [];
  const draws = 20_000;
  for (const [x, wayX] of Object.entries(onX))
    for (const [b, wayB] of Object.entries(onB))
      for (const [y, wayY] of Object.entries(onY)) {
        const way = threeSites(wayX, wayB, wayY);
        // batches of estimates give the mean and its standard error
        const batches = await Promise.all(
          Array.from({ length: 20 }, async (_, seed) => {
            const { gradient } = await way.valueAndGradEstimate({ seed, draws: draws / 20 }, parameters);
            return gradient.theta.dataSync()[0]!;
          }),
        );
        const mean = batches.reduce((sum, each) => sum + each, 0) / batches.length;
        const variance = batches.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (batches.length - 1);
        const tolerance = Number((5 * Math.sqrt(variance / batches.length)).toPrecision(2));
        checks.push({ name: `dL/dθ: ${x} · ${b} · ${y}`, value: mean, truth: truth.derivative, tolerance });
      }
  return { checks, text: `${draws} draws per estimator; the tolerance is five standard errors` };
});
