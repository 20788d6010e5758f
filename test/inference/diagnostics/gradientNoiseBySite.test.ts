import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  enumerate,
  flip,
  gen,
  gradientNoiseBySite,
  normal,
  objective,
  reinforce,
  sample,
  scan,
} from "../../../src/index.js";

type P = { loc: tf.Tensor };
const at: P = { loc: tf.scalar(0.5) };
const options = { draws: 4000, seed: 3 };

test("is the total effect of every choice, interactions included", async () => {
  // ∇ (x² + y² + xy) with x = loc + ε, y = loc + 2η: 2x + 2y + x + y = 3(x + y), so 9·1 and 9·4 of 45
  const L = objective(function* ({ loc }: P) {
    const x = yield* sample("x", normal(loc, 1));
    const y = yield* sample("y", normal(loc, 2));
    yield* sample("idle", normal(0, 1));
    const k = yield* sample("k", enumerate(flip(0.3)));
    return x.square().add(y.square()).add(x.mul(y)).add(k);
  });
  const rows = await gradientNoiseBySite(L, at, [], options);
  expect(rows.map(({ addresses }) => addresses.join())).toEqual(["y", "x", "idle", "k"]);
  const [y, x, ...rest] = rows;
  // a variance estimated from n pairs has a relative standard error of about √(2/n)
  expect(Math.abs(y!.variance - 36) / 36).toBeLessThan(5 * Math.sqrt(2 / options.draws));
  expect(Math.abs(x!.variance - 9) / 9).toBeLessThan(5 * Math.sqrt(2 / options.draws));
  expect(rest.map(({ variance }) => variance)).toEqual([0, 0]);

  // ∇ (loc·a·b) = ab has the variance 1, and either choice alone makes all of it: what they do together counts for both
  const product = objective(function* ({ loc }: P) {
    const a = yield* sample("a", normal(0, 1));
    const b = yield* sample("b", normal(0, 1));
    return a.mul(b).mul(loc);
  });
  const shares = (await gradientNoiseBySite(product, at, [], options)).map(({ share }) => share);
  for (const share of shares) expect(Math.abs(share - 1)).toBeLessThan(0.25);
});

test("follows scores, loops and branches", async () => {
  const step = gen(function* (x: tf.Tensor, loc: tf.Tensor) {
    const z = yield* sample("z", normal(x.add(loc), 1));
    return { carry: z, output: z };
  });
  const L = objective(function* ({ loc }: P) {
    const quiet = yield* sample("quiet", normal(loc, 0.01));
    const b = yield* sample("b", reinforce(flip(tf.sigmoid(loc))));
    const { carry } = yield* scan("walk", (x: tf.Tensor) => step(x, loc), tf.scalar(0), 3);
    return quiet.add(b.mul(0)).add(carry.square());
  });
  const rows = await gradientNoiseBySite(L, at, [], { draws: 400, seed: 1 });
  expect(rows[0]!.addresses.some((address) => address.includes("z"))).toBe(true);
  expect(rows[0]!.share).toBeGreaterThan(0.9);
});

test("a negative control: without noise there are no shares", async () => {
  const L = objective(function* ({ loc }: P) {
    return (yield* sample("x", normal(loc, 1))).mul(2);
  });
  const [row] = await gradientNoiseBySite(L, at, [], { draws: 10 });
  expect(row!.variance).toBe(0);
  expect(row!.share).toBeNaN();
  await expect(gradientNoiseBySite(L, at, [], { draws: 1 })).rejects.toMatchObject({ code: "option" });
});
