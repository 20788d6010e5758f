// Hierarchical guides: exact over the auxiliary coin, quadrature over z.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { diwhvi, flip, gen, hvi, iwhvi, normal, observe, reparam, sample } from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, zScore } from "../../support/estimates.js";
import { differences, overNormal, sigmoid, tuples } from "../../support/numbers.js";

const logNormal = (x: number, m: number, s: number) =>
  -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);

// u ~ flip(σ(logit)), z | u ~ N(±loc, 0.8); the posterior of z ~ N(0, 1), y = z² + noise has two sides
type Q = { logit: Tensor; loc: Tensor; reverse: Tensor };
const model = gen(function* () {
  const z = yield* sample("z", normal(0, 1));
  yield* observe("y", normal(z.square(), 1), 1);
});
const guide = gen(function* (q: Q) {
  const u = yield* sample("u", flip(tf.sigmoid(q.logit)));
  yield* sample("z", reparam(normal(u.mul(2).sub(1).mul(q.loc), 0.8)));
});
const reverse = gen(function* (q: Q, { z }: { z: Tensor }) {
  yield* sample("u", flip(tf.sigmoid(z.mul(q.reverse))));
});
const point = [0.25, 0.75, 0.5];
const at: Q = { logit: tf.scalar(0.25), loc: tf.scalar(0.75), reverse: tf.scalar(0.5) };

type Point = readonly number[];
const coin = (p: number, u: number) => (u ? p : 1 - p);
const logJoint = (z: number) => logNormal(z, 0, 1) + logNormal(1, z * z, 1);
const given = (z: number, u: number, loc: number) => Math.exp(logNormal(z, (2 * u - 1) * loc, 0.8));

/** E log p(x, z)/q̂_M(z), auxiliary values from the guide or from the reverse model. */
const bound =
  (inner: number, isReversed: boolean) =>
  ([logit, loc, slope]: Point): number => {
    const p = sigmoid(logit!);
    return [0, 1].reduce(
      (sum, own) =>
        sum +
        coin(p, own) *
          overNormal(
            (2 * own - 1) * loc!,
            0.8,
            (z) => {
              const r = isReversed ? sigmoid(z * slope!) : p;
              const weight = (u: number) => (coin(p, u) * given(z, u, loc!)) / coin(r, u);
              return tuples(inner - 1).reduce(
                (total, others) =>
                  total +
                  others.reduce((mass, u) => mass * coin(r, u), 1) *
                    (logJoint(z) - Math.log((weight(own) + others.reduce((all, u) => all + weight(u), 0)) / inner)),
                0,
              );
            },
            400,
          ),
      0,
    );
  };

type Reverse = (q: Q, kept: { z: Tensor }) => ReturnType<typeof reverse>;
const reversed = { reverse: ((q, kept) => reverse(q, kept)) as Reverse };

describe("hierarchical bounds", () => {
  it.each([
    ["hvi", hvi(model, guide, { keep: "z" }), 1, false],
    ["hvi, reverse model", hvi(model, guide, { keep: "z", ...reversed }), 1, true],
    ["iwhvi(2)", iwhvi(model, guide, { keep: "z", inner: 2 }), 2, false],
    ["iwhvi(3), reverse model", iwhvi(model, guide, { keep: ["z"], inner: 3, ...reversed }), 3, true],
    ["diwhvi(2, 1)", diwhvi(model, guide, { keep: "z", inner: 2 }), 2, false],
  ] as const)("%s is unbiased, value and gradient", (_, L, inner, isReversed) => {
    const exact = bound(inner, isReversed);
    const truth = [exact(point), ...differences(exact, point)];
    const found = estimateMoments(L, at, [], { draws: 20_000 }).flat();
    for (const [i, each] of found.entries()) expect(Math.abs(zScore(each, truth[i]!, 1e-6))).toBeLessThan(5);
  });

  it("a negative control: one value of u is not two", () => {
    const [[found]] = estimateMoments(hvi(model, guide, { keep: "z" }), at, [], { draws: 20_000 }) as [[never]];
    expect(Math.abs(zScore(found, bound(2, false)(point)))).toBeGreaterThan(5);
  });

  it("diwhvi(2, 2): two of the particles of iwhvi(2)", () => {
    const [logit, loc] = point as [number, number];
    const p = sigmoid(logit);
    // (z, log weight) of one particle on a grid: u₁ and z, then u₂
    const step = 0.1;
    const grid = Array.from({ length: 121 }, (_, i) => -6 + i * step);
    const particles = grid.flatMap((z) =>
      tuples(2).map(([own, other]) => ({
        mass: coin(p, own!) * given(z, own!, loc) * coin(p, other!) * step,
        logWeight: logJoint(z) - Math.log((given(z, own!, loc) + given(z, other!, loc)) / 2),
      })),
    );
    let exact = 0;
    for (const a of particles)
      for (const b of particles)
        exact += a.mass * b.mass * Math.log((Math.exp(a.logWeight) + Math.exp(b.logWeight)) / 2);
    const found = estimateMoments(diwhvi(model, guide, { keep: "z", inner: 2, particles: 2 }), at, [], {
      draws: 50_000,
    });
    expect(Math.abs(zScore(found[0]![0]!, exact, 1e-6))).toBeLessThan(5);
  });
});
