import { util } from "@tensorflow/tfjs-core";
import { invariant } from "../../errors.js";
import { cast } from "../primitives/comparison.js";
import type { Attributes, DType, Variable } from "../program.js";

/** A kernel's operands by tfjs's names for them; a kernel that takes a list numbers them "0", "1", …. */
export type Inputs = Readonly<Record<string, Variable | readonly Variable[]>>;

/** What a tfjs kernel means: emits it into the current builder. */
export type Capture = (inputs: Inputs, attributes: Attributes) => Variable | readonly Variable[];

/** Kernels of one family by tfjs's names. */
export type Captures = Readonly<Record<string, Capture>>;

/** The operand of a name. */
export function operand(inputs: Inputs, name: string): Variable {
  const found = optional(inputs, name);
  invariant(found, `a tfjs kernel came without its operand ${name}`);
  return found;
}

/** The operand of a name that may be missing. */
export function optional(inputs: Inputs, name: string): Variable | undefined {
  const found = inputs[name];
  return Array.isArray(found) ? found[0] : (found as Variable | undefined);
}

/** The operands of a kernel that takes a list. */
export const list = (inputs: Inputs): Variable[] => Object.values(inputs).flat() as Variable[];

/** An attribute that names one axis, several or (null) all, as axes counted from the front. */
export const axesOf = (axis: number | number[] | null, x: Variable): number[] =>
  util.parseAxisParam(axis as number[], [...x.shape]);

/** The value as a float: what functions of real numbers make of integers. */
export const real = (x: Variable): Variable => cast(x, "float32");

const order: readonly DType[] = ["bool", "int32", "float32"];

/** Both values in the wider of their element types. */
export function matched(a: Variable, b: Variable): [Variable, Variable] {
  const dtype = order[Math.max(order.indexOf(a.dtype), order.indexOf(b.dtype))]!;
  return [cast(a, dtype), cast(b, dtype)];
}
