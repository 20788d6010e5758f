// Whatever tensor operations stand between a site and its cost: what the transform concludes about independence is right.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  type Distribution,
  enumerate,
  flip,
  logSumExp,
  measureValued,
  objective,
  reinforce,
  sample,
  where,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { expectExact, expectUnbiased, worstScore } from "../support/expectations.js";
import { differences, tuples } from "../support/numbers.js";

type P = { p: Tensor };
type OnFlips = (d: ReturnType<typeof flip>) => Distribution<Tensor, never>;
const p = [0.25, 0.5, 0.625, 0.875, 0.75, 0.375];
const at = { p: tf.tensor2d(p, [2, 3]) };

/** Σ_b p(b) f(b) over 2^6 values, f computed eagerly by tfjs. */
function truthOf(f: (x: Tensor) => Tensor): [number, number[]] {
  const values = tuples(6).map((b) => [b, tf.tidy(() => f(tf.tensor2d(b, [2, 3])).dataSync()[0]!)] as const);
  const expectation = (q: readonly number[]) =>
    values.reduce(
      (sum, [b, value]) => sum + value * b.reduce((mass, bit, i) => mass * (bit ? q[i]! : 1 - q[i]!), 1),
      0,
    );
  return [expectation(p), differences(expectation, p)];
}

const objectiveOf = (f: (x: Tensor) => Tensor, on: OnFlips) =>
  objective(function* ({ p: q }: P) {
    return f(yield* sample("b", on(flip(q))));
  });

const m = (rows: number, columns: number, seed = 1) =>
  tf.tidy(() =>
    tf.tensor2d(
      Array.from({ length: rows * columns }, (_, i) => (((i + seed) * 5) % 9) / 4 - 1),
      [rows, columns],
    ),
  );

