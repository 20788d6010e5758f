// Reweighted wake–sleep on canvases: what its gradient must be on average, in small networks; and that it learns.
import * as tf from "@tensorflow/tfjs-core";
import { adam, fit, type Objective, objective } from "elbow";
import { describe, expect, it } from "vitest";
import { bound, makeNetwork, type Network, reweighted } from "../../models/air.js";
import { canvasPixels, makeCanvases } from "../../models/support/canvases.js";
import { pixels } from "../../models/support/digits.js";

const stroke = Float32Array.from({ length: pixels }, (_, i) => (i % 28 > 10 && i % 28 < 18 ? 1 : 0));
const digits = { images: stroke, labels: [1] };
const canvasesOf = (count: number, seed: number) =>
  tf.tensor2d(makeCanvases(digits, count, seed).images, [count, canvasPixels]);
const images = canvasesOf(2, 2);
const tiny = { lstm: 4, hidden: 4, what: 2, window: 4 };
const { image, ...few } = makeNetwork(tiny);
type Few = typeof few;
/** An objective of what is not the layer that sees the canvas, which has 40,000 weights. */
const small = (of: Objective<Network, [tf.Tensor]>): Objective<Few, [tf.Tensor]> =>
  objective(function* (rest: Few, x: tf.Tensor) {
    return yield* of.body({ ...rest, image }, x);
  });

type Part = (gradient: Few) => readonly { readonly weights: tf.Tensor; readonly bias: tf.Tensor }[];
const decoder: Part = (gradient) => gradient.decoder;
const guide: Part = (gradient) => [gradient.predict, ...gradient.encoder];

/** Mean gradients of a part of the network, from repeats of 100 draws each, with their standard errors. */
async function moments(of: Objective<Network, [tf.Tensor]>, part: Part, x = images, firstSeed = 0, repeats = 20) {
  const samples: number[][] = [];
  const one = small(of);
  for (let seed = firstSeed; seed < firstSeed + repeats; seed++) {
    const gradient = await one.gradEstimate({ seed, draws: 100 }, few, x);
    samples.push(part(gradient).flatMap(({ weights, bias }) => [...weights.dataSync(), ...bias.dataSync()]));
  }
  const mean = samples[0]!.map((_, i) => samples.reduce((sum, each) => sum + each[i]!, 0) / repeats);
  const variance = mean.map(
    (m, i) => samples.reduce((sum, each) => sum + (each[i]! - m) ** 2, 0) / (repeats - 1) / repeats,
  );
  return { mean, variance };
}
type Moments = Awaited<ReturnType<typeof moments>>;
/** The largest |z| of a difference; equal numbers differ by rounding alone. */
const deviation = (a: Moments, b: Moments): number =>
  Math.max(
    ...a.mean.map((x, i) => {
      const difference = Math.abs(x - b.mean[i]!);
      return difference < 1e-4 ? 0 : difference / Math.sqrt(a.variance[i]! + b.variance[i]!);
    }),
  );
const zero = ({ mean }: Moments): Moments => ({ mean: mean.map(() => 0), variance: mean.map(() => 0) });

describe("gradients", () => {
  it("the decoder learns from the importance-weighted bound, in either phase of the guide", async () => {
    const truth = await moments(bound("enumerate", 3), decoder, images, 100);
    for (const phase of ["wake", "sleep"] as const)
      expect(deviation(await moments(reweighted(3, phase), decoder), truth), phase).toBeLessThan(5);
    // the bound of one particle is another one
    expect(deviation(await moments(bound("enumerate"), decoder), truth)).toBeGreaterThan(5);
  });

  it("a single particle tells the guide nothing: scores have mean zero", async () => {
    const alone = await moments(reweighted(1), guide);
    expect(deviation(alone, zero(alone))).toBeLessThan(5);
    const several = await moments(reweighted(3), guide);
    expect(deviation(several, zero(several))).toBeGreaterThan(5);
  });

  it("every canvas has weights of its own: two of them teach what they teach one by one", async () => {
    const together = await moments(reweighted(3), guide);
    const [first, second] = [
      await moments(reweighted(3), guide, images.slice([0, 0], [1, canvasPixels]), 200),
      await moments(reweighted(3), guide, images.slice([1, 0], [1, canvasPixels]), 300),
    ];
    const apart = {
      mean: first.mean.map((x, i) => (x + second.mean[i]!) / 2),
      variance: first.variance.map((x, i) => (x + second.variance[i]!) / 4),
    };
    expect(deviation(together, apart)).toBeLessThan(5);
    expect(deviation(together, first)).toBeGreaterThan(5);
  });

  it("dreams are the model's: what the canvases show does not matter to the guide's sleep phase", async () => {
    const [one, other] = [
      await moments(reweighted(2, "sleep"), guide),
      await moments(reweighted(2, "sleep"), guide, canvasesOf(2, 7), 100),
    ];
    expect(deviation(one, other)).toBeLessThan(5);
    expect(deviation(one, zero(one))).toBeGreaterThan(5);
  });
});

describe("learning", () => {
  it.each([
    ["hybrid", bound("hybrid"), 25],
    ["wake", reweighted(10), 25],
    ["sleep", reweighted(10, "sleep"), 10],
  ] as const)("%s: the bound on held-out canvases rises", async (_, of, gain) => {
    const parameters = makeNetwork({ lstm: 16, hidden: 16, what: 4, window: 8 });
    const heldOut = canvasesOf(64, 99);
    const judge = bound("reinforce", 10);
    const value = async (network: Network) => (await judge.estimate({ seed: 1 }, network, heldOut)).dataSync()[0]!;
    const result = await fit(of, {
      parameters,
      data: [canvasesOf(64, 5)],
      steps: 100,
      optimizer: adam({ learningRate: 3e-3 }),
    });
    expect((await value(result.parameters)) - (await value(parameters))).toBeGreaterThan(gain);
  });
});
