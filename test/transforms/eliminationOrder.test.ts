// The order in which enumerated sites are summed out: never more work than the best order that takes each site after all that
// depend on it, found here by trying every one; and the same results whatever the order of sampling.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { categorical, enumerate, flip, iid, normal, objective, reinforce, sample } from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import type { Program } from "../../src/ir/program.js";
import { type CostSketch, eliminationOrder, type SiteSketch } from "../../src/transforms/estimate/order.js";
import { type Axis, newAxis } from "../../src/transforms/lanes.js";
import { range, sizeOf } from "../../src/util/shapes.js";
import { estimateMoments } from "../support/estimates.js";
import { expectExact, expectUnbiased } from "../support/expectations.js";
import { differences, sigmoid, softmax, tuples } from "../support/numbers.js";

/** A directed graph of discrete sites, given by their parents, with costs on some sets of them. */
interface Graph {
  readonly sizes: readonly number[];
  readonly parents: readonly (readonly number[])[];
  readonly costs: readonly (readonly number[])[];
}

/** For every site, all that it depends on; parents have lower numbers, except where sites are numbered anew. */
function ancestorsOf({ parents }: Graph): readonly ReadonlySet<number>[] {
  const known = new Map<number, ReadonlySet<number>>();
  const of = (i: number): ReadonlySet<number> => {
    const found = known.get(i) ?? new Set(parents[i]!.flatMap((parent) => [parent, ...of(parent)]));
    known.set(i, found);
    return found;
  };
  return parents.map((_, i) => of(i));
}

function sketch(graph: Graph): { sites: SiteSketch[]; costs: CostSketch[] } {
  const ancestors = ancestorsOf(graph);
  const axes: Axis[] = graph.sizes.map((size, i) => newAxis(`${i}`, size));
  return {
    sites: axes.map((axis, i) => ({
      axis,
      keep: [i, ...graph.parents[i]!].map((each) => axes[each]!),
      ancestors: ancestors[i]!,
      isExact: true,
      isInert: false,
    })),
    costs: graph.costs.map((members) => ({
      axes: new Set(members.map((each) => axes[each]!)),
      sites: new Set(members.flatMap((each) => [each, ...ancestors[each]!])),
      elements: 1,
      group: "all",
    })),
  };
}

/** Lanes times elements of all contractions in an order, on sets of numbers. */
function workOf({ sizes, parents, costs }: Graph, order: readonly number[]): number {
  let sets = costs.map((cost) => new Set(cost));
  let work = 0;
  for (const i of order) {
    const touched = sets.filter((set) => set.has(i)).sort((a, b) => b.size - a.size);
    const kept = touched.filter(
      (set, at) => !touched.slice(0, at).some((other) => [...set].every((x) => other.has(x))),
    );
    const results = kept.map((set) => new Set([...set, ...parents[i]!]));
    for (const result of results) {
      work += [...result].reduce((product, each) => product * sizes[each]!, 1);
      result.delete(i);
    }
    sets = [...sets.filter((set) => !set.has(i)), ...results];
  }
  return work;
}

/** Every order that takes a site after all that depend on it. */
function everyOrder(ancestors: readonly ReadonlySet<number>[], left = range(ancestors.length)): number[][] {
  if (left.length === 0) return [[]];
  const free = left.filter((i) => !left.some((other) => ancestors[other]!.has(i)));
  return free.flatMap((i) =>
    everyOrder(
      ancestors,
      left.filter((each) => each !== i),
    ).map((rest) => [i, ...rest]),
  );
}

/** The graph with its sites numbered anew. */
const renumbered = ({ sizes, parents, costs }: Graph, to: readonly number[]): Graph => ({
  sizes: to.map((_, i) => sizes[to.indexOf(i)]!),
  parents: to.map((_, i) => parents[to.indexOf(i)]!.map((parent) => to[parent]!)),
  costs: costs.map((cost) => cost.map((each) => to[each]!)),
});

const chain = (n: number, size = 3): Graph => ({
  sizes: range(n).map(() => size),
  parents: range(n).map((i) => (i === 0 ? [] : [i - 1])),
  costs: range(n).flatMap((i) => (i === 0 ? [[0]] : [[i], [i - 1, i]])),
});

const grid = (rows: number, columns: number): Graph => ({
  sizes: range(rows * columns).map(() => 2),
  parents: range(rows * columns).map((i) => [
    ...(i % columns > 0 ? [i - 1] : []),
    ...(i >= columns ? [i - columns] : []),
  ]),
  costs: range(rows * columns).map((i) => [i]),
});

const byColumns = (rows: number, columns: number): number[] =>
  range(rows * columns).map((i) => (i % columns) * rows + Math.floor(i / columns));