/** Costs of a [2, 3] site, and the largest number of lanes that enumeration may take for it. */
const layouts: readonly [string, (x: Tensor) => Tensor, number][] = [
  ["elementwise", (x) => x.sub(m(2, 3)).square().sum(), 2],
  ["transposed", (x) => x.transpose().sub(m(3, 2)).square().sum(), 2],
  ["transposed twice", (x) => x.transpose().mul(m(3, 2)).exp().transpose().sum(), 2],
  [
    "flattened",
    (x) =>
      x
        .reshape([6])
        .sub(tf.linspace(-1, 1.5, 6))
        .square()
        .sum(),
    64,
  ],
  [
    "reshaped with axes of size 1",
    (x) =>
      x
        .reshape([1, 2, 1, 3])
        .sub(m(2, 3).reshape([1, 2, 1, 3]))
        .square()
        .sum(),
    2,
  ],
  ["reshaped to other rows, summed over them", (x) => x.reshape([3, 2]).sum(1).square().sum(), 64],
  ["reshaped to other rows, then elementwise", (x) => x.reshape([3, 2]).sub(m(3, 2)).square().sum(), 64],
  ["rows summed", (x) => x.mul(m(2, 3)).sum(1).sub([1, 2]).square().sum(), 8],
  ["columns summed", (x) => x.mul(m(2, 3)).sum(0).sub([1, 2, 3]).square().sum(), 4],
  ["row maxima", (x) => x.mul(m(2, 3)).max(1).square().sum(), 8],
  ["row products", (x) => x.add(m(2, 3)).prod(1).sum(), 8],
  ["log-sum-exp of rows", (x) => logSumExp(x.mul(m(2, 3)), 1).sum(), 8],
  ["softmax of rows", (x) => tf.softmax(x.mul(2)).mul(m(2, 3)).square().sum(), 8],
  ["cumulative sums along rows", (x) => x.cumsum(1).square().sum(), 8],
  ["cumulative sums along columns", (x) => x.cumsum(0).square().sum(), 4],
  ["reversed along rows", (x) => x.reverse(1).sub(m(2, 3)).square().sum(), 8],
  ["rows gathered, some twice", (x) => tf.gather(x, [1, 0, 1]).sub(m(3, 3)).square().sum(), 64],
  ["columns gathered", (x) => tf.gather(x, [2, 0], 1).sub(m(2, 2)).square().sum(), 8],
  ["times a matrix from the right", (x) => x.matMul(m(3, 2)).square().sum(), 8],
  ["times a matrix from the left", (x) => m(2, 2).matMul(x).square().sum(), 4],
  ["Gram matrix", (x) => x.matMul(x, false, true).sub(1).square().sum(), 64],
  ["einsum over rows and columns", (x) => tf.einsum("ij,jk->ik", x, m(3, 4)).square().sum(), 8],
  [
    "with itself along rows",
    (x) =>
      tf
        .concat([x, x.mul(2)], 1)
        .sub(m(2, 6))
        .square()
        .sum(),
    8,
  ],
  ["with itself along columns", (x) => tf.concat([x, x.square()], 0).sub(m(4, 3)).square().sum(), 64],
  [
    "with a constant along rows, summed over them",
    (x) =>
      tf
        .concat([x, m(2, 2)], 1)
        .sum(1)
        .square()
        .sum(),
    8,
  ],
  [
    "stacked with itself",
    (x) =>
      tf
        .stack([x, x.mul(3)], 1)
        .sum(1)
        .sub(m(2, 3))
        .square()
        .sum(),
    64,
  ],
  ["sliced", (x) => x.slice([0, 1], [2, 2]).sub(m(2, 2)).square().sum(), 8],
  [
    "unstacked and multiplied",
    (x) =>
      tf
        .unstack(x)
        .reduce((a, b) => a.mul(b).add(a))
        .square()
        .sum(),
    4,
  ],
  [
    "padded",
    (x) =>
      tf
        .pad(x, [
          [0, 0],
          [1, 0],
        ])
        .sub(m(2, 4))
        .square()
        .sum(),
    8,
  ],
  ["tiled", (x) => tf.tile(x, [2, 1]).sub(m(4, 3)).square().sum(), 64],
  ["broadcast against its own rows", (x) => x.expandDims(0).sub(x.expandDims(1)).square().mul(0.5).sum(), 64],
  ["broadcast against columns of numbers", (x) => x.expandDims(2).sub(m(1, 4).expandDims(0)).square().sum(), 2],
  [
    "shifted by one column",
    (x) =>
      x
        .slice([0, 1], [2, 2])
        .sub(x.slice([0, 0], [2, 2]))
        .square()
        .sum(),
    8,
  ],
  ["through a condition", (x) => where(x.equal(1), m(2, 3), m(2, 3, 4).square()).sum(), 2],
  [
    "through an index",
    (x) =>
      tf
        .gather(tf.tensor1d([0.5, -2]), x.toInt())
        .mul(m(2, 3))
        .sum(),
    2,
  ],
  ["its mean and its sum of squares", (x) => x.mean().add(x.sub(m(2, 3)).square().sum()), 2],
  ["a row's sum times another row's", (x) => tf.unstack(x.sum(1)).reduce((a, b) => a.mul(b)), 64],
  [
    "sorted",
    (x) =>
      tf
        .topk(x.mul(m(2, 3)), 2)
        .values.square()
        .sum(),
    8,
  ],
  ["a fixed fraction of a linear cost", (x) => x.mul(m(2, 3)).sum(1).div([2, 3]).sum(), 2],
];

describe.each(layouts)("a [2, 3] site, %s", (_, f, mostLanes) => {
  const truth = truthOf(f);

  it("enumerated: exact", () => {
    const L = objectiveOf(f, enumerate);
    expectExact(L, at, truth, 2e-6);
    expect(prepare(L, at, []).sites[0]!.lanes).toBeLessThanOrEqual(mostLanes);
  });
  it.each([
    ["reinforce with copies", (d) => reinforce(d, { copies: 2 })],
    ["measureValued", measureValued],
  ] as [string, OnFlips][])("%s: unbiased", (__, on) => {
    expect(worstScore(objectiveOf(f, on), at, truth, 4000, 1e-5)).toBeLessThan(5);
  });
});

