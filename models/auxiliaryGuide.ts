// Guides with choices that the model does not have. The posterior of x ~ N(0, 1), y ~ N(x², 0.4), y = 1 has two modes; a coin
// that picks a mode, and then x, describes both. The coin must go: summed out exactly, or weighed against a reverse guess
// r(coin | x) that is learned too (auxiliary variables; hierarchical variational models). Guessed blindly, nothing is won.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Algorithm,
  adam,
  elbo,
  exactEnumeration,
  fit,
  flip,
  gen,
  importanceSampling,
  marginal,
  normal,
  observe,
  piecewise,
  sample,
  splice,
  where,
} from "elbow";
import { type Check, runAlone } from "./support/gallery.js";

export const model = gen(function* twoModes() {
  const x = yield* sample("x", normal(0, 1));
  yield* observe("y", normal(tf.square(x), 0.4), 1);
});

/** Logit of the coin, where x is for tails and heads, and the reverse guess: a logit that is linear in x. */
export const parameters = {
  coin: tf.scalar(0),
  tails: { loc: tf.scalar(-0.7), logScale: tf.scalar(-1.5) },
  heads: { loc: tf.scalar(0.7), logScale: tf.scalar(-1.5) },
  reverse: { bias: tf.scalar(0), slope: tf.scalar(0) },
};
type Q = typeof parameters;

const pair = gen(function* ({ coin, tails, heads }: Q) {
  const isHeads = tf.equal(yield* sample("coin", flip(tf.sigmoid(coin))), 1);
  const loc = where(isHeads, heads.loc, tails.loc);
  yield* sample("x", normal(loc, tf.exp(where(isHeads, heads.logScale, tails.logScale))));
});

/** The guide of x alone, its coin summed out in some way. */
const guideBy = (algorithm: (q: Q) => Algorithm) =>
  gen(function* (q: Q) {
    yield* splice(marginal(pair(q), { keep: "x", algorithm: algorithm(q) }));
  });

const reverse = gen(function* ({ bias, slope }: Q["reverse"], x: Tensor) {
  yield* sample("coin", flip(tf.sigmoid(tf.add(bias, tf.mul(slope, x)))));
});

export const guide = guideBy(() => exactEnumeration());
const auxiliary = guideBy((q) => importanceSampling({ proposal: ({ x }: { x: Tensor }) => reverse(q.reverse, x) }));
const blind = guideBy(() => importanceSampling());

export const objective = elbo(model, guide);

/** The reverse guess is in one of the guides alone. */
const options = { unused: "keep" } as const;

export { options as fit };

/** By quadrature over x, and numerical optimisation of the sums. */
export const truth = {
  logEvidence: -1.256298,
  /** Of one normal, which covers one mode; a blind guess gives away just what the second one wins. */
  normal: -2.008189,
  mixture: -1.315239,
};

await runAlone(import.meta.url, "auxiliaryGuide", async (isQuiet) => {
  const checks: Check[] = [];
  const lines: string[] = [];
  for (const [name, L, known] of [
    ["the coin summed out", objective, truth.mixture],
    ["a learned reverse guess", elbo(model, auxiliary), truth.mixture],
    ["a blind guess", elbo(model, blind), truth.normal],
  ] as const) {
    const optimizer = adam({ learningRate: piecewise({ boundaries: [2000], rates: [0.03, 0.003] }) });
    const result = await fit(L, {
      parameters,
      seed: 0,
      steps: 3000,
      draws: 16,
      optimizer,
      progress: !isQuiet,
      ...options,
    });
    const bound = await L.estimate({ seed: 1, draws: 50_000 }, result.parameters);
    checks.push({ name: `ELBO, ${name}`, value: bound.dataSync()[0]!, truth: known, tolerance: 0.02 });
    lines.push(`${name}: ${result.stepsPerSecond.toFixed(0)} steps/s on ${result.engine}`);
  }
  return { checks, text: lines.join("\n") };
});
