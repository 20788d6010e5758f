// Every estimator of the number of objects has the gradient of its enumeration: in small networks, draw by draw.
import * as tf from "@tensorflow/tfjs-core";
import { explain, objective, type Strategy, stopGradient, straightThrough, withStrategies, withStrategy } from "elbow";
import { expect, it } from "vitest";
import { bound, type Estimator, makeNetwork, type Network } from "../../models/air.js";
import { canvasSide, makeCanvases } from "../../models/support/canvases.js";
import { pixels } from "../../models/support/digits.js";

const stroke = Float32Array.from({ length: pixels }, (_, i) => (i % 28 > 10 && i % 28 < 18 ? 1 : 0));
const images = tf.tensor2d(makeCanvases({ images: stroke, labels: [1] }, 3, 2).images, [3, canvasSide ** 2]);
const { image, ...rest } = makeNetwork({ lstm: 4, hidden: 4, what: 2, window: 4 }, 0, { hasBaseline: true });
/** The bound of what is not the layer that sees the canvas, which has 40,000 weights. */
const boundOf = (estimator: Estimator | undefined, particles: number) =>
  objective(function* (few: Omit<Network, "image">, x: tf.Tensor) {
    return yield* bound(estimator, particles).body({ ...few, image } as Network, x);
  });

/** The largest |z| among the elements of the mean difference to enumeration, where both have the same noise. */
async function deviation(of: ReturnType<typeof boundOf>, particles: number): Promise<number> {
  const exact = boundOf("enumerate", particles);
  const repeats = 40;
  let sums: Float64Array | undefined;
  let squares: Float64Array | undefined;
  for (let seed = 0; seed < repeats; seed++) {
    const at = { seed, draws: 100 };
    const [mine, truth] = await Promise.all([of, exact].map((each) => each.gradEstimate(at, rest, images)));
    const flat = (gradient: typeof rest) =>
      [gradient.predict, ...gradient.encoder, ...gradient.decoder].flatMap(({ weights, bias }) => [
        ...weights.dataSync(),
        ...bias.dataSync(),
      ]);
    const others = flat(truth!);
    const differences = flat(mine!).map((x, i) => x - others[i]!);
    sums ??= new Float64Array(differences.length);
    squares ??= new Float64Array(differences.length);
    differences.forEach((x, i) => {
      sums![i]! += x;
      squares![i]! += x * x;
    });
  }
  return Math.max(
    ...Array.from(sums!, (sum, i) => {
      const mean = sum / repeats;
      const variance = squares![i]! / repeats - mean ** 2;
      // where both are the same the difference is rounding
      return Math.abs(mean) < 1e-4 ? 0 : Math.abs(mean) / Math.sqrt(variance / (repeats - 1));
    }),
  );
}

it.each([
  ["measureValued", 1],
  ["measureValued", 2],
  ["hybrid", 1],
  ["reinforce", 1],
  ["decayingMean", 1],
  ["leaveOneOut", 1],
  ["leaveOneOut", 2],
  ["learned", 1],
] as const)("%s with %d particle(s) is as enumeration on average", async (name, particles) =>
  expect(await deviation(boundOf(name, particles), particles)).toBeLessThan(5),
);

/** Leaves out how the chances of the values move with their parameters. */
const frozen: Strategy = {
  name: "frozen",
  isUnbiased: false,
  isPathwise: false,
  maximumOrder: 1,
  objection: () => undefined,
  draw: ({ family, parameters, key, batch }) => ({
    value: stopGradient(family.draw(parameters, key, batch)),
    keep: {},
  }),
  contract: ({ cost }) => ({ estimate: cost }),
};

it("a biased estimator is found out, and a pathwise one is refused", async () => {
  const biased = withStrategies(boundOf("enumerate", 1), { count: (d) => withStrategy(d, frozen) });
  expect(await deviation(biased, 1)).toBeGreaterThan(5);
  const pathwise = withStrategies(boundOf("enumerate", 1), { count: straightThrough });
  await expect(pathwise.estimate(0, rest, images)).rejects.toThrow(/discontinuity/);
});

it("costs stay apart by canvas: four lanes for 64 of them, and the networks have none", () => {
  const canvases = tf.zeros([64, canvasSide ** 2]);
  const { sites, stages } = explain(boundOf("enumerate", 1), rest, canvases);
  expect(sites.find(({ address }) => address === "count")!.lanes).toBe(4);
  const plain = explain(boundOf(undefined, 1), rest, canvases);
  const products = (of: typeof stages) => of.at(-1)!.multiplyAdds;
  expect(products(stages) / products(plain.stages)).toBeLessThan(1.05);
});
