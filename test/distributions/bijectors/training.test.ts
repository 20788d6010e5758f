// Flows as guides: a banana-shaped density, which no normal guide fits.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { adam, bijectors, cosineDecay, elbo, fit, gen, independent, normal, sample, transformed } from "elbow";
import { describe, expect, it } from "vitest";
import type { Bijector } from "../../../src/distributions/bijectors/bijector.js";

const { coupling, initAutoregressive, initCoupling, initPlanar, inverseAutoregressive, maskedAutoregressive } =
  bijectors;
const { permute, pipe, planar, splineTransformer, affine } = bijectors;

/** x₁ ~ N(0, 1), x₂ ~ N(x₁², ¼), as one vector: the log density is normalised, so that the ELBO is −KL(q‖p). */
const banana = gen(function* () {
  yield* sample(
    "x",
    transformed(
      independent(normal([0, 0], 1)),
      coupling(
        {},
        { conditioner: (_, x) => tf.concat([tf.square(x), tf.fill(x.shape, 3 * Math.atanh(Math.log(0.5) / 3))], -1) },
      ),
    ),
  );
});

type Flow = Bijector<"real", "real", false>;

/** The last ELBO of a fit: minus the divergence from the banana. */
async function fitted<P extends object>(parameters: P, flow: (parameters: P) => Flow, steps: number): Promise<number> {
  const guide = gen(function* (q: object) {
    yield* sample("x", transformed(independent(normal([0, 0], 1)), flow(q as P)));
  });
  const result = await fit(elbo(banana, guide), {
    parameters: parameters as object,
    steps,
    draws: 16,
    optimizer: adam({ learningRate: cosineDecay({ initial: 0.03, steps }) }),
    seed: 1,
  });
  return result.objective;
}

const hidden = [16];
const spline = splineTransformer({ bins: 6, bound: 4 });

describe("flows learn a banana", () => {
  let plain = 0;
  it("which an affine guide cannot", async () => {
    plain = await fitted({ loc: tf.zeros([2]), scale: tf.ones([2]) }, ({ loc, scale }) => affine(loc, scale), 4000);
    expect(plain).toBeLessThan(-0.5);
  });
  it("coupling", async () => {
    const layers = { a: initCoupling(1, 2, { hidden }), b: initCoupling(2, 2, { hidden }) };
    const objective = await fitted(layers, ({ a, b }) => pipe(coupling(a, { reverse: true }), coupling(b)), 4000);
    expect(objective).toBeGreaterThan(-0.1);
  });
  it("coupling of splines", async () => {
    const layers = {
      a: initCoupling(1, 2, { hidden, transformer: spline }),
      b: initCoupling(2, 2, { hidden }),
    };
    const flow = ({ a, b }: typeof layers) => pipe(coupling(a, { transformer: spline, reverse: true }), coupling(b));
    expect(await fitted(layers, flow, 4000)).toBeGreaterThan(-0.1);
  });
  it("maskedAutoregressive", async () => {
    const layers = { a: initAutoregressive(1, 2, { hidden }) };
    expect(await fitted(layers, ({ a }) => maskedAutoregressive(a), 4000)).toBeGreaterThan(-0.1);
  });
  it("inverseAutoregressive", async () => {
    const layers = { a: initAutoregressive(1, 2, { hidden }) };
    expect(await fitted(layers, ({ a }) => inverseAutoregressive(a), 4000)).toBeGreaterThan(-0.1);
  });
  it("planar, in part", async () => {
    const layers = [1, 2, 3, 4].map((seed) => initPlanar(seed, 2));
    expect(await fitted(layers, (all) => pipe(...all.map(planar)), 4000)).toBeGreaterThan(plain / 2);
  });
  it("but not with the elements the wrong way round", async () => {
    const layers = { a: initAutoregressive(1, 2, { hidden }) };
    const flow = ({ a }: typeof layers) => pipe(maskedAutoregressive(a), permute([1, 0]));
    expect(await fitted(layers, flow, 4000)).toBeLessThan(-0.2);
  });
});
