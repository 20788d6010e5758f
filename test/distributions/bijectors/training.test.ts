// Flows as guides: a banana-shaped density, which no affine guide fits.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { bijectors } from "elbow";
import { describe, expect, it } from "vitest";
import { fitted } from "./banana.js";

const { affine, coupling, initCoupling, pipe } = bijectors;
const hidden = [16];

describe("a banana is learnt", () => {
  it("not by an affine guide", async () => {
    const plain = await fitted(
      { loc: tf.zeros([2]), scale: tf.ones([2]) },
      ({ loc, scale }) => affine(loc, scale),
      4000,
    );
    expect(plain).toBeLessThan(-0.5);
  });
  it("by coupling layers", async () => {
    const layers = { a: initCoupling(1, 2, { hidden }), b: initCoupling(2, 2, { hidden }) };
    const objective = await fitted(layers, ({ a, b }) => pipe(coupling(a, { reverse: true }), coupling(b)), 4000);
    expect(objective).toBeGreaterThan(-0.1);
  });
});
