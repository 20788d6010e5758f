// What a program draws in one stream is independent of what it draws elsewhere in the stream and in any other.
import * as tf from "@tensorflow/tfjs-core";
import { bernoulli, cond, gen, iid, normal, type Objective, objective, reinforce, sample, scan as scanOf } from "elbow";
import { expect, test } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { build, builder } from "../../src/ir/builder.js";
import { innerPrograms } from "../../src/ir/control.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { reshape } from "../../src/ir/primitives/axes.js";
import { greater } from "../../src/ir/primitives/comparison.js";
import { add } from "../../src/ir/primitives/elementwise.js";
import { gather } from "../../src/ir/primitives/indexing.js";
import { stack } from "../../src/ir/primitives/joining.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../../src/ir/primitives/random.js";
import type { Equation, NDArray, Primitive, Program, Type, Variable } from "../../src/ir/program.js";
import { cond as condOf } from "../../src/transforms/cond.js";
import { scan } from "../../src/transforms/scan.js";
import { simplify } from "../../src/transforms/simplify.js";
import { withStream } from "../../src/transforms/streams.js";
import { hashAddress, keyFromSeed } from "../../src/util/keys.js";
import { range, sizeOf } from "../../src/util/shapes.js";

const keyType: Type = { shape: [2], dtype: "int32" };
const int = (...elements: number[]): NDArray => ({
  shape: elements.length === 1 ? [] : [elements.length],
  dtype: "int32",
  elements: Float64Array.from(elements),
});
const rootKey = int(...keyFromSeed(12));
const number = (value: number): NDArray => ({ shape: [], dtype: "float32", elements: Float64Array.of(value) });

const sources: ReadonlySet<Primitive> = new Set(
  [randomBits, randomUniform, randomNormal].map((each) => each.primitive),
);

/** The program, which notes every block that it draws, by key, stream and number. */
function noting(program: Program, blocks: string[]): Program {
  const watched = (equation: Equation): Equation => {
    const { primitive, attributes } = equation;
    const inner = innerPrograms(equation);
    if (inner.length > 0)
      return {
        ...equation,
        attributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [
            name,
            inner.includes(value) ? noting(value, blocks) : value,
          ]),
        ),
      };
    if (!sources.has(primitive)) return equation;
    const evaluateAndNote: Primitive["evaluate"] = (inputs, given) => {
      const [keys, stream] = inputs;
      const size = sizeOf(given.shape);
      for (let i = 0; 2 * i < keys!.elements.length; i++) {
        const number = stream ? stream.elements[stream.shape.length === 0 ? 0 : i] : 0;
        for (let block = 0; block < Math.ceil(size / 2); block++)
          blocks.push(`${keys!.elements[2 * i]} ${keys!.elements[2 * i + 1]}: ${number}, ${block}`);
      }
      return primitive.evaluate(inputs, given);
    };
    return { ...equation, primitive: { ...primitive, evaluate: evaluateAndNote } };
  };
  return { ...program, equations: program.equations.map(watched) };
}

/** Blocks drawn in some streams, the key being the first input and the stream the last one. */
function blocksOf(program: Program, streams: readonly number[]): string[] {
  const blocks: string[] = [];
  const watched = noting(program, blocks);
  for (const stream of streams)
    evaluate(
      watched,
      watched.inputs.map((_, i) => (i === 0 ? rootKey : i === watched.inputs.length - 1 ? int(stream) : number(0.3))),
    );
  return blocks;
}

const walk = gen(function* (x: tf.Tensor) {
  const next = yield* sample("x", normal(x, 0.5));
  const noise = yield* sample("noise", normal(tf.zeros([3]), 1));
  return { carry: next.add(noise.sum()), output: next };
});
const score = gen(function* (x: tf.Tensor) {
  const next = yield* sample("x", reinforce(normal(x, 0.5), { copies: 2 }));
  return { carry: next };
});
const two = gen(function* () {
  return (yield* sample("z", normal(0, 1))).add((yield* sample("w", normal(tf.zeros([2, 3]), 1))).sum());
});
const one = gen(function* () {
  return yield* sample("z", normal(0, 2));
});
const inside = gen(function* (x: tf.Tensor) {
  return { carry: x.add(yield* cond("which", tf.greater(x, 0), two(), one())) };
});

