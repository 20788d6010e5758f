// All flows as guides for a banana-shaped density.
import "@tensorflow/tfjs-backend-cpu";
import { bijectors } from "elbow";
import { describe, expect, it } from "vitest";
import { fitted } from "./banana.js";

const { coupling, initAutoregressive, initCoupling, initPlanar, inverseAutoregressive, maskedAutoregressive } =
  bijectors;
const { permute, pipe, planar, splineTransformer } = bijectors;
const hidden = [16];
const spline = splineTransformer({ bins: 6, bound: 4 });

describe("a banana is learnt by", () => {
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
    expect(await fitted(layers, (all) => pipe(...all.map(planar)), 4000)).toBeGreaterThan(-0.3);
  });
  it("but not with the elements the wrong way round", async () => {
    const layers = { a: initAutoregressive(1, 2, { hidden }) };
    const flow = ({ a }: typeof layers) => pipe(maskedAutoregressive(a), permute([1, 0]));
    expect(await fitted(layers, flow, 4000)).toBeLessThan(-0.2);
  });
});
