// What a program can ask for. An effect is a `yield*`; its handler gives it a meaning.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { described } from "../util/described.js";
import { checkFunction } from "../util/expected.js";
import { captureSource, type Source } from "../util/location.js";
import type { Tree } from "../util/tree.js";
import { leavesOf } from "../util/tree.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import { checkCall } from "./checkCall.js";
import type { Verb } from "./verbEffects.js";

/** A computation that asks for effects E on its way to a result R. */
// biome-ignore lint/suspicious/noExplicitAny: what an effect is answered with depends on the effect
export type Effects<E, R> = Generator<E, R, any>;

/** A random choice at an address. */
export interface Sample<A extends string, T extends Tensor> {
  readonly kind: "sample";
  readonly address: A;
  readonly distribution: Distribution<T, never>;
  readonly source: Source;
}

/** Data, scored under a distribution. */
export interface Observe<A extends string = string> {
  readonly kind: "observe";
  readonly address: A;
  readonly distribution: Distribution<Tensor, never>;
  readonly value: Tensor;
  readonly source: Source;
}

/** A log weight. */
export interface Factor<A extends string = string> {
  readonly kind: "factor";
  readonly address: A;
  readonly logWeight: Tensor;
  readonly source: Source;
}

/** Another program, its choices nested under an address. */
export interface Nested<A extends string, C, R, O = unknown> {
  readonly kind: "call";
  readonly address: A;
  readonly call: Call<C, R, readonly unknown[], O>;
  readonly source: Source;
}

/** Another program, its choices on the same level. */
export interface Spliced<C, R, O = unknown> {
  readonly kind: "splice";
  readonly call: Call<C, R, readonly unknown[], O>;
  readonly source: Source;
}

/** The same structure with tensors of any rank: what a value computed from it has. */
export type Tensors<T> = [T] extends [Tensor]
  ? Tensor
  : Tree<Tensor> extends T
    ? Tensor
    : { readonly [K in keyof T]: Tensors<T[K]> };

/** What a program returns whose runs are stacked, or one of several. */
// biome-ignore lint/suspicious/noConfusingVoidType: what a program without a return statement has
export type Result = Tree<Tensor> | void;

/** What one step of a loop returns. */
export interface LoopStep<Carry, Output> {
  readonly carry: Carry;
  readonly output?: Output;
}

/** A loop over a program. */
export interface Looped<A extends string, C = unknown> {
  readonly kind: "scan";
  readonly address: A;
  readonly body: (carry: Tree<Tensor>, element: Tree<Tensor>) => Call<C, LoopStep<Tree<Tensor>, Tree<Tensor>>>;
  readonly initial: Tree<Tensor>;
  readonly sequence: Tree<Tensor> | number;
  readonly source: Source;
}

/** One of several programs; C is the union of their choices. */
export interface Branched<A extends string, C = unknown> {
  readonly kind: "cond";
  readonly address: A;
  /** A boolean scalar, true for the first of two branches, or the number of a branch. */
  readonly selector: Tensor;
  readonly branches: readonly Branch<C>[];
  readonly source: Source;
}

/** A branch; its name gives it randomness of its own. */
export interface Branch<C = unknown> {
  readonly name: string;
  readonly call: Call<C, Result>;
}

/** A program for every row of tensors, side by side. */
export interface Plated {
  readonly kind: "plate";
  /** Undefined where the choices stand on the level of the program itself. */
  readonly address: string | undefined;
  readonly body: (row: Tree<Tensor>) => Call<unknown, Result>;
  readonly rows: Tree<Tensor>;
  /** The number of rows. */
  readonly length: number;
  /** Rows that are drawn and stand for all; undefined where all are taken. */
  readonly subsample: number | undefined;
  /** What log densities are multiplied by. */
  readonly scale: number;
  readonly source: Source;
}

/** Independent runs of a computation, side by side. */
export interface Replicated {
  readonly kind: "replicate";
  readonly runs: number;
  /** Whether the results are those of the computation's estimator. */
  readonly isEstimated: boolean;
  /** Runs the computation once with a key and a number of its own. */
  readonly compute: (key: Tensor, lane: Tensor) => Tree<Tensor>;
  readonly source: Source;
}

