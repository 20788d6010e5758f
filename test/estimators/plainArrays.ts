// Arrays and operations in plain JavaScript, side by side with the tfjs call and its text: the oracle of random programs.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { where } from "elbow";

/** Elements in row-major order. */
export interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const knownPositions = new Map<string, readonly (readonly number[])[]>();

/** All positions of a shape in row-major order. */
export function positions(shape: readonly number[]): readonly (readonly number[])[] {
  const key = shape.join();
  const known = knownPositions.get(key);
  if (known) return known;
  const found = shape.reduce<number[][]>(
    (all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
  knownPositions.set(key, found);
  return found;
}

export const plain = (shape: readonly number[], element: (at: readonly number[]) => number): Plain => ({
  shape,
  data: positions(shape).map(element),
});

/** The element at a position; axes of size 1 and missing leading ones broadcast. */
export function read({ shape, data }: Plain, at: readonly number[]): number {
  const offset = at.length - shape.length;
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++)
    flat = flat * shape[axis]! + (shape[axis] === 1 ? 0 : at[axis + offset]!);
  return data[flat]!;
}

/** The shape that shapes broadcast to, if they do. */
export function joint(...shapes: (readonly number[])[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    return sizes.every((size) => size === sizes[0]) ? (sizes[0] ?? 1) : -1;
  });
  return result.includes(-1) ? undefined : result;
}

const elementwise =
  (f: (...x: number[]) => number) =>
  (xs: readonly Plain[]): Plain =>
    plain(joint(...xs.map((x) => x.shape))!, (at) => f(...xs.map((x) => read(x, at))));

/** Attributes of an operation: numbers and lists of numbers, as they are printed. */
export type Attributes = Record<string, any>;

export interface Operation {
  readonly tf: (xs: Tensor[], a: Attributes) => Tensor;
  readonly plain: (xs: Plain[], a: Attributes) => Plain;
  readonly text: (xs: string[], a: Attributes) => string;
}

const json = JSON.stringify;
const withAxis = (at: readonly number[], axis: number, i: number): number[] => [
  ...at.slice(0, axis),
  i,
  ...at.slice(axis),
];
const replaced = (at: readonly number[], axis: number, i: number): number[] =>
  at.map((each, j) => (j === axis ? i : each));
const indices = (x: Tensor) => tf.cast(x, "int32");

function reduction(
  name: string,
  call: (x: Tensor, axis: number[], keepDims: boolean) => Tensor,
  total: (group: number[]) => number,
): Operation {
  return {
    tf: ([x], { axes, keepDims }) => call(x!, axes, keepDims),
    plain: ([x], { axes, keepDims }) => {
      const inner = positions((axes as number[]).map((axis) => x!.shape[axis]!));
      const kept = x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const all = plain(kept, (at) =>
        total(
          inner.map((group) =>
            read(
              x!,
              at.map((each, axis) => (axes.includes(axis) ? group[axes.indexOf(axis)]! : each)),
            ),
          ),
        ),
      );
      return { shape: keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis)), data: all.data };
    },
    text: ([x], { axes, keepDims }) => `tf.${name}(${x}, ${json(axes)}${keepDims ? ", true" : ""})`,
  };
}

const unary = (f: (x: number) => number, call: (x: Tensor) => Tensor, text: (x: string) => string): Operation => ({
  tf: ([x]) => call(x!),
  plain: elementwise(f),
  text: ([x]) => text(x!),
});
const binary = (
  f: (x: number, y: number) => number,
  name: string,
  call: (x: Tensor, y: Tensor) => Tensor,
): Operation => ({
  tf: ([x, y]) => call(x!, y!),
  plain: elementwise(f),
  text: ([x, y]) => `tf.${name}(${x}, ${y})`,
});

const sum = (xs: number[]) => xs.reduce((total, x) => total + x, 0);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const logSumExp = (xs: number[]) => Math.log(sum(xs.map(Math.exp)));