const objectives: Readonly<Record<string, Objective<tf.Tensor, []>>> = {
  plates: objective(function* (theta: tf.Tensor) {
    const x = yield* sample("x", iid([13], normal(theta, 1)));
    const y = yield* sample("y", normal(x.reshape([13, 1]), tf.ones([4])));
    const b = yield* sample("b", reinforce(bernoulli({ probs: tf.sigmoid(x) })));
    return y.sum().add(tf.cast(b, "float32").sum());
  }),
  "a loop": objective(function* (theta: tf.Tensor) {
    const { carry } = yield* scanOf("walk", (x: tf.Tensor, _t: tf.Tensor) => walk(x), theta, 6);
    return carry;
  }),
  "an unrolled loop": objective(function* (theta: tf.Tensor) {
    const { carry } = yield* scanOf("walk", (x: tf.Tensor, _t: tf.Tensor) => score(x), theta, 4);
    return carry;
  }),
  branches: objective(function* (theta: tf.Tensor) {
    const x = yield* cond("first", tf.greater(theta, 0), two(), one());
    return x.add(yield* cond("second", tf.less(theta, 0), two(), one()));
  }),
  "branches in a loop": objective(function* (theta: tf.Tensor) {
    const { carry } = yield* scanOf("loop", (x: tf.Tensor, _t: tf.Tensor) => inside(x), theta, 4);
    return carry;
  }),
};

test.each(Object.keys(objectives))("no block is drawn twice, in no two streams and lanes: %s", (name) => {
  const prepared = prepare(objectives[name]!, tf.scalar(0), [], 3);
  const program = simplify(withStream(prepared.program));
  const streams = [...range(12), 2 ** 31 - 1, -1];
  const blocks = blocksOf(program, streams);
  expect(blocks.length).toBeGreaterThan(3 * streams.length);
  expect(new Set(blocks).size).toBe(blocks.length);
  // negative control: the same stream again draws the same blocks
  expect(new Set(blocksOf(program, [5, 5])).size).toBe(blocks.length / streams.length);
});

const words = (outputs: readonly NDArray[]): number[][] => outputs.map(({ elements }) => [...elements]);
const inStream = (body: (key: Variable) => readonly Variable[], stream: number): number[][] =>
  words(evaluate(withStream(build([keyType], body)), [rootKey, int(stream)]));
const expected = (body: (key: Variable, stream: Variable) => readonly Variable[], stream: number): number[][] =>
  words(evaluate(build([keyType, { shape: [], dtype: "int32" }], body), [rootKey, int(stream)]));

test("keys are derived from the root alone, and the stream enters with the draw", () => {
  const body = (key: Variable, stream?: Variable) => {
    const many = foldIn(foldIn(key, 5), builder().constant(Float64Array.of(1, 2, 3), [3], "int32"));
    return [randomBits(many, [4], stream), randomNormal(foldIn(key, 6), [], stream)];
  };
  expect(inStream((key) => body(key), 9)).toEqual(expected(body, 9));
  const { equations } = withStream(build([keyType], (key) => body(key)));
  expect(equations.map(({ primitive, inputs }) => `${primitive.name}/${inputs.length}`)).toEqual(
    "foldIn/2 foldIn/2 randomBits/2 foldIn/2 randomNormal/2".split(" "),
  );
});

test("loops and branches hand the stream on", () => {
  const element = build([keyType, keyType], (a, b) => [foldIn(a!, 1), randomBits(a!, [3]), foldIn(b!, 2)]);
  const whenTrue = build([keyType], (key) => [key!, randomBits(key!, [2])]);
  const whenFalse = build([keyType], (key) => [foldIn(key!, 1), randomBits(foldIn(key!, 1), [2])]);
  const plain = (key: Variable) => {
    const many = foldIn(key, builder().constant(Float64Array.of(1, 2), [2], "int32"));
    const [last, bits, keys] = scan([key, many], {
      body: element,
      constants: 0,
      carries: 1,
      length: 2,
      reverse: false,
    });
    const isPositive = greater(builder().scalar(1, "int32"), 0);
    const [chosen, more] = condOf(isPositive, [foldIn(key, 3)], { whenTrue, whenFalse });
    return [bits!, more!, randomBits(last!, [2]), randomBits(keys!, [2]), randomBits(chosen!, [2])];
  };
  const byHand = (key: Variable, t: Variable) => {
    const first = foldIn(key, 1);
    return [
      stack([randomBits(key, [3], t), randomBits(first, [3], t)], 0),
      randomBits(foldIn(key, 3), [2], t),
      randomBits(foldIn(first, 1), [2], t),
      stack([randomBits(foldIn(foldIn(key, 1), 2), [2], t), randomBits(foldIn(foldIn(key, 2), 2), [2], t)], 0),
      randomBits(foldIn(key, 3), [2], t),
    ];
  };
  expect(inStream(plain, 31)).toEqual(expected(byHand, 31));
});

