// Combinators of programs: against loops and sums written out, in every meaning, and their gradients against closed forms.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  assess,
  type CategoryIndex,
  call,
  categorical,
  cond,
  type Distribution,
  elbo,
  enumerate,
  flip,
  gen,
  generate,
  iterate,
  mapResult,
  mask,
  measureValued,
  minibatch,
  mix,
  normal,
  objective,
  observe,
  partial,
  plate,
  recurse,
  regenerate,
  reinforce,
  repeat,
  run,
  sample,
  scan,
  simulate,
  splice,
  switchOn,
  unfold,
  update,
  vectorize,
} from "elbow";
import { describe, expect, it } from "vitest";
import { estimateMoments, estimateOnce, type Moments, zScore } from "../support/estimates.js";

const number = (x: Tensor): number => x.dataSync()[0]!;
const list = (x: Tensor): number[] => [...x.dataSync()];
const close = (x: Tensor | number, y: number, tolerance = 1e-4) =>
  expect(Math.abs((typeof x === "number" ? x : number(x)) - y)).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(y)),
  );
const logNormalDensity = (x: number, m: number, s = 1) =>
  -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
const total = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0);
/** Within five standard errors; what does not vary is computed in single precision. */
const agrees = ({ mean, error }: Moments, truth: number) =>
  expect(Math.abs(mean - truth)).toBeLessThan(5 * error + 1e-4 * Math.max(1, Math.abs(truth)));
const code = (name: string) => expect.objectContaining({ code: name });

const ys = [0.5, -1, 2, 0.25, 3, -0.75];
const y = tf.tensor1d(ys);