describe("sites of shapes [2, 1] and [1, 3] that meet in a [2, 3] cost, and a third one that depends on both", () => {
  type Q = { u: Tensor; v: Tensor };
  const [pu, pv] = [
    [0.25, 0.625],
    [0.5, 0.875, 0.375],
  ];
  const point = { u: tf.tensor2d(pu, [2, 1]), v: tf.tensor2d(pv, [1, 3]) };
  const target = [0.5, -0.25, 1, 0.75, 0, -1];
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  // cost of (i, j): (u_i v_j + w_ij − t_ij)² + u_i w_ij, w_ij ~ flip(σ(u_i − v_j))
  const element = (u: number, v: number, t: number) => {
    const mass = sigmoid(u - v);
    return mass * ((u * v + 1 - t) ** 2 + u) + (1 - mass) * (u * v - t) ** 2;
  };
  const expectation = (q: readonly number[]) =>
    tuples(5).reduce((sum, b) => {
      const probability = b.reduce((mass, bit, i) => mass * (bit ? q[i]! : 1 - q[i]!), 1);
      const costs = target.map((t, at) => element(b[Math.floor(at / 3)]!, b[2 + (at % 3)]!, t));
      return sum + probability * costs.reduce((all, each) => all + each, 0);
    }, 0);
  const gradient = differences(expectation, [...pu!, ...pv!]);
  const truth = [expectation([...pu!, ...pv!]), gradient.slice(0, 2), gradient.slice(2)];
  const cost = (u: Tensor, v: Tensor, w: Tensor) =>
    u
      .mul(v)
      .add(w)
      .sub(tf.tensor2d(target, [2, 3]))
      .square()
      .add(u.mul(w))
      .sum();

  const of = (onU: OnFlips, onV: OnFlips, onW: OnFlips, isSwapped: boolean) =>
    objective(function* ({ u: qu, v: qv }: Q) {
      let [u, v]: (Tensor | undefined)[] = [];
      if (isSwapped) {
        v = yield* sample("v", onV(flip(qv)));
        u = yield* sample("u", onU(flip(qu)));
      } else {
        u = yield* sample("u", onU(flip(qu)));
        v = yield* sample("v", onV(flip(qv)));
      }
      return cost(u, v, yield* sample("w", onW(flip(tf.sigmoid(u.sub(v))))));
    });

  it.each([false, true])("all enumerated, with 2·2·2 lanes (sites swapped: %s)", (isSwapped) => {
    const L = of(enumerate, enumerate, enumerate, isSwapped);
    expect(prepare(L, point, []).sites.map(({ lanes }) => lanes)).toEqual([2, 2, 2]);
    expectExact(L, point, truth);
  });

  const ways: Record<string, OnFlips> = {
    enumerate,
    reinforce,
    copies: (d) => reinforce(d, { copies: 3 }),
    measureValued,
  };
  const names = Object.keys(ways);
  const combinations = names.flatMap((a, i) =>
    names.map((b, j) => [a, b, names[(i + j + 1) % 4]!, (i + j) % 2 === 1] as const),
  );
  it.each(combinations)("u %s, v %s, w %s: unbiased (swapped: %s)", (a, b, c, isSwapped) => {
    expectUnbiased(of(ways[a]!, ways[b]!, ways[c]!, isSwapped), point, truth, 4000);
  });

  it("negative control: a cost that forgets one dependence is seen", () => {
    const L = objective(function* ({ u: qu, v: qv }: Q) {
      const u = yield* sample("u", reinforce(flip(qu)));
      const v = yield* sample("v", reinforce(flip(qv.mul(0.5).add(point.v.mul(0.5)))));
      return cost(u, v, yield* sample("w", enumerate(flip(tf.sigmoid(u.sub(v))))));
    });
    expect(worstScore(L, point, truth, 10_000)).toBeGreaterThan(5);
  });
});