export const operations = {
  add: binary((x, y) => x + y, "add", tf.add),
  sub: binary((x, y) => x - y, "sub", tf.sub),
  mul: binary((x, y) => x * y, "mul", tf.mul),
  div: binary((x, y) => x / y, "div", tf.div),
  maximum: binary(Math.max, "maximum", tf.maximum),
  minimum: binary(Math.min, "minimum", tf.minimum),
  neg: unary(
    (x) => -x,
    tf.neg,
    (x) => `tf.neg(${x})`,
  ),
  square: unary(
    (x) => x * x,
    tf.square,
    (x) => `tf.square(${x})`,
  ),
  abs: unary(Math.abs, tf.abs, (x) => `tf.abs(${x})`),
  sigmoid: unary(sigmoid, tf.sigmoid, (x) => `tf.sigmoid(${x})`),
  softplus: unary(
    (x) => Math.log1p(Math.exp(x)),
    tf.softplus,
    (x) => `tf.softplus(${x})`,
  ),
  tanh: unary(
    (x) => Math.tanh(x / 2),
    (x) => tf.tanh(tf.mul(x, 0.5)),
    (x) => `tf.tanh(tf.mul(${x}, 0.5))`,
  ),
  exp: unary(
    (x) => Math.exp(Math.tanh(x / 2)),
    (x) => tf.exp(tf.tanh(tf.mul(x, 0.5))),
    (x) => `tf.exp(tf.tanh(tf.mul(${x}, 0.5)))`,
  ),
  sum: reduction("sum", (x, axes, keepDims) => tf.sum(x, axes, keepDims), sum),
  mean: reduction(
    "mean",
    (x, axes, keepDims) => tf.mean(x, axes, keepDims),
    (xs) => sum(xs) / xs.length,
  ),
  prod: reduction(
    "prod",
    (x, axes, keepDims) => tf.prod(x, axes, keepDims),
    (xs) => xs.reduce((product, x) => product * x, 1),
  ),
  max: reduction(
    "max",
    (x, axes, keepDims) => tf.max(x, axes, keepDims),
    (xs) => Math.max(...xs),
  ),
  logSumExp: reduction("logSumExp", (x, axes, keepDims) => tf.logSumExp(x, axes, keepDims), logSumExp),
  scale: {
    tf: ([x], { by }) => tf.mul(x!, by),
    plain: ([x], { by }) => ({ shape: x!.shape, data: x!.data.map((each) => each * by) }),
    text: ([x], { by }) => `tf.mul(${x}, ${by})`,
  },
  shift: {
    tf: ([x], { by }) => tf.add(x!, by),
    plain: ([x], { by }) => ({ shape: x!.shape, data: x!.data.map((each) => each + by) }),
    text: ([x], { by }) => `tf.add(${x}, ${by})`,
  },
  constant: {
    tf: (_, { shape, data }) => tf.tensor(data, shape, "float32"),
    plain: (_, { shape, data }) => ({ shape, data }),
    text: (_, { shape, data }) => `tf.tensor(${json(data)}, ${json(shape)})`,
  },
  reshape: {
    tf: ([x], { shape }) => tf.reshape(x!, shape),
    plain: ([x], { shape }) => ({ shape, data: x!.data }),
    text: ([x], { shape }) => `tf.reshape(${x}, ${json(shape)})`,
  },
  broadcastTo: {
    tf: ([x], { shape }) => tf.broadcastTo(x!, shape),
    plain: ([x], { shape }) => plain(shape, (at) => read(x!, at)),
    text: ([x], { shape }) => `tf.broadcastTo(${x}, ${json(shape)})`,
  },
  transpose: {
    tf: ([x], { order }) => tf.transpose(x!, order),
    plain: ([x], { order }) =>
      plain(
        order.map((axis: number) => x!.shape[axis]!),
        (at) =>
          read(
            x!,
            x!.shape.map((_, axis) => at[order.indexOf(axis)]!),
          ),
      ),
    text: ([x], { order }) => `tf.transpose(${x}, ${json(order)})`,
  },
  matMul: {
    tf: ([x, y]) => tf.matMul(x!, y!),
    plain: ([x, y]) => {
      const batch = joint(x!.shape.slice(0, -2), y!.shape.slice(0, -2))!;
      const inner = x!.shape.at(-1)!;
      return plain([...batch, x!.shape.at(-2)!, y!.shape.at(-1)!], (at) => {
        const [lead, i, j] = [at.slice(0, -2), at.at(-2)!, at.at(-1)!];
        return sum(Array.from({ length: inner }, (_, k) => read(x!, [...lead, i, k]) * read(y!, [...lead, k, j])));
      });
    },
    text: ([x, y]) => `tf.matMul(${x}, ${y})`,
  },
  concat: {
    tf: (xs, { axis }) => tf.concat(xs, axis),
    plain: (xs, { axis }) => {
      const total = sum(xs.map((x) => x.shape[axis]!));
      return plain(replaced(xs[0]!.shape, axis, total), (at) => {
        let [i, k] = [at[axis]!, 0];
        while (i >= xs[k]!.shape[axis]!) i -= xs[k++]!.shape[axis]!;
        return read(xs[k]!, replaced(at, axis, i));
      });
    },
    text: (xs, { axis }) => `tf.concat([${xs}], ${axis})`,
  },
  stack: {
    tf: (xs, { axis }) => tf.stack(xs, axis),
    plain: (xs, { axis }) =>
      plain(withAxis(xs[0]!.shape, axis, xs.length), (at) =>
        read(xs[at[axis]!]!, [...at.slice(0, axis), ...at.slice(axis + 1)]),
      ),
    text: (xs, { axis }) => `tf.stack([${xs}], ${axis})`,
  },
  slice: {
    tf: ([x], { begin, size }) => tf.slice(x!, begin, size),
    plain: ([x], { begin, size }) =>
      plain(size, (at) =>
        read(
          x!,
          at.map((i, axis) => i + begin[axis]!),
        ),
      ),
    text: ([x], { begin, size }) => `tf.slice(${x}, ${json(begin)}, ${json(size)})`,
  },
  gather: {
    tf: ([x], { picks, axis }) => tf.gather(x!, tf.tensor1d(picks, "int32"), axis),
    plain: ([x], { picks, axis }) =>
      plain(replaced(x!.shape, axis, picks.length), (at) => read(x!, replaced(at, axis, picks[at[axis]!]))),
    text: ([x], { picks, axis }) => `tf.gather(${x}, tf.tensor1d(${json(picks)}, "int32"), ${axis})`,
  },
  lookUp: {
    tf: ([x, k], { axis, batchDims }) => tf.gather(x!, indices(k!), axis, batchDims),
    plain: ([x, k], { axis, batchDims }) => {
      const picks = k!.shape.slice(batchDims);
      return plain([...x!.shape.slice(0, axis), ...picks, ...x!.shape.slice(axis + 1)], (at) => {
        const i = read(k!, [...at.slice(0, batchDims), ...at.slice(axis, axis + picks.length)]);
        return read(x!, [...at.slice(0, axis), i, ...at.slice(axis + picks.length)]);
      });
    },
    text: ([x, k], { axis, batchDims }) => `tf.gather(${x}, tf.cast(${k}, "int32"), ${axis}, ${batchDims})`,
  },
  segmentSum: {
    tf: ([x, k], { count }) => tf.unsortedSegmentSum(x!, indices(k!) as tf.Tensor1D, count),
    plain: ([x, k], { count }) =>
      plain([count, ...x!.shape.slice(1)], ([segment, ...rest]) =>
        sum(k!.data.flatMap((each, i) => (each === segment ? [read(x!, [i, ...rest])] : []))),
      ),
    text: ([x, k], { count }) => `tf.unsortedSegmentSum(${x}, tf.cast(${k}, "int32"), ${count})`,
  },
  cumsum: {
    tf: ([x], { axis, exclusive, reverse }) => tf.cumsum(x!, axis, exclusive, reverse),
    plain: ([x], { axis, exclusive, reverse }) =>
      plain(x!.shape, (at) => {
        const isBefore = (i: number) =>
          exclusive && i === at[axis] ? false : reverse ? i >= at[axis]! : i <= at[axis]!;
        return sum(
          Array.from({ length: x!.shape[axis]! }, (_, i) => (isBefore(i) ? read(x!, replaced(at, axis, i)) : 0)),
        );
      }),
    text: ([x], { axis, exclusive, reverse }) => `tf.cumsum(${x}, ${axis}, ${exclusive}, ${reverse})`,
  },
  reverse: {
    tf: ([x], { axis }) => tf.reverse(x!, axis),
    plain: ([x], { axis }) => plain(x!.shape, (at) => read(x!, replaced(at, axis, x!.shape[axis]! - 1 - at[axis]!))),
    text: ([x], { axis }) => `tf.reverse(${x}, ${axis})`,
  },
  pad: {
    tf: ([x], { paddings, value }) => tf.pad(x!, paddings, value),
    plain: ([x], { paddings, value }) =>
      plain(
        x!.shape.map((size, axis) => size + paddings[axis][0] + paddings[axis][1]),
        (at) => {
          const from = at.map((i, axis) => i - paddings[axis][0]);
          return from.every((i, axis) => i >= 0 && i < x!.shape[axis]!) ? read(x!, from) : value;
        },
      ),
    text: ([x], { paddings, value }) => `tf.pad(${x}, ${json(paddings)}, ${value})`,
  },
  tile: {
    tf: ([x], { times }) => tf.tile(x!, times),
    plain: ([x], { times }) =>
      plain(
        x!.shape.map((size, axis) => size * times[axis]),
        (at) =>
          read(
            x!,
            at.map((i, axis) => i % x!.shape[axis]!),
          ),
      ),
    text: ([x], { times }) => `tf.tile(${x}, ${json(times)})`,
  },
  oneHot: {
    tf: ([k], { depth }) => tf.cast(tf.oneHot(indices(k!), depth), "float32"),
    plain: ([k], { depth }) => plain([...k!.shape, depth], (at) => +(read(k!, at.slice(0, -1)) === at.at(-1))),
    text: ([k], { depth }) => `tf.cast(tf.oneHot(tf.cast(${k}, "int32"), ${depth}), "float32")`,
  },
  softmax: {
    tf: ([x]) => tf.softmax(x!, -1),
    plain: ([x]) => {
      const last = x!.shape.length - 1;
      return plain(x!.shape, (at) =>
        Math.exp(
          read(x!, at) - logSumExp(Array.from({ length: x!.shape[last]! }, (_, i) => read(x!, replaced(at, last, i)))),
        ),
      );
    },
    text: ([x]) => `tf.softmax(${x}, -1)`,
  },
  sorted: {
    tf: ([x]) => tf.topk(x!, x!.shape.at(-1)!).values,
    plain: ([x]) => {
      const n = x!.shape.at(-1)!;
      return plain(
        x!.shape,
        (at) =>
          Array.from({ length: n }, (_, i) => read(x!, replaced(at, at.length - 1, i))).sort((p, q) => q - p)[
            at.at(-1)!
          ]!,
      );
    },
    text: ([x]) => `tf.topk(${x}, ${"" /* all */}).values`,
  },
  where: {
    tf: ([k, x, y], { is }) => where(tf.equal(k!, is), x!, y!),
    plain: ([k, x, y], { is }) => elementwise((condition, a, b) => (condition === is ? a! : b!))([k!, x!, y!]),
    text: ([k, x, y], { is }) => `where(tf.equal(${k}, ${is}), ${x}, ${y})`,
  },
  exceeds: {
    tf: ([x], { by }) => tf.cast(tf.greater(x!, by), "float32"),
    plain: ([x], { by }) => ({ shape: x!.shape, data: x!.data.map((each) => +(each > by)) }),
    text: ([x], { by }) => `tf.cast(tf.greater(${x}, ${by}), "float32")`,
  },
  agree: {
    tf: ([k, l]) => tf.cast(tf.equal(k!, l!), "float32"),
    plain: elementwise((k, l) => +(k === l)),
    text: ([k, l]) => `tf.cast(tf.equal(${k}, ${l}), "float32")`,
  },
  argMax: {
    tf: ([x], { axis }) => tf.cast(tf.argMax(x!, axis), "float32"),
    plain: ([x], { axis }) =>
      plain([...x!.shape.slice(0, axis), ...x!.shape.slice(axis + 1)], (at) => {
        const line = Array.from({ length: x!.shape[axis]! }, (_, i) => read(x!, withAxis(at, axis, i)));
        return line.indexOf(Math.max(...line));
      }),
    text: ([x], { axis }) => `tf.cast(tf.argMax(${x}, ${axis}), "float32")`,
  },
} satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;
export const operationOf = (name: OperationName): Operation => operations[name];