const tree: Graph = {
  sizes: [4, 3, 3, 2, 2, 2, 5],
  parents: [[], [0], [0], [1], [1], [2], [2]],
  costs: [[0], [3, 1], [4], [5, 2], [6], [1, 0]],
};

const star: Graph = {
  sizes: [6, 2, 3, 4, 5, 2],
  parents: [[], [0], [0], [0], [0], [0]],
  costs: [[1], [2, 0], [3], [4, 0], [5]],
};

/** A chain of hidden states, each of which has a tree of observed ones. */
const hiddenTree: Graph = {
  sizes: [3, 3, 3, 2, 2, 2, 4],
  parents: [[], [0], [1], [0], [1], [2], [4]],
  costs: [[3], [4, 1], [5], [6, 4], [2, 1]],
};

describe("costs what the best order costs", () => {
  it.each<[string, Graph]>([
    ["a chain", chain(7)],
    ["a chain of unequal sites", { ...chain(5), sizes: [2, 7, 3, 5, 4] }],
    [
      "sites that only costs connect, in a scrambled order",
      {
        sizes: [2, 5, 3, 4],
        parents: [[], [], [], []],
        costs: [
          [0, 2],
          [2, 1],
          [1, 3],
        ],
      },
    ],
    ["a tree", tree],
    ["a star", star],
    ["a chain with trees", hiddenTree],
    ["a loop of four", { sizes: [3, 2, 4, 2], parents: [[], [0], [0], [1, 2]], costs: [[3], [1, 2], [0]] }],
    ["a grid 3×4", grid(3, 4)],
    ["a grid 3×4, sampled by columns", renumbered(grid(3, 4), byColumns(3, 4))],
    ["a grid 4×3", grid(4, 3)],
  ])("%s", (_, graph) => {
    const { sites, costs } = sketch(graph);
    const order = eliminationOrder(sites, costs);
    expect(order.toSorted((a, b) => a - b)).toEqual(range(graph.sizes.length));
    for (const [at, i] of order.entries())
      for (const later of order.slice(at + 1)) expect(ancestorsOf(graph)[later]!.has(i)).toBe(false);
    const best = Math.min(...everyOrder(ancestorsOf(graph)).map((each) => workOf(graph, each)));
    expect(workOf(graph, order)).toBe(best);
  });

  it("last to first costs more on the grid that is sampled by rows", () => {
    const graph = grid(3, 4);
    const { sites, costs } = sketch(graph);
    const order = eliminationOrder(sites, costs);
    expect(workOf(graph, range(12).toReversed())).toBeGreaterThan(1.3 * workOf(graph, order));
  });

  it("large graphs take no time: a chain of 1000, a star of 400, a grid 3×60", () => {
    const wide: Graph = {
      sizes: range(401).map(() => 2),
      parents: range(401).map((i) => (i === 0 ? [] : [0])),
      costs: range(400).map((i) => [i + 1]),
    };
    const started = process.cpuUsage();
    for (const graph of [chain(1000), wide, grid(3, 60)]) {
      const { sites, costs } = sketch(graph);
      const order = eliminationOrder(sites, costs);
      expect(order).toHaveLength(graph.sizes.length);
      // a grid of three rows needs four axes at a time, whatever its length
      expect(workOf(graph, order)).toBeLessThan(graph === wide ? 2000 : 18 * graph.costs.length * 16);
    }
    // of the processor, whatever else runs on it
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(10_000);
  });
});

type P = { th: Tensor };
const th = 0.375;
const at = { th: tf.scalar(th) };

/** Elements of all results that an estimator computes. */
const elementsOf = ({ equations }: Program): number =>
  equations.reduce((sum, { outputs }) => sum + outputs.reduce((each, { shape }) => each + sizeOf(shape), 0), 0);