/** Random row numbers. */
export interface DrawnRows {
  readonly kind: "rows";
  readonly total: number;
  readonly size: number;
  /** Whether they are drawn independently. */
  readonly replace: boolean;
  readonly source: Source;
}

/** What a program may ask for itself. */
export type ProgramEffect =
  | Sample<string, Tensor>
  | Observe
  | Factor
  | Nested<string, unknown, unknown>
  | Spliced<unknown, unknown>
  | Looped<string>
  | Branched<string>
  | Plated
  | Replicated
  | DrawnRows;

/** A cost that is added to what a computation returns. */
export interface AddedCost {
  readonly kind: "cost";
  readonly weight: Tensor;
  readonly source: Source;
}

/** What a computation may ask for that is no program itself. */
export type Effect = ProgramEffect | Verb | AddedCost;

/** In other languages a third argument of `sample` is data; silently left out it would be a model without them. */
function refuseThird(args: readonly unknown[]): void {
  if (args.length <= 2) return;
  const [address, , third] = args;
  throw new ElbowError("data-in-sample", {
    message: `sample("${address}", …) takes an address and a distribution, and nothing else\n  received: ${described(third)}`,
    hint: `Data are observed: yield* observe("${address}", …, value).`,
    at: { address: String(address) },
  });
}

/**
 * A random choice.
 *
 * @param address - its name, unique within the program; a template literal (`w${i}`) is typed as such
 * @param distribution - with or without a chosen strategy
 * @returns the value, of shape [...batch, ...event]
 * @throws ElbowError "data-in-sample" for a third argument
 * @example
 * ```ts
 * import { gen, normal, run, sample, simulate } from "elbow";
 * const walk = gen(function* () {
 *   const x = yield* sample("x", normal(0, 1));
 *   yield* sample("y", normal(x, 1));
 * });
 * console.log(Object.keys(run(1, simulate(walk())).choices)); // => [ 'x', 'y' ]
 * ```
 */
export const sample = asked(
  "sample",
  function* sample<const A extends string, T extends Tensor>(
    address: A,
    distribution: Distribution<T, never>,
  ): Effects<Sample<A, T>, T> {
    return yield { kind: "sample", address, distribution, source: captureSource() };
  },
  refuseThird,
);

/**
 * Scores data under a distribution. The value must have exactly the shape [...batch, ...event]: nothing is broadcast.
 *
 * @throws ElbowError "observation-shape" where the shapes differ
 */
export const observe = asked("observe", function* observe<
  const A extends string,
>(address: A, distribution: Distribution<Tensor, never>, value: TensorLike): Effects<Observe<A>, Tensor> {
  return yield {
    kind: "observe",
    address,
    distribution,
    value: asTensor(value, "float32", `the value observed at "${address}"`),
    source: captureSource(),
  };
});

/** Adds a log weight, of any shape, to the program's log density. */
export const factor = asked("factor", function* factor<
  const A extends string,
>(address: A, logWeight: TensorLike): Effects<Factor<A>, void> {
  yield {
    kind: "factor",
    address,
    logWeight: asTensor(logWeight, "float32", `the log weight of factor("${address}")`),
    source: captureSource(),
  };
});

/** Runs another program; its choices stand nested under the address. */
export const call = asked("call", function* call<
  const A extends string,
  C,
  R,
  O,
>(address: A, program: Call<C, R, readonly unknown[], O>): Effects<Nested<A, C, R, O>, R> {
  checkCall("call", program, typeof address === "string" ? address : undefined);
  return yield { kind: "call", address, call: program, source: captureSource() };
});

/** Runs another program; its choices stand on the same level as the caller's. */
export const splice = asked("splice", function* splice<C, R, O>(program: Call<C, R, readonly unknown[], O>): Effects<
  Spliced<C, R, O>,
  R
> {
  checkCall("splice", program);
  return yield { kind: "splice", call: program, source: captureSource() };
});