describe("plate", () => {
  const row = gen(function* (m: Tensor, yn: Tensor) {
    const z = yield* sample("z", normal(m, 1));
    yield* observe("y", normal(z, 0.5), yn);
    return z.mul(2);
  });
  const model = gen(function* (data: Tensor) {
    const m = yield* sample("m", normal(0, 2));
    return yield* plate("rows", (yn: Tensor) => row(m, yn), data);
  });

  it("scores like the rows one by one, in simulate, assess and generate; results are stacked", () => {
    const { choices, logDensity, logObserved, returnValue } = run(1, simulate(model(y)));
    const [m, z] = [number(choices.m), list(choices.rows.z)];
    expect(z).toHaveLength(6);
    const observed = total(ys.map((yn, n) => logNormalDensity(yn, z[n]!, 0.5)));
    close(logDensity, logNormalDensity(m, 0, 2) + total(z.map((zn) => logNormalDensity(zn, m))) + observed);
    expect(list((logObserved.rows as { y: Tensor }).y)).toHaveLength(6);
    expect(list(returnValue)).toEqual(z.map((zn) => Math.fround(zn * 2)));
    close(run(0, assess(model(y), choices)), number(logDensity));
    const given = run(0, generate(model(y), { rows: { z: choices.rows.z } }));
    close(given.logWeight, observed + total(z.map((zn) => logNormalDensity(zn, number(given.choices.m)))));
  });

  it("has every row draw for itself, and the same under any name of the program", () => {
    const z = list(run(1, simulate(model(y))).choices.rows.z);
    expect(new Set(z).size).toBe(6);
  });

  it("finds a guide's optimum: the ELBO's gradient is that of the loop, drawn in one go", () => {
    const guide = gen(function* ({ z }: { z: Tensor }, _data: Tensor) {
      yield* sample("m", normal(0, 1));
      yield* call("rows", rowsOf(z));
    });
    const rowsOf = gen(function* (z: Tensor) {
      yield* sample("z", normal(z, 1));
    });
    const parameters = { z: tf.tensor1d(ys.map((each) => each * 0.5)) };
    const [, gradient] = estimateMoments(elbo(model, guide), parameters, [y], { draws: 10_000 });
    // E ∂/∂z [−(z − m)²/2 − (y − z)²/(2·.25)] with m centred on 0
    ys.forEach((yn, n) => {
      agrees(gradient![n]!, -0.5 * yn + 4 * (yn - 0.5 * yn));
    });
  });

  it("keeps strategies: an enumerated row costs its own two lanes, and the gradient is exact", () => {
    const coin = gen(function* (p: Tensor) {
      return yield* sample("b", enumerate(flip(p)));
    });
    const L = objective(function* ({ p }: { p: Tensor }) {
      const program = gen(function* () {
        return yield* plate("coins", (pn: Tensor) => coin(pn), p);
      });
      return (yield* simulate(program())).returnValue.mul([1, 2, 3]).square().sum();
    });
    const [value, gradient] = estimateOnce(L, { p: tf.tensor1d([0.1, 0.2, 0.3]) }, []);
    close(value![0]!, 0.1 + 4 * 0.2 + 9 * 0.3);
    expect(gradient!.map((each) => Math.round(each * 1e5) / 1e5)).toEqual([1, 4, 9]);
  });

  it("nests, and stands in loops and branches", () => {
    const inner = gen(function* (x: Tensor) {
      return yield* sample("x", normal(x, 1));
    });
    const rows = gen(function* (xs: Tensor) {
      return tf.sum(yield* plate("inner", (x: Tensor) => inner(x), xs));
    });
    const whole = gen(function* () {
      const sums = yield* plate("outer", (xs: Tensor) => rows(xs), tf.zeros([3, 2]));
      const step = gen(function* (c: Tensor) {
        return { carry: c.add((yield* plate("at", (x: Tensor) => inner(x), tf.zeros([4]))).sum()) };
      });
      const { carry } = yield* scan("walk", (c: Tensor) => step(c), tf.scalar(0), 5);
      return yield* cond("branch", sums.sum().greater(0), rows(tf.zeros([2])), rows(carry.reshape([1])));
    });
    const trace = run(2, simulate(whole()));
    expect(trace.choices.outer.inner.x.shape).toEqual([3, 2]);
    expect((trace.choices.walk as { at: { x: Tensor } }).at.x.shape).toEqual([5, 4]);
    close(run(3, assess(whole(), trace.choices)), number(trace.logDensity));
  });

  it("may grow and shrink: update keeps the rows that both have", () => {
    const old = run(1, simulate(model(y)));
    const { trace, logWeight, discarded } = run(2, update(old, { args: [tf.tensor1d([...ys, 1])] }));
    expect(list(trace.choices.rows.z).slice(0, 6)).toEqual(list(old.choices.rows.z));
    close(logWeight, logNormalDensity(1, list(trace.choices.rows.z)[6]!, 0.5));
    expect(discarded).toEqual({});
    const back = run(3, update(trace, { args: [y] }));
    expect(list(back.trace.choices.rows.z)).toEqual(list(old.choices.rows.z));
    expect(list((back.discarded.rows as { z: Tensor }).z)).toHaveLength(7);
  });

  it("refuses rows that do not fit", () => {
    const { choices } = run(1, simulate(model(y)));
    const short = { ...choices, rows: { z: tf.zeros([5]) } };
    expect(() => run(0, assess(model(y), short))).toThrow(code("plate-rows"));
    const program = gen(function* () {
      yield* plate("p", (_: readonly Tensor[]) => row(tf.scalar(0), tf.scalar(0)), [tf.zeros([2]), tf.zeros([3])]);
    });
    expect(() => run(0, simulate(program()))).toThrow(code("plate-rows"));
  });
});

