// A pathwise derivative through a discontinuity is biased: it is refused where it stands, and nowhere else.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assumeContinuous,
  categorical,
  cond,
  type Distribution,
  ElbowError,
  enumerate,
  exponential,
  flip,
  gen,
  halfNormal,
  logDensity,
  normal,
  objective,
  reinforce,
  reparam,
  sample,
  scan,
  stopGradient,
  where,
} from "elbow";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { userLine } from "../../src/util/location.js";
import { estimateMoments, zScore } from "../support/estimates.js";
import { expectUnbiased } from "../support/expectations.js";
import { overNormal } from "../support/numbers.js";

type T = { th: Tensor };
const th = 0.375;
const at = { th: tf.scalar(th) };

/** `file:line` of the caller. */
const here = (): string => userLine((new Error().stack ?? "").split("\n").slice(1).join("\n"))!;

const errorOf = (f: () => unknown): ElbowError => {
  try {
    f();
  } catch (error) {
    if (error instanceof ElbowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

/** An objective of x ~ reparam(N(θ, 1)), and x ~ N(θ, 1) without a strategy. */
const ofNormal = (
  f: (x: Tensor, theta: Tensor) => Tensor,
  on: (d: ReturnType<typeof normal>) => Distribution<Tensor, never> = reparam,
) =>
  objective(function* ({ th: theta }: T) {
    return f(yield* sample("x", on(normal(theta, 1))), theta);
  });

describe("refused", () => {
  it("with the site, the operation, both lines and a remedy in the text", () => {
    let [site, operation] = ["", ""];
    const L = objective(function* ({ th: theta }: T) {
      site = here();
      const x = yield* sample("x", reparam(normal(theta, 1)));
      operation = here();
      return where(x.greater(0), 1, 0).mul(theta);
    });
    const below = (place: string) => place.replace(/\d+$/, (line) => String(Number(line) + 1));
    const error = errorOf(() => prepare(L, at, []));
    expect(error.code).toBe("discontinuous");
    expect(error.message).toBe(
      [
        'the pathwise derivative of "x" would be biased: its value reaches the objective through a discontinuity',
        `  site:      reparam(normal) ${below(site)}`,
        `  operation: greater ${below(operation)}`,
        "  hint: Estimate it with reinforce or measureValued, or wrap the result in assumeContinuous(…) if it is continuous after all.",
        `  at address "x", ${below(site)}`,
      ].join("\n"),
    );
  });

  const cases: readonly [string, string, (x: Tensor) => Tensor][] = [
    ["greater", "greater", (x) => x.greater(0).toFloat()],
    ["less or equal", "lessEqual", (x) => x.lessEqual(0).toFloat()],
    ["equal", "equal", (x) => tf.equal(tf.relu(x), 0).toFloat()],
    ["floor", "floor", (x) => x.floor()],
    ["round", "round", (x) => x.round()],
    ["sign", "sign", (x) => x.sign()],
    ["step", "greater", (x) => tf.step(x)],
    ["arg max", "argMax", (x) => tf.argMax(tf.stack([x, x.mul(2)])).toFloat()],
    ["integer cast", "cast", (x) => x.toInt().toFloat().square()],
    ["boolean cast", "cast", (x) => x.toBool().toFloat()],
    ["gather index", "cast", (x) => tf.gather(tf.tensor1d([1, 2, 3]), tf.clipByValue(x, 0, 2).toInt())],
    ["condition of where", "greater", (x) => where(x.greater(1), x, x.mul(2))],
    [
      "order of sorting",
      "topK",
      (x) =>
        tf
          .topk(tf.stack([x, x.neg()]), 1)
          .indices.toFloat()
          .sum(),
    ],
    ["remainder", "mod|floor", (x) => tf.mod(x, 1)],
  ];
  it.each(cases)("%s", (_, operation, f) => {
    const error = errorOf(() => prepare(ofNormal(f), at, []));
    expect(error.code).toBe("discontinuous");
    expect(error.at.address).toBe("x");
    const file = "test/estimators/smoothness\\.test\\.ts:\\d+";
    expect(error.message).toMatch(
      new RegExp(`site: {6}reparam\\(normal\\) ${file}\n {2}operation: (?:${operation}) ${file}\n`),
    );
  });

  it("however smooth what comes after it is", () => {
    expect(
      errorOf(() =>
        prepare(
          ofNormal((x) => tf.sigmoid(x.floor()).mul(x)),
          at,
          [],
        ),
      ).code,
    ).toBe("discontinuous");
  });

  it("inside a loop, and where a carry takes it round", () => {
    const step = gen(function* ([x, y]: readonly [Tensor, Tensor], theta: Tensor) {
      const next = yield* sample("x", reparam(normal(theta, 1)));
      // y sees x one step late
      return { carry: [next, y.add(where(x.greater(0), 1, 0))] as const };
    });
    const L = objective(function* ({ th: theta }: T) {
      const initial = [tf.scalar(0) as Tensor, tf.scalar(0) as Tensor] as const;
      const { carry } = yield* scan("loop", (c: readonly [Tensor, Tensor], _t: Tensor) => step(c, theta), initial, 3);
      return carry[1];
    });
    const error = errorOf(() => prepare(L, at, []));
    expect(error.code).toBe("discontinuous");
    expect(error.at.address).toBe("loop/x");
    expect(error.message).toContain("operation: greater");
  });

  it("as the predicate of cond", () => {
    const value = gen(function* (x: Tensor) {
      return x;
    });
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", reparam(normal(theta, 1)));
      return yield* cond("c", x.greater(0), value(x), value(tf.scalar(2)));
    });
    const error = errorOf(() => prepare(L, at, []));
    expect([error.code, error.at.address]).toEqual(["discontinuous", "x"]);
  });

  it("through another pathwise site's value, and to another site's parameter", () => {
    const through = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", reparam(normal(theta, 1)));
      const y = yield* sample("y", reparam(normal(x, 1)));
      return y.floor();
    });
    expect(errorOf(() => prepare(through, at, [])).code).toBe("discontinuous");
    const parameter = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", reparam(normal(theta, 1)));
      return (yield* sample("y", reparam(normal(x.round(), 1)))).square();
    });
    expect(errorOf(() => prepare(parameter, at, [])).at.address).toBe("x");
    const probability = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", reparam(normal(theta, 1)));
      return (yield* sample("b", enumerate(flip(where(x.greater(0), 0.25, 0.75))))).square();
    });
    expect(errorOf(() => prepare(probability, at, [])).at.address).toBe("x");
  });

  it("a finite support is not suggested where there is none, nor measureValued left out", () => {
    expect(
      errorOf(() =>
        prepare(
          ofNormal((x) => x.floor()),
          at,
          [],
        ),
      ).hint,
    ).toMatch(/^Estimate it with reinforce or/);
  });
});

