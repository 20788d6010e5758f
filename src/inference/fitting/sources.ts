// Where the data of a step come from: fixed tensors, rows picked inside the step, or an iterator.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { Engine } from "../../runtime/engine.js";
import { formatShape } from "../../util/shapes.js";
import { leavesOf, mapLeaves, type Tree } from "../../util/tree.js";
import { dataTensors } from "../prepare.js";
import { checkFinite } from "./checkFinite.js";
import { epochOrder, type Minibatches } from "./minibatches.js";
import type { SelectData } from "./stepProgram.js";

/** Data tuples one after the other; each is used for one step. Its tensors stay the caller's. */
export type DataStream<D extends readonly unknown[]> = Iterable<D> | AsyncIterable<D>;

/** Data: one tuple for all steps, minibatches, or anything that yields a tuple per step. */
export type FitData<D extends readonly unknown[]> = D | Minibatches<D> | DataStream<D>;

/** The data of a stretch of steps. */
export interface Segment {
  /** Data arguments as the objective sees them; of the tensors only the types count. */
  readonly data: readonly unknown[];
  /** What the step program is given. */
  readonly inputs: readonly Tensor[];
  readonly select: SelectData;
  /** The first step that these are not for. */
  readonly end: number;
  /** Whether they are for many steps, so that it pays to prepare them. */
  readonly isRepeated: boolean;
}

export interface DataSource {
  /** What stands in checkpoints: a run is resumed with data that come in the same way. */
  readonly description: string;
  /** The data from a step on. Steps are asked for in order, except that those since `release` may be asked for again. */
  readonly at: (step: number) => Promise<Segment>;
  /** Steps before this one will not be asked for again. */
  readonly release: (step: number) => void;
  readonly close: () => Promise<void>;
}

/** The source of what a fit on an engine is given as `data`. @throws ElbowError "option" for anything else */
export async function sourceOf(data: FitData<readonly unknown[]>, engine?: Engine): Promise<DataSource> {
  if (Array.isArray(data)) return fixedSource(data, engine);
  if ("kind" in data && data.kind === "minibatches") return minibatchSource(data, engine);
  if (Symbol.iterator in data || Symbol.asyncIterator in data)
    return streamSource(data as DataStream<readonly unknown[]>, engine);
  throw new ElbowError("option", {
    message: `fit: data must be an array of the objective's data arguments, minibatches(…) or an iterable of such arrays\n  received: ${(data as unknown) instanceof tf.Tensor ? "a tensor" : typeof data}`,
    hint: "Wrap a single argument into an array: data: [y].",
  });
}

const asGiven: SelectData = (inputs) => inputs;
const nameOf = (i: number): string => `data argument ${i}`;
const nothing = (): void => undefined;

/** The same data at every step. */
export async function fixedSource(data: readonly unknown[], engine?: Engine): Promise<DataSource> {
  const inputs = dataTensors(data);
  await checkFinite(inputs, namesIn(data), engine);
  const segment: Segment = { data, inputs, select: asGiven, end: Number.POSITIVE_INFINITY, isRepeated: true };
  return { description: "fixed", at: async () => segment, release: nothing, close: async () => undefined };
}

/** The user's name of the i-th tensor among data arguments: its position, and the path inside it. */
const namesIn =
  (data: readonly unknown[]) =>
  (i: number): string => {
    const leaves = leavesOf(data as Tree<unknown>).filter(({ leaf }) => leaf instanceof tf.Tensor);
    const [argument, ...path] = leaves[i]!.path;
    return `${nameOf(Number(argument))}${path.map((each) => `.${each}`).join("")}`;
  };

/** The step's row numbers are a row of the first input, which holds an epoch's batches from the step in the second one on. */
const pickRows: SelectData = ([orders, start, ...tensors], step) => {
  const rows = tf.gather(orders!, tf.sub(step, start!));
  return tensors.map((tensor) => tf.gather(tensor, rows));
};