describe("plate with rows drawn", () => {
  const observed = gen(function* (m: Tensor, yn: Tensor) {
    yield* observe("y", normal(m, 1), yn);
  });
  const model = (subsample: number) =>
    gen(function* (data: Tensor) {
      const m = yield* sample("m", normal(0, 1));
      yield* plate("rows", (yn: Tensor) => observed(m, yn), data, { subsample });
    });
  const guide = gen(function* ({ m }: { m: Tensor }, _data: Tensor) {
    yield* sample("m", normal(m, 0.1));
  });
  const at = { m: tf.scalar(0.4) };
  const spread = 0.1;
  /** ELBO of the whole data: E log p(m) + Σ E log p(yₙ | m) + entropy. */
  const bound = (m: number) =>
    logNormalDensity(m, 0) -
    0.5 * spread ** 2 +
    total(ys.map((yn) => logNormalDensity(yn, m) - 0.5 * spread ** 2)) +
    0.5 * Math.log(2 * Math.PI * Math.E * spread ** 2);
  const slope = -0.4 + total(ys.map((yn) => yn - 0.4));

  it.each([1, 2, 5, 6])("ELBO and gradient of %i of 6 rows are unbiased", (subsample) => {
    const [value, gradient] = estimateMoments(elbo(model(subsample), guide), at, [y], { draws: 20_000 });
    agrees(value![0]!, bound(0.4));
    agrees(gradient![0]!, slope);
  });

  it("rows of a minibatch count with its scale; without it the sum is biased (negative control)", () => {
    const of = (isScaled: boolean) =>
      objective(function* ({ m }: { m: Tensor }, data: Tensor) {
        const { rows, scale } = yield* minibatch(data, 2);
        const program = gen(function* () {
          yield* plate("rows", (yn: Tensor) => observed(m, yn), rows, isScaled ? { scale } : {});
        });
        return yield* assess(program(), {} as never);
      });
    const truth = total(ys.map((yn) => logNormalDensity(yn, 0.4)));
    const [scaled, unscaled] = [true, false].map((is) => estimateMoments(of(is), at, [y], { draws: 5000 })[0]![0]!);
    agrees(scaled!, truth);
    expect(Math.abs(zScore(unscaled!, truth))).toBeGreaterThan(5);
  });

  it("refuses choices of its own, and sizes that are none", () => {
    const inner = gen(function* (_: Tensor) {
      yield* sample("z", normal(0, 1));
    });
    const program = (subsample: number) =>
      gen(function* () {
        yield* plate("rows", (yn: Tensor) => inner(yn), y, { subsample });
      })();
    expect(() => run(0, simulate(program(2)))).toThrow(code("subsample-choices"));
    expect(() => run(0, simulate(program(7)))).toThrow(code("plate-rows"));
  });
});

describe("repeat and vectorize", () => {
  const point = gen(function* (m: Tensor | number, s: number) {
    const x = yield* sample("x", normal(m, s));
    return { x, y: yield* sample("y", normal(x, 1)) };
  });

  it("repeat runs a program independently", () => {
    const program = gen(function* () {
      return yield* repeat("points", 4, point(1, 2));
    });
    const { choices, logDensity, returnValue } = run(0, simulate(program()));
    const [x, z] = [list(choices.points.x), list(choices.points.y)];
    close(logDensity, total(x.map((each, i) => logNormalDensity(each, 1, 2) + logNormalDensity(z[i]!, each))));
    expect(list(returnValue.y)).toEqual(z);
    expect(() => run(0, repeat("x", 0, point(0, 1)))).toThrow(code("option"));
  });

  it("vectorize walks the axes that it is told; its choices have the program's names", () => {
    const points = vectorize(point, { inAxes: [1, null] });
    const means = tf.tensor2d([[0, 10, 20]]);
    const trace = run(0, simulate(points(means, 0.1)));
    const xs = list(trace.choices.x);
    expect(trace.choices.x.shape).toEqual([3, 1]);
    xs.forEach((x, i) => {
      expect(Math.abs(x - 10 * i)).toBeLessThan(1);
    });
    close(run(0, assess(points(means, 0.1), trace.choices)), number(trace.logDensity));
    expect(() => run(0, simulate(vectorize(point, { inAxes: [3, null] })(means, 1)))).toThrow(code("plate-rows"));
  });

  it("stands spliced beside other choices", () => {
    const coins = vectorize(
      gen(function* (p: Tensor) {
        return yield* sample("b", flip(p));
      }),
    );
    const program = gen(function* () {
      const p = yield* sample("p", normal(0, 1));
      return yield* splice(coins(tf.sigmoid(tf.fill([3], 1).mul(p))));
    });
    const trace = run(0, simulate(program()));
    expect(trace.choices.b.shape).toEqual([3]);
    close(run(0, assess(program(), trace.choices)), number(trace.logDensity));
    const { trace: next } = run(1, regenerate(trace, ["p"]));
    expect(list(next.choices.b)).toEqual(list(trace.choices.b));
  });
});