describe("allowed", () => {
  const smooth: readonly [string, (x: Tensor) => Tensor, (x: number) => number][] = [
    ["relu", (x) => tf.relu(x), (x) => Math.max(0, x)],
    ["leaky relu", (x) => tf.leakyRelu(x, 0.25), (x) => (x > 0 ? x : x / 4)],
    ["abs", (x) => tf.abs(x), Math.abs],
    ["max of both", (x) => tf.maximum(x, x.mul(-2).add(1)), (x) => Math.max(x, 1 - 2 * x)],
    ["max over an axis", (x) => tf.max(tf.stack([x, x.square()])), (x) => Math.max(x, x * x)],
    ["clipping", (x) => tf.clipByValue(x, -1, 0.5), (x) => Math.min(0.5, Math.max(-1, x))],
    [
      "largest values",
      (x) => tf.topk(tf.stack([x, x.neg(), x.square()]), 2).values.sum(),
      (x) => {
        const [a, b] = [x, -x, x * x].sort((p, q) => q - p);
        return a! + b!;
      },
    ],
    ["elu", (x) => tf.elu(x), (x) => (x > 0 ? x : Math.exp(x) - 1)],
  ];
  it.each(smooth)("%s, and unbiased", (_, f, plain) => {
    const truth = (mean: number) => overNormal(mean, 1, plain, 24_000);
    const slope = (truth(th + 1e-3) - truth(th - 1e-3)) / 2e-3;
    const [value, gradient] = estimateMoments(
      ofNormal((x) => f(x)),
      at,
      [],
      { draws: 20_000 },
    );
    expect(Math.abs(zScore(value![0]!, truth(th), 1e-5))).toBeLessThan(5);
    expect(Math.abs(zScore(gradient![0]!, slope, 1e-5))).toBeLessThan(5);
  });

  it("a discontinuity that does not reach the objective", () => {
    expect(() =>
      prepare(
        ofNormal((x) => {
          x.floor();
          return x.square();
        }),
        at,
        [],
      ),
    ).not.toThrow();
  });

  it("behind stopGradient", () => {
    // E x·sg[x > 0]: the derivative of what is not stopped is P(x > 0)
    const L = ofNormal((x) => x.mul(stopGradient(x).greater(0).toFloat()));
    const [, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    const positive = overNormal(th, 1, (x) => +(x > 0), 240_000);
    expect(Math.abs(zScore(gradient![0]!, positive, 1e-4))).toBeLessThan(5);
  });

  it("behind assumeContinuous, which the author answers for", () => {
    // where(x > 0, x², −x²) = x|x| is continuous: derivative 2|x|
    const f = (x: Tensor) => where(x.greater(0), x.square(), x.square().neg());
    expect(errorOf(() => prepare(ofNormal(f), at, [])).code).toBe("discontinuous");
    const L = ofNormal((x) => assumeContinuous(f(x)));
    const slope = overNormal(th, 1, (x) => 2 * Math.abs(x), 24_000);
    const [, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    expect(Math.abs(zScore(gradient![0]!, slope, 1e-5))).toBeLessThan(5);
  });

  it("a discontinuity after assumeContinuous is one again", () => {
    expect(
      errorOf(() =>
        prepare(
          ofNormal((x) => assumeContinuous(x).floor()),
          at,
          [],
        ),
      ).code,
    ).toBe("discontinuous");
  });

  it("densities with a border, of values from the same support", () => {
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", reparam(exponential(theta)));
      const y = yield* sample("y", reparam(halfNormal(theta)));
      return logDensity(exponential(2), x).add(logDensity(halfNormal(1), y));
    });
    // E log 2 − 2x − ½y² + const; E x = 1/θ, E y² = θ²
    const [, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    expect(Math.abs(zScore(gradient![0]!, 2 / th ** 2 - th))).toBeLessThan(5);
  });

  it("other strategies through anything", () => {
    for (const copies of [1, 2])
      expect(() =>
        prepare(
          ofNormal(
            (x) => x.floor(),
            (d) => reinforce(d, { copies }),
          ),
          at,
          [],
        ),
      ).not.toThrow();
  });
});

describe("a normal without a strategy", () => {
  const positive = (mean: number) => overNormal(mean, 1, (x) => +(x > 0), 240_000);

  it("is reparameterized where that is sound", () => {
    const [site] = prepare(
      ofNormal(
        (x) => tf.relu(x),
        (d) => d,
      ),
      at,
      [],
    ).sites;
    expect(site).toMatchObject({ isDefault: true, lanes: 1, strategy: { name: "reparam" } });
  });

  it("falls back to reinforce with two copies behind a comparison, and is unbiased", () => {
    const L = ofNormal(
      (x) => where(x.greater(0), 1, 0),
      (d) => d,
    );
    expect(prepare(L, at, []).sites[0]).toMatchObject({ isDefault: true, lanes: 2, strategy: { name: "reinforce" } });
    const [value, gradient] = estimateMoments(L, at, [], { draws: 40_000 });
    expect(Math.abs(zScore(value![0]!, positive(th), 1e-4))).toBeLessThan(5);
    // φ(θ)
    expect(Math.abs(zScore(gradient![0]!, Math.exp(-(th ** 2) / 2) / Math.sqrt(2 * Math.PI)))).toBeLessThan(5);
  });

  it("falls back in a loop as well", () => {
    const step = gen(function* (count: Tensor, theta: Tensor) {
      return { carry: count.add(where((yield* sample("x", normal(theta, 1))).greater(0), 1, 0)) };
    });
    const L = objective(function* ({ th: theta }: T) {
      const { carry } = yield* scan("loop", (c: Tensor, _t: Tensor) => step(c, theta), tf.scalar(0), 3);
      return carry;
    });
    const density = Math.exp(-(th ** 2) / 2) / Math.sqrt(2 * Math.PI);
    const [, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    expect(Math.abs(zScore(gradient![0]!, 3 * density))).toBeLessThan(5);
  });

  it("feeding a flip's probability stays pathwise: the flip's density is continuous in it", () => {
    const L = objective(function* ({ th: theta }: T) {
      const x = yield* sample("x", normal(theta, 1));
      const b = yield* sample("b", flip(tf.sigmoid(x)));
      return where(b.equal(1), 2, -1);
    });
    expect(prepare(L, at, []).sites.map(({ strategy }) => strategy.name)).toEqual(["reparam", "enumerate"]);
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const slope = overNormal(th, 1, (x) => 3 * sigmoid(x) * (1 - sigmoid(x)));
    expectUnbiased(L, at, [overNormal(th, 1, (x) => 3 * sigmoid(x) - 1), slope]);
  });

  it("negative control: vouching for a jump is biased", () => {
    const L = ofNormal((x) => assumeContinuous(where(x.greater(0), x.add(1), x)));
    const [, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    const truth = 1 + Math.exp(-(th ** 2) / 2) / Math.sqrt(2 * Math.PI);
    expect(Math.abs(zScore(gradient![0]!, truth))).toBeGreaterThan(5);
  });
});

it("a categorical index into a table needs no strategy that is pathwise", () => {
  const L = objective(function* ({ th: theta }: T) {
    const k = yield* sample("k", categorical({ logits: tf.stack([theta, theta.neg(), tf.scalar(0)]) }));
    return tf.gather(tf.tensor1d([1, 2, 4]), k.toInt());
  });
  expect(prepare(L, at, []).sites[0]!.strategy.name).toBe("enumerate");
});