/** What stands for a key where the program does more with it than draw. */
const ofStream = (key: Variable, stream: Variable) =>
  foldIn(foldIn(key, hashAddress("streams: the key of a stream")), stream);

test("keys that go another way are folded with the stream there", () => {
  const indices = () => builder().constant(Float64Array.of(2, 0), [2], "int32");
  const three = (key: Variable) => foldIn(key, builder().constant(Float64Array.of(1, 2, 3), [3], "int32"));
  const stream = () => builder().scalar(7, "int32");
  const plain = (key: Variable) => [
    randomBits(gather(three(key), indices()), [3]),
    foldIn(builder().constant(Float64Array.of(4, 4), [2], "int32"), reshape(randomBits(key, [1]), [])),
    randomBits(foldIn(key, 5), [3], stream()),
    key,
  ];
  const byHand = (key: Variable, t: Variable) => [
    randomBits(gather(ofStream(three(key), t), indices()), [3]),
    foldIn(builder().constant(Float64Array.of(4, 4), [2], "int32"), reshape(randomBits(key, [1], t), [])),
    randomBits(ofStream(foldIn(key, 5), t), [3], stream()),
    ofStream(key, t),
  ];
  for (const t of [0, 3]) expect(inStream(plain, t)).toEqual(expected(byHand, t));
});

test("what is a key in one branch or at one step only is one nowhere", () => {
  const whenTrue = build([keyType], (key) => [foldIn(key!, 1)]);
  const whenFalse = build([keyType], () => [builder().constant(Float64Array.of(8, 9), [2], "int32")]);
  const body = build([keyType, keyType], (a, b) => [b!, add(a!, 1), randomBits(a!, [2]), randomBits(b!, [2])]);
  const isPositive = () => greater(builder().scalar(1, "int32"), 0);
  const plain = (key: Variable) => {
    const [chosen] = condOf(isPositive(), [key], { whenTrue, whenFalse });
    const loop = { body, constants: 0, carries: 2, length: 2, reverse: false };
    return [randomBits(chosen!, [2]), ...scan([foldIn(key, 2), foldIn(key, 3)], loop)];
  };
  const byHand = (key: Variable, t: Variable) => {
    const [a, b] = [ofStream(foldIn(key, 2), t), ofStream(foldIn(key, 3), t)];
    return [
      randomBits(ofStream(foldIn(key, 1), t), [2]),
      add(a, 1),
      add(b, 1),
      stack([randomBits(a, [2]), randomBits(b, [2])], 0),
      stack([randomBits(b, [2]), randomBits(add(a, 1), [2])], 0),
    ];
  };
  for (const t of [0, 3]) expect(inStream(plain, t)).toEqual(expected(byHand, t));
});

test("normals of neighbouring streams are not correlated", () => {
  const draws = 20_000;
  const program = withStream(build([keyType], (key) => [randomNormal(foldIn(key, 1), [1])]));
  const xs = range(draws).map((stream) => evaluate(program, [rootKey, int(stream)])[0]!.elements[0]!);
  const z = (f: (i: number) => number, mean: number, variance: number) =>
    Math.abs((range(draws - 1).reduce((sum, i) => sum + f(i), 0) / (draws - 1) - mean) / Math.sqrt(variance / draws));
  expect(z((i) => xs[i]!, 0, 1)).toBeLessThan(5);
  expect(z((i) => xs[i]! ** 2, 1, 2)).toBeLessThan(5);
  expect(z((i) => xs[i]! * xs[i + 1]!, 0, 1)).toBeLessThan(5);
  // negative control: the bound notices a correlation of a twentieth
  expect(z((i) => xs[i]! * (xs[i + 1]! + 0.05 * xs[i]!), 0, 1)).toBeGreaterThan(5);
});