describe("programs", () => {
  const [rows, columns] = [3, 4];
  const neighbours = (i: number) => grid(rows, columns).parents[i]!;
  const weight = (i: number) => Math.sin(3 * i + 1);
  /** x ~ flip(σ(θ + Σ ± parents)), costs with their parents. */
  const gridObjective = (order: readonly number[]) =>
    objective(function* ({ th: theta }: P) {
      const x: Tensor[] = [];
      let total = tf.scalar(0) as Tensor;
      for (const i of order) {
        const logit = neighbours(i).reduce((sum, j) => sum.add(x[j]!.mul(weight(i + 7 * j))), theta);
        x[i] = yield* sample(`x${i}`, enumerate(flip(tf.sigmoid(logit))));
        total = total.add(tf.exp(neighbours(i).reduce((sum, j) => sum.sub(x[j]!), x[i]!.mul(weight(i)))));
      }
      return total;
    });
  const truth = (theta: number): number =>
    tuples(rows * columns).reduce((sum, x) => {
      let mass = 1;
      let cost = 0;
      for (const i of range(rows * columns)) {
        const p = sigmoid(neighbours(i).reduce((logit, j) => logit + x[j]! * weight(i + 7 * j), theta));
        mass *= x[i] ? p : 1 - p;
        cost += Math.exp(neighbours(i).reduce((each, j) => each - x[j]!, x[i]! * weight(i)));
      }
      return sum + mass * cost;
    }, 0);
  const byRows = gridObjective(range(rows * columns));
  const inColumns = gridObjective(range(rows * columns).map((i) => (i % rows) * columns + Math.floor(i / rows)));

  it("a grid 3×4 is exact, and costs the same sampled by rows or by columns", () => {
    const expected = [truth(th), differences(([t]) => truth(t!), [th])];
    expectExact(byRows, at, expected, 1e-6);
    expectExact(inColumns, at, expected, 1e-6);
    const [first, second] = [byRows, inColumns].map((L) => elementsOf(prepare(L, at, []).program)) as [number, number];
    expect(Math.abs(first / second - 1)).toBeLessThan(0.02);
  });

  it("a chain whose addresses run backwards is exact, and costs as much as forwards", () => {
    const length = 6;
    const table = range(9).map((i) => Math.cos(i));
    const walk = (name: (t: number) => string) =>
      objective(function* ({ th: theta }: P) {
        let total = tf.scalar(0) as Tensor;
        let last: Tensor | undefined;
        for (const t of range(length)) {
          const logits = tf.stack(
            range(3).map((k) => (last ? last.mul(table[3 * (t % 3) + k]!).add(theta.mul(k)) : theta.mul(k))),
            -1,
          );
          const z: Tensor = yield* sample(name(t), enumerate(categorical({ logits })));
          total = total.add(last ? z.sub(last).square() : z);
          last = z;
        }
        return total;
      });
    const value = (theta: number): number =>
      tuples(length, 3).reduce((sum, z) => {
        let mass = 1;
        let cost = z[0]!;
        for (const t of range(length)) {
          const logits = range(3).map((k) => (t > 0 ? z[t - 1]! * table[3 * (t % 3) + k]! : 0) + theta * k);
          mass *= softmax(logits)[z[t]!]!;
          if (t > 0) cost += (z[t]! - z[t - 1]!) ** 2;
        }
        return sum + mass * cost;
      }, 0);
    const [forwards, backwards] = [walk((t) => `z${t}`), walk((t) => `z${length - t}`)];
    for (const L of [forwards, backwards]) expectExact(L, at, [value(th), differences(([t]) => value(t!), [th])], 1e-6);
    expect(elementsOf(prepare(backwards, at, []).program)).toBe(elementsOf(prepare(forwards, at, []).program));
  });

  it("small mixed sites are enumerated jointly: two categoricals, and coins behind them", () => {
    const L = objective(function* ({ th: theta }: P) {
      const k = yield* sample(
        "k",
        enumerate(iid(2, categorical({ logits: tf.stack([theta, theta.mul(2), tf.scalar(0)]) }))),
      );
      const b = yield* sample("b", enumerate(flip(tf.sigmoid(k.sub(theta)))));
      return k.mul([1, 3]).sum().mul(b.sum()).square();
    });
    const value = (theta: number): number => {
      const p = softmax([theta, 2 * theta, 0]);
      return tuples(2, 3).reduce(
        (sum, [k, l]) =>
          sum +
          p[k!]! *
            p[l!]! *
            tuples(2).reduce((inner, [b, c]) => {
              const [q, r] = [sigmoid(k! - theta), sigmoid(l! - theta)];
              return inner + (b ? q : 1 - q) * (c ? r : 1 - r) * ((k! + 3 * l!) * (b! + c!)) ** 2;
            }, 0),
        0,
      );
    };
    expect(prepare(L, at, []).sites.map(({ lanes }) => lanes)).toEqual([9, 4]);
    expectExact(L, at, [value(th), differences(([t]) => value(t!), [th])]);
  });

  it("what is exact is averaged before a score that does not depend on it", () => {
    // b is sampled first: its mean is subtracted from the noise of the score of x, whatever b is
    const L = objective(function* ({ th: theta }: P) {
      const b = yield* sample("b", enumerate(flip(0.5)));
      const x = yield* sample("x", reinforce(normal(theta, 1)));
      return b.mul(8).sub(4).add(1).mul(x);
    });
    expectUnbiased(L, at, [th, [1]]);
    const [, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    // x·(x − θ) for x ~ N(θ, 1): 2 + θ²
    expect(Math.abs(gradient![0]!.variance / (2 + th * th) - 1)).toBeLessThan(0.1);
  });
});