type Strategy = (d: ReturnType<typeof categorical>) => Distribution<CategoryIndex, never>;
const strategies: readonly (readonly [string, Strategy, boolean])[] = [
  ["enumerate", (d) => enumerate(d), true],
  ["measureValued", (d) => measureValued(d), false],
  ["reinforce", (d) => reinforce(d, { copies: 4 }), false],
];
const softmax = (logits: readonly number[]) => {
  const e = logits.map(Math.exp);
  return e.map((each) => each / total(e));
};

describe("switchOn under a discrete choice", () => {
  const logits = [0.3, -0.5, 0.9];
  const p = softmax(logits);
  const means = [-2, 0.5, 3];
  const component = gen(function* (m: number, shift: Tensor) {
    return yield* sample("x", normal(shift.add(m), 1));
  });
  const fixed = gen(function* (m: number, shift: Tensor) {
    return shift.add(m).square();
  });

  it.each(strategies)("%s: E f and its gradient for branches that compute", (_name, strategy, isExact) => {
    const L = objective(function* ({ l, s }: { l: Tensor; s: Tensor }) {
      const program = gen(function* () {
        const k = yield* sample("k", strategy(categorical({ logits: l })));
        return yield* switchOn(
          "part",
          k,
          means.map((m) => fixed(m, s)),
        );
      });
      return (yield* simulate(program())).returnValue;
    });
    const at = { l: tf.tensor1d(logits), s: tf.scalar(0.25) };
    const f = means.map((m) => (m + 0.25) ** 2);
    const value = total(p.map((pk, k) => pk * f[k]!));
    const slopes = [...p.map((pk, k) => pk * (f[k]! - value)), total(p.map((pk, k) => pk * 2 * (means[k]! + 0.25)))];
    if (isExact) {
      const [[found], ...gradients] = estimateOnce(L, at, []) as [[number], number[], number[]];
      close(found, value);
      gradients.flat().forEach((each, i) => {
        close(each, slopes[i]!);
      });
      return;
    }
    const [found, ...gradients] = estimateMoments(L, at, [], { draws: 20_000 });
    agrees(found![0]!, value);
    gradients.flat().forEach((each, i) => {
      agrees(each, slopes[i]!);
    });
    // a negative control: the gradient without the branch's probability
    expect(Math.abs(zScore(gradients[0]![0]!, 0))).toBeGreaterThan(5);
  });

  it.each(strategies)("%s: branches that choose for themselves", (_name, strategy) => {
    const L = objective(function* ({ l, s }: { l: Tensor; s: Tensor }) {
      const program = gen(function* () {
        const k = yield* sample("k", strategy(categorical({ logits: l })));
        return yield* switchOn(
          "part",
          k,
          means.map((m) => component(m, s)),
        );
      });
      return (yield* simulate(program())).returnValue.square();
    });
    const at = { l: tf.tensor1d(logits), s: tf.scalar(0.25) };
    const f = means.map((m) => (m + 0.25) ** 2 + 1);
    const value = total(p.map((pk, k) => pk * f[k]!));
    const slopes = [...p.map((pk, k) => pk * (f[k]! - value)), total(p.map((pk, k) => pk * 2 * (means[k]! + 0.25)))];
    const [found, ...gradients] = estimateMoments(L, at, [], { draws: 20_000 });
    agrees(found![0]!, value);
    gradients.flat().forEach((each, i) => {
      agrees(each, slopes[i]!);
    });
  });

  it("scores the branch that ran, has its choices alone, and refuses other addresses and indices", () => {
    const program = gen(function* (index: number) {
      return yield* switchOn(
        "part",
        index,
        means.map((m) => component(m, tf.scalar(0))),
      );
    });
    for (const k of [0, 1, 2]) {
      const trace = run(k, simulate(program(k)));
      close(trace.logDensity, logNormalDensity(number(trace.returnValue), means[k]!));
    }
    expect(() => run(0, simulate(program(3)))).toThrow(code("switch-index"));
    expect(() => run(0, simulate(program(0.5)))).toThrow(code("switch-index"));
    // @ts-expect-error the compiler sees it, too
    expect(() => run(0, generate(program(0), { part: { z: tf.scalar(0) } }))).toThrow(code("unknown-address"));
  });
});