/**
 * Runs a program once per element of a sequence, handing a carry from step to step. Its choices stand stacked along a new
 * first axis under the address.
 *
 * @param body - carry and element ↦ a program that returns `{ carry, output? }`
 * @param initial - the first carry: a tensor or a nested structure of tensors
 * @param sequence - tensors whose first axis is walked, or a number of steps (the element is then the step's index)
 * @returns the last carry, and the outputs stacked
 */
export const scan = asked("scan", function* scan<
  const A extends string,
  Carry extends Tree<Tensor>,
  Element extends Tree<Tensor>,
  Output extends Tree<Tensor>,
  C,
>(address: A, body: (carry: Tensors<Carry>, element: Tensors<Element>) => Call<C, LoopStep<Tensors<Carry>, Output>>, initial: Carry, sequence: Element | number): Effects<
  Looped<A, C>,
  { readonly carry: Tensors<Carry>; readonly outputs: Output }
> {
  checkFunction("scan", "the second argument", body, "Write (carry, element) => program(carry, element).");
  checkScan(address, initial, sequence);
  return yield { kind: "scan", address, body, initial, sequence, source: captureSource() } as unknown as Looped<A, C>;
});

/** @throws ElbowError "scan-carry" and "scan-length" for what cannot be carried or walked */
function checkScan(address: string, initial: unknown, sequence: unknown): void {
  const leaves = (tree: unknown) => leavesOf(tree as Tree<unknown>).map(({ leaf }) => leaf);
  if (!leaves(initial).every((leaf) => leaf instanceof tf.Tensor))
    throw new ElbowError("scan-carry", {
      message: `the first carry of a scan must be a tensor, or a structure of tensors\n  received: ${described(initial)}`,
      hint: "Write tf.scalar(0) for a number.",
      at: { address },
    });
  const isWalked = Number.isSafeInteger(sequence)
    ? (sequence as number) >= 0
    : leaves(sequence).every((leaf) => leaf instanceof tf.Tensor);
  if (!isWalked)
    throw new ElbowError("scan-length", {
      message: `a scan walks tensors, or takes a whole number of steps\n  received: ${described(sequence)}`,
      hint: "Give a sequence whose first axis counts the steps, or their number.",
      at: { address },
    });
}

/** @throws ElbowError "not-a-program" for a branch that is no program applied to its arguments */
export function checkBranch(where: string, name: string, call: unknown, address: string): void {
  if (typeof (call as Partial<Call> | undefined)?.start === "function") return;
  throw new ElbowError("not-a-program", {
    message: `${where}("${address}"): branch ${name} must be a program applied to its arguments\n  received: ${described(call)}`,
    hint: "Write model(data), not model; a branch without choices is a program, too.",
    at: { address },
  });
}

/**
 * Runs one of two programs. The choices under the address are those of the branch that ran; in a compiled program they
 * hold the addresses of both, and zeros where the other one ran. The compiler knows the addresses of both: those that only one
 * of them has may be undefined.
 *
 * @param predicate - a boolean scalar
 */
export const cond = asked("cond", function* cond<
  const A extends string,
  R extends Tree<Tensor>,
  C1,
  C2,
>(address: A, predicate: TensorLike, whenTrue: Call<C1, R>, whenFalse: Call<C2, R>): Effects<Branched<A, C1 | C2>, R> {
  const branches: Branch<C1 | C2>[] = [
    { name: "true", call: whenTrue },
    { name: "false", call: whenFalse },
  ];
  const test = asTensor(predicate, "float32", `the predicate of cond("${address}")`);
  if (test.size !== 1)
    throw new ElbowError("cond-predicate", {
      message: `the predicate of cond("${address}") must be a scalar\n  received: ${described(test)}`,
      hint: "One branch runs for all; elementwise choices between values are where(test, a, b), and rows have a plate.",
      at: { address },
    });
  for (const { name, call } of branches) checkBranch("cond", name, call, address);
  const selector = test.dtype === "bool" ? test : tf.cast(test, "bool");
  return yield { kind: "cond", address, selector, branches, source: captureSource() };
});
