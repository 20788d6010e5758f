// Explanations: every choice with the reason for its strategy, every leaf, the cost after every transform, as data, text and picture.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  categorical,
  type Explanation,
  elbo,
  explain,
  explanationSvg,
  flip,
  formatExplanation,
  gen,
  measureValued,
  normal,
  objective,
  observe,
  quadrature,
  reinforce,
  sample,
  scan,
  withStrategies,
} from "elbow";
import { describe, expect, test } from "vitest";

const model = gen(function* (y: Tensor) {
  const mu = yield* sample("mu", normal(0, 5));
  const z = yield* sample("z", flip(tf.mul(0.25, tf.ones([8]))));
  yield* observe("y", normal(tf.add(mu, z), 1), y);
});
const guide = gen(function* (q: { loc: Tensor; logits: Tensor }, _y: Tensor) {
  yield* sample("mu", normal(q.loc, 1));
  yield* sample("z", flip(tf.sigmoid(q.logits)));
});
const mixture = elbo(model, guide);
const parameters = () => ({ loc: tf.scalar(0), logits: tf.zeros([8]) });
const data = (): Tensor => tf.linspace(-1, 2, 8);

const siteOf = ({ sites }: Explanation, address: string) => sites.find((site) => site.address === address)!;

describe("choices and leaves", () => {
  const explanation = explain(mixture, parameters(), data());

  test("defaults come with their reasons", () => {
    expect(siteOf(explanation, "mu")).toMatchObject({
      family: "normal",
      strategy: "reparam",
      isDefault: true,
      why: "its value reaches every cost continuously",
      isUnbiased: true,
      order: "any",
      lanes: 1,
    });
    expect(siteOf(explanation, "z")).toMatchObject({
      strategy: "enumerate",
      why: "its draws are no differentiable function of its parameters; its 2 values are few",
      lanes: 2,
    });
    expect(siteOf(explanation, "z").source).toMatch(/explain\.test\.ts:\d+$/);
  });

  test("elements that stay apart are aligned with axes of their leaves", () => {
    const { leaves } = explanation;
    const joint = leaves.filter(({ sites }) => sites.includes("mu") && sites.includes("z"));
    expect(joint).toHaveLength(1);
    expect(joint[0]).toMatchObject({ shape: [8], lanes: 2 });
    const touched = siteOf(explanation, "z").leaves!;
    expect(touched.map(({ leaf }) => leaf)).toContain(joint[0]!.number);
    for (const { axes } of touched) expect(axes).toEqual([{ kind: "aligned", axis: 0 }]);
    for (const { axes } of siteOf(explanation, "mu").leaves!) expect(axes).toEqual([]);
  });

  test("elements that a cost needs together are mixed", () => {
    const L = objective(function* (p: Tensor) {
      return tf.square(tf.sum(yield* sample("b", flip(tf.mul(p, tf.ones([3]))))));
    });
    const mixed = explain(L, tf.scalar(0.5));
    expect(siteOf(mixed, "b").leaves).toEqual([{ leaf: 1, axes: [{ kind: "mixed" }] }]);
    expect(mixed.leaves[0]).toMatchObject({ shape: [], lanes: 8, operation: expect.any(String) });
  });

  test("reasons: discontinuities, supports that are too large, what the user names, kinks, loops", () => {
    const step = gen(function* (total: Tensor) {
      return { carry: total.add(yield* sample("x", normal(0, 1))) };
    });
    const L = objective(function* (p: Tensor) {
      const jump = yield* sample("jump", normal(p, 1));
      const many = yield* sample("many", categorical({ logits: tf.mul(p, tf.range(0, 65)) }));
      const named = yield* sample("named", measureValued(normal(p, 1)));
      const kink = yield* sample("kink", normal(p, 1));
      const { carry } = yield* scan("walk", (total: Tensor, _t: Tensor) => step(total), p, 4);
      const parts = [tf.round(jump), tf.square(many), tf.sin(named), tf.relu(kink), tf.square(carry)];
      return tf.addN(parts);
    });
    const explanation = explain(L, tf.scalar(0.5));
    const why = (address: string) => siteOf(explanation, address).why;
    expect(why("jump")).toMatch(
      /^its value passes a discontinuity, round at .*explain\.test\.ts:\d+; it has no finite support$/,
    );
    expect(siteOf(explanation, "jump").strategy).toBe("reinforce");
    expect(why("many")).toContain("its 65 values are more than 64");
    expect(why("named")).toBe("named in the program");
    expect(siteOf(explanation, "named").order).toBe(1);
    expect(why("kink")).toMatch(/^its value reaches every cost continuously; its derivative jumps at maximum at /);
    expect(siteOf(explanation, "kink").order).toBe(1);
    expect(siteOf(explanation, "walk/x").leaves).toBeUndefined();
    expect(explanation.order).toBe(1);
    expect(explanation.isUnbiased).toBe(true);
    const replaced = explain(withStrategies(L, { named: (d) => d }), tf.scalar(0.5));
    expect(siteOf(replaced, "named")).toMatchObject({ strategy: "reparam", isDefault: true });
    const other = explain(withStrategies(L, { named: reinforce }), tf.scalar(0.5));
    expect(siteOf(other, "named")).toMatchObject({ strategy: "reinforce", why: "given from outside the program" });
  });
});

