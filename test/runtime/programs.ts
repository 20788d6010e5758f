// Small programs built by hand, with inputs, that every engine has to run.
import { build, builder } from "../../src/ir/builder.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { reciprocal, sub } from "../../src/ir/primitives/arithmetic.js";
import { broadcastTo, reduceSum, reshape, transpose } from "../../src/ir/primitives/axes.js";
import { cast, greater, less, select } from "../../src/ir/primitives/comparison.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { exp, log } from "../../src/ir/primitives/exponential.js";
import { gather } from "../../src/ir/primitives/indexing.js";
import { concat } from "../../src/ir/primitives/joining.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../../src/ir/primitives/random.js";
import { slice } from "../../src/ir/primitives/slicing.js";
import type { DType, Program, Type } from "../../src/ir/program.js";
import { cond } from "../../src/transforms/cond.js";
import { scan } from "../../src/transforms/scan.js";
import { withStream } from "../../src/transforms/streams.js";
import { keyFromSeed } from "../../src/util/keys.js";

export const type = (dtype: DType, ...shape: number[]): Type => ({ shape, dtype });
export const array = (dtype: DType, shape: readonly number[], elements: readonly number[]): NDArray => ({
  shape,
  dtype,
  elements: Float64Array.from(elements),
});
export const float = (...elements: number[]): NDArray => array("float32", [elements.length], elements);
export const scalar = (value: number, dtype: DType = "float32"): NDArray => array(dtype, [], [value]);
export const key = (seed: number): NDArray => array("int32", [2], keyFromSeed(seed));

const keyType = type("int32", 2);
const vector = type("float32", 3);
const number = type("float32");

export interface Case {
  readonly program: Program;
  readonly inputs: readonly NDArray[];
}

/** Σ exp(x)·y with a constant, and the transposed outer product. */
const arithmetic = build([vector, vector], (x, y) => {
  const product = mul(reshape(x, [3, 1]), reshape(y, [1, 3]));
  return [add(reduceSum(mul(exp(x), y)), 1.5), transpose(product, [1, 0])];
});

/** Outputs that are an input, the same variable twice, a constant, and an alias of an input. */
const aliases = build([vector], (x) => {
  const y = mul(x, 2);
  return [x, y, y, broadcastTo(mul(reshape(x, [3, 1]), 1), [3, 2]), reshape(x, [1, 3]), ...constantOf(x)];
});
function constantOf(x: Parameters<typeof mul>[0]) {
  const total = add(0, 7);
  return [total, sub(x, x)];
}

/** Random numbers of keys derived from a key and a counter, used on the device. */
const random = build([keyType, type("int32")], (k, step) => {
  const site = foldIn(foldIn(k, step), 3);
  const next = add(step, 1);
  const noise = randomNormal(site, [2, 3]);
  return [foldIn(k, 1), next, mul(noise, 2), randomUniform(foldIn(k, 7), [5]), randomBits(k, [3])];
});

/** Reverse scan with constants, two carries, two sequences and stacked results of all dtypes. */
const scanBody = build([number, number, type("int32"), vector, type("bool")], (c, s, n, x, b) => {
  const next = add(mul(s, c), reduceSum(x));
  return [next, add(n, 1), mul(x, s), n, greater(next, 10), b, c];
});
const scanProgram = (reverse: boolean) =>
  build([number, number, type("float32", 4, 3), type("bool", 4)], (c, s, x, b) =>
    scan([c, s, add(cast(greater(s, 0), "int32"), 0), x, b], {
      body: scanBody,
      constants: 1,
      carries: 2,
      length: 4,
      reverse,
    }),
  );

/** A random walk: the key is carried and split at every step. */
const walk = build([keyType, number], (k, start) =>
  scan([k, start], {
    body: build([keyType, number], (carried, position) => {
      const moved = add(position, randomNormal(foldIn(carried, 0), []));
      return [foldIn(carried, 1), moved, moved, carried];
    }),
    constants: 0,
    carries: 2,
    length: 6,
    reverse: false,
  }),
);

/** Loops over sequences of random numbers made on the host. */
const hostSequence = build([keyType], (k) =>
  scan([add(0, 0.5), randomNormal(k, [5, 2]), randomBits(k, [5])], {
    body: build([number, type("float32", 2), type("int32")], (total, x, bits) => [
      add(total, reduceSum(x)),
      bits,
      foldIn(foldIn(reshape(bitsKey(bits), [2]), 1), bits),
    ]),
    constants: 0,
    carries: 1,
    length: 5,
    reverse: false,
  }),
);
function bitsKey(bits: Parameters<typeof reshape>[0]) {
  return broadcastTo(reshape(bits, [1]), [2]);
}

const branch = build([vector, number], (x, t) => {
  const whenTrue = build([vector, number], (a, b) => [mul(a, b), a, add(cast(less(b, 0), "int32"), 4)]);
  const whenFalse = build([vector, number], (a, b) => [add(a, b), mul(a, 3), cast(greater(b, 5), "int32")]);
  return cond(greater(t, 0), [x, t], { whenTrue, whenFalse });
});