/** Rows of whole tensors, in an order that is drawn anew for every epoch. */
export async function minibatchSource(
  { data: given, rows, options }: Minibatches<readonly unknown[]>,
  engine?: Engine,
): Promise<DataSource> {
  const tensors = given.map((each) => (each instanceof tf.Tensor ? each : tf.tensor(each)));
  const own = tensors.filter((tensor) => !given.includes(tensor));
  await checkFinite(tensors, nameOf, engine);
  const { size, shuffle, seed, dropLast } = options;
  const full = Math.floor(rows / size);
  const rest = dropLast ? 0 : rows % size;
  const perEpoch = full + (rest > 0 ? 1 : 0);
  let current: (Segment & { readonly start: number }) | undefined;
  const drop = () => tf.dispose(current ? [...current.inputs.slice(0, 2), ...(current.data as Tensor[])] : []);

  const load = (step: number): Segment & { readonly start: number } => {
    const epoch = Math.floor(step / perEpoch);
    const order = epochOrder(rows, options, epoch);
    const isRest = step % perEpoch === full;
    const start = epoch * perEpoch + (isRest ? full : 0);
    const [count, length] = isRest ? [1, rest] : [full, size];
    const picked = isRest ? order.subarray(full * size) : order.subarray(0, full * size);
    const orders = tf.tensor2d(picked, [count, length], "int32");
    const data = tensors.map(({ shape, dtype }) => tf.zeros([length, ...shape.slice(1)], dtype));
    return {
      data,
      inputs: [orders, tf.scalar(start, "int32"), ...tensors],
      select: pickRows,
      start,
      end: start + count,
      isRepeated: count > 1,
    };
  };

  return {
    description: `minibatches of ${size} of ${rows} rows, shuffle ${shuffle}, seed ${seed}, dropLast ${dropLast}`,
    at: async (step) => {
      if (current && step >= current.start && step < current.end) return current;
      drop();
      current = load(step);
      return current;
    },
    release: nothing,
    close: async () => {
      drop();
      tf.dispose(own);
    },
  };
}

/** Data tuples from an iterator, one per step. Those since the last `release` are kept, for a failed step to be repeated. */
export function streamSource(stream: DataStream<readonly unknown[]>, engine?: Engine): DataSource {
  const iterator = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
  const kept = new Map<number, Segment>();
  let taken = 0;
  let first: readonly Tensor[] | undefined;

  const take = async (): Promise<Segment> => {
    const { value, done } = await iterator.next();
    if (done)
      throw new ElbowError("data-exhausted", {
        message: `the data iterator ended after ${taken} batches, and step ${taken} needs one more`,
        hint: "Let it go on for as many batches as there are steps, take fewer steps, or use minibatches(…), which starts over.",
      });
    if (!Array.isArray(value))
      throw new ElbowError("batch", {
        message: `batch ${taken} is not a tuple of data arguments\n  received: ${value instanceof tf.Tensor ? `a tensor ${formatShape(value.shape)}` : typeof value}`,
        hint: "Yield arrays with one element per data argument: yield [x, y].",
      });
    first = checkBatch(dataTensors(value), first, taken);
    // tensors stay the caller's, who may dispose them when asked for the next ones
    const data = mapLeaves(value as Tree<unknown>, (leaf) =>
      leaf instanceof tf.Tensor ? tf.clone(leaf) : leaf,
    ) as readonly unknown[];
    const inputs = dataTensors(data);
    const names = namesIn(data);
    const batch = taken;
    const segment: Segment = { data, inputs, select: asGiven, end: taken + 1, isRepeated: false };
    kept.set(taken++, segment);
    await checkFinite(inputs, (i) => `${names(i)} of batch ${batch}`, engine);
    return segment;
  };

  const release = (step: number) => {
    for (const [at, { inputs }] of kept)
      if (at < step) {
        tf.dispose([...inputs]);
        kept.delete(at);
      }
  };

  return {
    description: "iterator",
    at: async (step) => {
      while (taken < step) {
        await take();
        release(taken);
      }
      return kept.get(step) ?? (await take());
    },
    release,
    close: async () => {
      release(Number.POSITIVE_INFINITY);
      await iterator.return?.();
    },
  };
}

const describe = (tensors: readonly Tensor[]): string =>
  tensors.map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`).join(", ") || "no tensors";

/** Sizes may change from batch to batch (the step is then compiled anew); numbers, dtypes and ranks may not, and none is empty. */
function checkBatch(
  tensors: readonly Tensor[],
  first: readonly Tensor[] | undefined,
  batch: number,
): readonly Tensor[] {
  if (tensors.some((tensor) => tensor.size === 0))
    throw new ElbowError("empty-batch", {
      message: `batch ${batch} is empty\n  received: ${describe(tensors)}`,
      hint: "Leave empty batches out.",
    });
  const isAlike =
    !first ||
    (first.length === tensors.length &&
      first.every(({ dtype, rank }, i) => dtype === tensors[i]!.dtype && rank === tensors[i]!.rank));
  if (!isAlike)
    throw new ElbowError("batch-shape", {
      message: `batch ${batch} does not have the form of the first one\n  expected: ${describe(first)}\n  received: ${describe(tensors)}`,
      hint: "The number of rows may change, the number of tensors, their dtypes and their ranks may not.",
    });
  return first ?? tensors;
}