describe("mix and mask", () => {
  const part = gen(function* (m: number) {
    return yield* sample("x", normal(m, 1));
  });
  const model = (strategy: Strategy) =>
    gen(function* () {
      const x = yield* mix("z", strategy(categorical({ probs: [0.25, 0.75] })), [part(-1), part(2)]);
      yield* observe("y", normal(x, 0.5), 1);
      return x;
    });

  it("scores the component and its choices", () => {
    const trace = run(4, simulate(model((d) => d)()));
    const k = number(trace.choices.z.component);
    const x = number((trace.choices.z.part as { x: Tensor }).x);
    close(
      trace.logDensity,
      Math.log([0.25, 0.75][k]!) + logNormalDensity(x, [-1, 2][k]!) + logNormalDensity(1, x, 0.5),
    );
    close(run(0, assess(model((d) => d)(), trace.choices)), number(trace.logDensity));
    const other = { z: { component: tf.scalar(1 - k), part: { x: tf.scalar(x) } } };
    const { logWeight } = run(5, update(trace, { choices: other }));
    const ratio =
      Math.log([0.25, 0.75][1 - k]! / [0.25, 0.75][k]!) +
      logNormalDensity(x, [-1, 2][1 - k]!) -
      logNormalDensity(x, [-1, 2][k]!);
    close(logWeight, ratio);
  });

  it.each(strategies)("%s: the ELBO of a mixture guide and its gradient", (_name, strategy, isExact) => {
    // model: k ~ (¼, ¾), y | k ~ N(m_k, 1) with y = 1; a guide of k alone
    const ys = gen(function* (m: number) {
      yield* observe("y", normal(m, 1), 1);
      return tf.scalar(0);
    });
    const nothing = gen(function* (m: number) {
      return tf.scalar(m);
    });
    const mixture = gen(function* () {
      yield* mix("z", categorical({ probs: [0.25, 0.75] }), [ys(-1), ys(2)]);
    });
    const guide = gen(function* ({ l }: { l: Tensor }) {
      yield* mix("z", strategy(categorical({ logits: l })), [nothing(0), nothing(0)]);
    });
    const l = [0.2, -0.4];
    const q = softmax(l);
    const f = [0, 1].map((k) => Math.log([0.25, 0.75][k]!) + logNormalDensity(1, [-1, 2][k]!) - Math.log(q[k]!));
    const bound = total(q.map((qk, k) => qk * f[k]!));
    const slopes = q.map((qk, k) => qk * (f[k]! - bound));
    const L = elbo(mixture, guide);
    const at = { l: tf.tensor1d(l) };
    if (isExact) {
      const [[found], gradient] = estimateOnce(L, at, []) as [[number], number[]];
      close(found, bound);
      gradient.forEach((each, i) => {
        close(each, slopes[i]!);
      });
      return;
    }
    const [found, gradient] = estimateMoments(L, at, [], { draws: 20_000 });
    agrees(found![0]!, bound);
    gradient!.forEach((each, i) => {
      agrees(each, slopes[i]!);
    });
  });

  it("mask counts and draws only where its flag is true", () => {
    const program = gen(function* (flag: boolean) {
      return yield* mask("part", flag, part(3), tf.scalar(-7));
    });
    const [on, off] = [true, false].map((flag) => run(1, simulate(program(flag))));
    close(on!.logDensity, logNormalDensity(number(on!.returnValue), 3));
    close(off!.logDensity, 0);
    expect([off!.choices, number(off!.returnValue)]).toEqual([{ part: {} }, -7]);
    const L = objective(function* ({ p }: { p: Tensor }) {
      const random = gen(function* () {
        const b = yield* sample("b", enumerate(flip(p)));
        return yield* mask("part", b, part(3), tf.scalar(-7));
      });
      return (yield* simulate(random())).returnValue;
    });
    const [value, gradient] = estimateMoments(L, { p: tf.scalar(0.3) }, [], { draws: 20_000 });
    agrees(value![0]!, 0.9 - 4.9);
    agrees(gradient![0]!, 10);
  });
});