/** A loop that branches inside, on the host in one branch and on the device in the other. */
const branchInLoop = build([keyType, type("float32", 4)], (k, xs) =>
  scan([k, add(0, 0), xs], {
    body: build([keyType, number, number], (carried, total, x) => {
      const whenTrue = build([keyType, number], (a) => [randomUniform(a, [])]);
      const whenFalse = build([keyType, number], (_, b) => [exp(b)]);
      const [drawn] = cond(greater(x, 0), [carried, x], { whenTrue, whenFalse });
      return [foldIn(carried, 1), add(total, drawn!), drawn!];
    }),
    constants: 0,
    carries: 2,
    length: 4,
    reverse: false,
  }),
);

/** Empty tensors in, through and out; sums over nothing. */
const empty = build([type("float32", 0, 3), vector], (x, y) => [
  mul(x, y),
  reduceSum(x, [0]),
  add(reduceSum(exp(x)), y),
  transpose(x, [1, 0]),
  cast(greater(x, 0), "int32"),
]);

const emptyLoop = build([number, type("float32", 0, 3), keyType], (s, x, k) =>
  scan([s, k, x], {
    body: build([number, keyType, vector], (a, b, row) => [add(a, reduceSum(row)), foldIn(b, 1), mul(row, a), a]),
    constants: 0,
    carries: 2,
    length: 0,
    reverse: true,
  }),
);

const counting = (count: number) =>
  builder().constant(
    Float64Array.from({ length: count }, (_, i) => i),
    [count],
    "int32",
  );

/** Bits of keys drawn in their streams, alone and side by side, and of keys that go through everything into a loop. */
const streams = withStream(
  build([keyType, vector], (k, x) => {
    const many = foldIn(k, counting(6));
    const pairs = reshape(slice(many, [1, 0], [4, 2]), [2, 2, 2]);
    const body = build([keyType, keyType], (a, b) => [foldIn(a, 1), randomBits(foldIn(b, 2), [3])]);
    const carried = scan([k, many], { body, constants: 0, carries: 1, length: 6, reverse: false });
    const whenTrue = build([keyType], (a) => [randomBits(a, [9])]);
    const whenFalse = build([keyType], (a) => [randomBits(foldIn(a, 1), [9])]);
    return [
      randomBits(k, [21]),
      randomBits(many, []),
      randomBits(pairs, [5]),
      randomBits(concat([reshape(k, [1, 2]), reshape(carried[0]!, [1, 2])], 0), [2]),
      carried[1]!,
      ...cond(greater(reduceSum(x), 0), [foldIn(k, 4)], { whenTrue, whenFalse }),
      randomUniform(gather(many, counting(2)), [3]),
      add(x, randomNormal(foldIn(k, 8), [3])),
    ];
  }),
);

/** Bits of several keys in a stream each. */
const streamPerKey = build([type("int32", 5, 2), type("int32", 5)], (keys, each) => [
  randomBits(keys!, [], each),
  randomBits(keys!, [11], each),
]);

const selection = build([vector, type("bool", 3)], (x, b) => [select(b, log(x), -1), reciprocal(x)]);

const rows = array("float32", [4, 3], [0.5, 1, -1, 2, 0.25, 3, -2, 1, 1, 0.75, -0.5, 2]);
const flags = array("bool", [4], [1, 0, 0, 1]);

export const cases: Readonly<Record<string, Case>> = {
  arithmetic: { program: arithmetic, inputs: [float(0.1, -1, 2), float(1, 2, 3)] },
  aliases: { program: aliases, inputs: [float(1, 2, 3)] },
  random: { program: random, inputs: [key(42), scalar(5, "int32")] },
  scan: { program: scanProgram(false), inputs: [scalar(0.9), scalar(1), rows, flags] },
  "reverse scan": { program: scanProgram(true), inputs: [scalar(0.9), scalar(1), rows, flags] },
  walk: { program: walk, inputs: [key(1), scalar(0)] },
  "sequences from the host": { program: hostSequence, inputs: [key(3)] },
  "branch, true": { program: branch, inputs: [float(1, 2, 3), scalar(2)] },
  "branch, false": { program: branch, inputs: [float(1, 2, 3), scalar(-2)] },
  "branches in a loop": { program: branchInLoop, inputs: [key(8), float(1, -1, 2, -2)] },
  "empty tensors": { program: empty, inputs: [array("float32", [0, 3], []), float(1, 2, 3)] },
  "loop of no steps": { program: emptyLoop, inputs: [scalar(4), array("float32", [0, 3], []), key(2)] },
  streams: { program: streams, inputs: [key(4), float(1, 2, 3), scalar(77, "int32")] },
  "streams on one key each": {
    program: streamPerKey,
    inputs: [array("int32", [5, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), array("int32", [5], [0, 1, -1, 2 ** 31 - 1, 7])],
  },
  selection: { program: selection, inputs: [float(1, -1, 4), array("bool", [3], [1, 0, 1])] },
};