describe("cost", () => {
  test("after every transform", () => {
    const { stages } = explain(mixture, parameters(), data());
    expect(stages.map(({ stage }) => stage)).toEqual([
      "traced program",
      "estimator",
      "simplified",
      "value and gradient",
      "optimizer step",
    ]);
    expect(stages.map(({ lanes }) => lanes)).toEqual([1, 2, 2, 2, 2]);
    const [, , simplified, gradient, step] = stages.map(({ equations }) => equations);
    expect(gradient).toBeGreaterThan(simplified!);
    expect(step).toBeGreaterThan(gradient!);
    for (const { bytes, flops } of stages) expect(Math.min(bytes, flops)).toBeGreaterThan(0);
  });

  test("multiply-adds of products, times the lanes and the turns of loops", () => {
    const a = tf.ones([4, 5]);
    const L = objective(function* (b: Tensor) {
      const k = yield* sample("k", flip(0.5));
      const once = tf.sum(tf.matMul(a, tf.mul(b, k.add(1))).square());
      const step = gen(function* (total: Tensor) {
        return { carry: total.add(tf.sum(tf.tanh(tf.matMul(a, b.mul(total))))) };
      });
      const { carry } = yield* scan("loop", (total: Tensor, _t: Tensor) => step(total), tf.scalar(0), 7);
      return once.add(carry);
    });
    const { stages } = explain(L, tf.ones([5, 6]));
    expect(stages[0]!.multiplyAdds).toBe(4 * 5 * 6 * (1 + 7));
    expect(stages[1]!.multiplyAdds).toBe(4 * 5 * 6 * (2 + 7));
  });

  test("nothing is left behind", () => {
    const [at, y] = [parameters(), data()];
    explain(mixture, at, y);
    const count = tf.memory().numTensors;
    explain(mixture, at, y);
    expect(tf.memory().numTensors).toBe(count);
  });
});

describe("shown", () => {
  const explanation = explain(mixture, parameters(), data());

  test("as JSON nothing is lost", () => {
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
  });

  test("as text", () => {
    const text = formatExplanation(explanation);
    expect(text).toMatch(
      /│ mu +│ normal +│ reparam \(default\) +│ +1 │ +any │ .* │ its value reaches every cost continuously/,
    );
    expect(text).toMatch(/│ z +│ bernoulli +│ enumerate \(default\) +│ +2 │ +any │ \d+ \[0\]/);
    expect(text).toContain("the estimate is unbiased and may be differentiated as often as you like");
    expect(text).toMatch(/│ +\d+ │ mul +│ \[8\] +│ +2 │ mu, z +│/);
    expect(text).toMatch(/│ optimizer step +│ +\d+ │ +2 │/);
    expect(
      formatExplanation(
        explain(
          objective(function* (x: Tensor) {
            return tf.square(x);
          }),
          tf.scalar(1),
        ),
      ),
    ).toMatch(/^no random choices\n/);
  });

  test("as a picture: boxes apart from each other, arrows from choices to leaves to the objective", async () => {
    const svg = await explanationSvg(explanation);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/);
    const boxes = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map(
      (match) => match.slice(1).map(Number),
    ) as [number, number, number, number][];
    expect(boxes).toHaveLength(explanation.sites.length + explanation.leaves.length + 1);
    for (const [i, [x, y, width, height]] of boxes.entries())
      for (const [otherX, otherY, otherWidth, otherHeight] of boxes.slice(i + 1))
        expect(x < otherX + otherWidth && otherX < x + width && y < otherY + otherHeight && otherY < y + height).toBe(
          false,
        );
    const touched = explanation.sites.reduce((sum, { leaves }) => sum + leaves!.length, 0);
    expect(svg.match(/marker-end/g)).toHaveLength(touched + explanation.leaves.length);
    expect(svg).toContain(">z</text>");
    expect(svg).not.toContain("NaN");
  });

  test("strategies that are exact for polynomials say up to which degree", () => {
    const L = objective(function* (p: Tensor) {
      return tf.square(yield* sample("x", quadrature(normal(p, 1), { points: 4 })));
    });
    const explanation = explain(L, tf.scalar(0));
    expect(siteOf(explanation, "x")).toMatchObject({ isUnbiased: false, exactDegree: 7, lanes: 4 });
    expect(formatExplanation(explanation)).toContain("quadrature, exact to degree 7");
  });

  test("as a picture, what is biased is marked and names are escaped", async () => {
    const L = objective(function* (p: Tensor) {
      return yield* sample("a<b&c", normal(p, 1));
    });
    const plain = explain(L, tf.scalar(0));
    const biased = { ...plain, isUnbiased: false, sites: plain.sites.map((site) => ({ ...site, isUnbiased: false })) };
    const svg = await explanationSvg(biased);
    expect(svg).toContain("a&lt;b&amp;c");
    expect(svg.match(/stroke="#c5221f"/g)).toHaveLength(2);
  });
});