describe("recurse, iterate, unfold", () => {
  const stop = gen(function* (count: Tensor, _p: Tensor) {
    return count;
  });
  const heads = (depth: number, strategy: (p: Tensor) => Distribution<Tensor, never> = (p) => flip(p)) =>
    recurse<[Tensor, Tensor], Tensor>(
      depth,
      (self) =>
        gen(function* (count: Tensor, p: Tensor) {
          const isHeads = yield* sample("isHeads", strategy(p));
          return yield* cond("rest", isHeads, self(count.add(1), p), stop(count, p));
        }),
      stop,
    );

  it("recurse: heads before the first tails, 4 at most, exactly by enumeration", () => {
    const L = objective(function* ({ p }: { p: Tensor }) {
      return (yield* simulate(heads(4, (q) => enumerate(flip(q)))(tf.scalar(0), p))).returnValue;
    });
    const [[value], [slope]] = estimateOnce(L, { p: tf.scalar(0.6) }, []) as [[number], [number]];
    // Σ_{k=1…4} pᵏ
    close(value, 0.6 + 0.6 ** 2 + 0.6 ** 3 + 0.6 ** 4);
    close(slope, 1 + 2 * 0.6 + 3 * 0.6 ** 2 + 4 * 0.6 ** 3);
  });

  it("recurse: the log density of what was drawn", () => {
    for (const seed of [0, 1, 2, 3]) {
      const trace = run(seed, simulate(heads(4)(tf.scalar(0), tf.scalar(0.6))));
      const k = number(trace.returnValue);
      close(trace.logDensity, k * Math.log(0.6) + (k < 4 ? Math.log(0.4) : 0));
      close(run(9, assess(trace.call, trace.choices)), number(trace.logDensity));
    }
    expect(() => heads(-1)).toThrow(code("option"));
  });

  it("iterate gives the last and unfold all states of the same walk", () => {
    const step = gen(function* (x: Tensor) {
      return yield* sample("x", normal(x.mul(0.5), 1));
    });
    const last = gen(function* () {
      return yield* iterate("walk", 6, (x: Tensor) => step(x), tf.scalar(1));
    });
    const all = gen(function* () {
      return yield* unfold("walk", 6, (x: Tensor) => step(x), tf.scalar(1));
    });
    const [one, many] = [run(3, simulate(last())), run(3, simulate(all()))];
    const xs = list((many.choices.walk as { x: Tensor }).x);
    expect(list(many.returnValue)).toEqual(xs);
    expect(number(one.returnValue)).toBe(xs[5]);
    close(one.logDensity, total(xs.map((x, i) => logNormalDensity(x, 0.5 * (i === 0 ? 1 : xs[i - 1]!)))));
  });
});

describe("mapResult and partial", () => {
  const shifted = gen(function* (shift: number, scale: number) {
    return yield* sample("x", normal(shift, scale));
  });

  it("change the result, and fix arguments; the choices and the density are the same", () => {
    const program = mapResult(partial(shifted, 5), (x) => x.mul(2));
    const [mapped, plain] = [run(1, simulate(program(2))), run(1, simulate(shifted(5, 2)))];
    expect(number(mapped.choices.x)).toBe(number(plain.choices.x));
    expect(number(mapped.returnValue)).toBe(Math.fround(2 * number(plain.choices.x)));
    expect(number(mapped.logDensity)).toBe(number(plain.logDensity));
    const { trace } = run(2, update(mapped, { args: [4] }));
    close(trace.logDensity, logNormalDensity(number(plain.choices.x), 5, 4));
  });
});
