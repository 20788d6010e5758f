// Attend–Infer–Repeat at batch 64: a step with every estimator of the number of objects, in turns, against the same
// networks and optimizer without a discrete choice. Run: npx tsx bench/airEstimators.ts [repeats] [names, by commas];
// "first" as an argument gives the first step in a fresh process instead, with what compiles it.
import * as tf from "@tensorflow/tfjs-core";
import { adam, fit } from "elbow";
import { bound, type Estimator, estimators, makeNetwork, reweighted, sizes } from "../models/air.js";
import { canvasSide, makeCanvases } from "../models/support/canvases.js";
import { loadDigits } from "../models/support/digits.js";

process.env.ELBOW_FMA ??= "1";
const [argument = "5", only] = process.argv.slice(2);
const { train } = await loadDigits();
const data: [tf.Tensor] = [tf.tensor2d(makeCanvases(train, 64, 0).images, [64, canvasSide ** 2])];
// the baseline is for one of the estimators
const parameters = makeNetwork(sizes.full, 0, { hasBaseline: true });
const unused = "keep";
const optimizer = adam({ learningRate: 1e-4 });

if (argument === "first") {
  const started = performance.now();
  const { compileMs } = await fit(bound("enumerate"), { parameters, data, optimizer, steps: 1, unused });
  console.log(`first step ${(performance.now() - started).toFixed(0)} ms, of it compiling ${compileMs.toFixed(0)} ms`);
} else {
  const names = Object.keys(estimators) as Estimator[];
  const row = (name: string, count: number, of: ReturnType<typeof bound>) => ({
    name,
    count,
    of,
    times: [] as number[],
  });
  const plainName = "no discrete choice";
  const rows = [
    ...[1, 2].flatMap((count) => [
      row(plainName, count, bound(undefined, count)),
      ...names.map((name) => row(name, count, bound(name, count))),
    ]),
    row(plainName, 10, bound(undefined, 10)),
    row("reweighted, wake", 10, reweighted(10)),
    row("reweighted, sleep", 10, reweighted(10, "sleep")),
  ].filter(({ name }) => name === plainName || !only || only.split(",").some((each) => name.startsWith(each)));
  const steps = 10;
  for (let repeat = 0; repeat < Number(argument); repeat++)
    for (const { of, times } of rows) {
      const { seconds, compileMs } = await fit(of, { parameters, data, optimizer, steps, unused });
      times.push((1000 * seconds - compileMs) / steps);
    }
  for (const { name, count, times } of rows) {
    const least = Math.min(...times);
    const plain = Math.min(...rows.find((each) => each.name === plainName && each.count === count)!.times);
    console.log(`${count} particle(s)  ${name.padEnd(20)} ${least.toFixed(1)} ms  ${(least / plain).toFixed(2)}×`);
  }
}
