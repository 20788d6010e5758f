// Reference tables as arrays of the reference interpreter, and as tensors.
import { readFileSync } from "node:fs";
import type { Tensor } from "@tensorflow/tfjs-core";
import { evaluate } from "../../src/ir/evaluate.js";
import type { NDArray } from "../../src/ir/primitive.js";
import { type Type, typeOf } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import { valueAndGrad } from "../../src/transforms/grad.js";

/** A number, vector or matrix of a table; infinities and NaN are spelled out. */
export type Nested = number | "Infinity" | "-Infinity" | "NaN" | readonly Nested[];

export interface Point {
  readonly x: Nested;
  readonly logp: Nested;
  readonly d_x?: Nested | null;
  readonly d_x_free?: Nested | null;
  readonly d?: Readonly<Record<string, Nested>> | null;
  readonly cdf?: number | null;
  readonly dcdf?: Readonly<Record<string, Nested>> | null;
  readonly tag?: string;
}

export interface Case {
  readonly params: Readonly<Record<string, Nested>>;
  readonly mean: Nested;
  readonly variance: Nested;
  readonly entropy: Nested;
  readonly points: readonly Point[];
}

/** Parameters that are sizes: numbers of the program, not tensors. */
const sizes = ["dim", "num_steps"];

/** Sizes as part of the family's name: cases of "GaussianRandomWalk(scale), num_steps = 4". */
function bySize([name, cases]: [string, readonly Case[]]): [string, readonly Case[]][] {
  const groups = new Map<string, Case[]>();
  for (const each of cases) {
    const params = Object.entries(each.params);
    const isSize = ([key]: readonly [string, Nested]) => sizes.includes(key);
    const label = [name, ...params.filter(isSize).map(([key, value]) => `${key} = ${value}`)].join(", ");
    const rest = { ...each, params: Object.fromEntries(params.filter((param) => !isSize(param))) };
    groups.set(label, [...(groups.get(label) ?? []), rest]);
  }
  return [...groups];
}

const stored: Readonly<Record<string, readonly Case[]>> = JSON.parse(
  readFileSync(new URL("../reference/distributions.json", import.meta.url), "utf8"),
);

export const tables: Readonly<Record<string, readonly Case[]>> = Object.fromEntries(
  Object.entries(stored).flatMap(bySize),
);

/** The numbers, in order; NaN stands for what has no finite value. */
export const flatten = (value: Nested | null): number[] =>
  Array.isArray(value) ? value.flatMap(flatten) : [value === null ? Number.NaN : Number(value)];

const shapeOf = (value: Nested): number[] => (Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : []);

export const toArray = (value: Nested): NDArray => ({
  shape: shapeOf(value),
  dtype: "float32",
  elements: Float64Array.from(flatten(value)),
});

type TensorFunction = (...inputs: Tensor[]) => Tensor;

/** A function of tensors in double precision. */
export const inDoubles = (f: TensorFunction, inputs: readonly NDArray[]): NDArray =>
  evaluate(
    trace(inputs.map(typeOf), (...tensors) => [f(...tensors)]),
    inputs,
  )[0]!;

/** Value and gradient in all inputs of a scalar function of tensors, in double precision. */
export function gradientInDoubles(
  f: TensorFunction,
  inputs: readonly NDArray[],
): { value: number; gradient: number[][] } {
  const types: Type[] = inputs.map(typeOf);
  const [value, ...gradient] = evaluate(valueAndGrad(trace(types, (...tensors) => [f(...tensors)])), inputs);
  return { value: value!.elements[0]!, gradient: gradient.map(({ elements }) => [...elements]) };
}
