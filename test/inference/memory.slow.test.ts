import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { elbo, engineByName, enumerate, fit, flip, gen, normal, objective, observe, reinforce, sample } from "elbow";
import { expect, it } from "vitest";
import { listEngines } from "../../src/runtime/engines.js";

/** Each operation of each step is a dispatch on tfjs' webgpu backend, and a software driver takes its time for them. */
const stepsOn = (engine: string): number => (engine === "tfjs:webgpu" ? 500 : 10_000);
const model = gen(function* (y: Tensor) {
  const mu = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});
const guide = gen(function* ({ loc }: { loc: Tensor }) {
  yield* sample("mu", normal(loc, 0.7));
});
const discrete = objective(function* ({ logit }: { logit: Tensor }) {
  const a = yield* sample("a", enumerate(flip(tf.sigmoid(logit))));
  const b = yield* sample("b", reinforce(flip(tf.sigmoid(logit.add(a))), { baseline: { decay: 0.9 } }));
  return a.sub(b).square();
});

const engines = (await listEngines())
  .filter(({ name, isInstalled }) => isInstalled === true && name !== "tfjs")
  .map(({ name }) => name);

for (const name of engines) {
  const steps = stepsOn(name);
  const reportEvery = steps / 10;
  it(`${steps} steps of fit leave no tensor behind on ${name}`, async () => {
    const engine = await engineByName(name);
    const parameters = { loc: tf.scalar(0) };
    const data: [Tensor] = [tf.scalar(1)];
    const counts: number[] = [];
    const onReport = () => counts.push(tf.memory().numTensors);
    const before = tf.memory().numTensors;
    const { parameters: found } = await fit(elbo(model, guide), {
      parameters,
      data,
      steps,
      engine,
      reportEvery,
      onReport,
    });
    // only the returned parameters, and what the engine keeps for the compiled programs
    expect(new Set(counts.slice(1)).size).toBe(1);
    tf.dispose(found);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
    counts.length = 0;
    await fit(discrete, { parameters: { logit: tf.scalar(0) }, steps, engine, reportEvery, onReport });
    expect(new Set(counts.slice(1)).size).toBe(1);
  });
}
