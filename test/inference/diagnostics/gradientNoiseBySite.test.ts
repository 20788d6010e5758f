import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  cond,
  enumerate,
  flip,
  gen,
  gradientNoiseBySite,
  normal,
  objective,
  plate,
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

test("follows scores, loops, branches and plates", async () => {
  const step = gen(function* (x: tf.Tensor, loc: tf.Tensor) {
    const z = yield* sample("z", normal(x.add(loc), 1));
    return { carry: z };
  });
  const noisy = gen(function* (loc: tf.Tensor, scale: number) {
    return yield* sample("c", normal(loc, scale));
  });
  const L = objective(function* ({ loc }: P) {
    // the gradients: 2·(3z + …) of the walk, 2c of the branch, 2r of each of four rows, and a score
    const { carry } = yield* scan("walk", (x: tf.Tensor) => step(x, loc), tf.scalar(0), 3);
    const c = yield* cond("branch", tf.scalar(1, "int32").greater(0), noisy(loc, 1), noisy(loc, 2));
    const rows = yield* plate("rows", (shift: tf.Tensor) => noisy(loc.add(shift), 1), tf.zeros([4]));
    const b = yield* sample("b", reinforce(flip(tf.sigmoid(loc))));
    return carry.square().add(c.square()).add(tf.sum(rows.square())).add(b);
  });
  const rows = await gradientNoiseBySite(L, at, [], { draws: 2000, seed: 1 });
  const found = new Map(rows.map(({ addresses, variance }) => [addresses.join(), variance]));
  expect([...found.keys()].sort()).toEqual(["b", "branch/c", "rows/c", "walk/z"]);
  // ∇z₃² = 2·z₃·3 with z₃ of variance 3; ∇c² = 2c; four independent ∇r² = 2r: none depends on the others
  const relative = 5 * Math.sqrt(2 / 2000);
  expect(Math.abs(found.get("walk/z")! / 108 - 1)).toBeLessThan(relative);
  expect(Math.abs(found.get("branch/c")! / 4 - 1)).toBeLessThan(relative);
  expect(Math.abs(found.get("rows/c")! / 16 - 1)).toBeLessThan(relative);
  expect(found.get("b")).toBeGreaterThan(0);
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
