// What is done with the terms of a reduction.
import { broken } from "../../../../errors.js";
import type { DType } from "../../../../ir/program.js";
import type { Root } from "../../plan/roots.js";

/** One way through the terms. Its totals are variables of the source. */
export interface Fold {
  readonly parts: readonly { readonly dtype: DType; readonly initial: string }[];
  /** Lines that take in a term; `before` is the result of the pass before. */
  readonly take: (totals: readonly string[], term: string, r: string, before: string | undefined) => string[];
  /** Lines that take in another thread's totals. */
  readonly merge: (totals: readonly string[], others: readonly string[]) => string[];
  readonly result: (totals: readonly string[], before: string | undefined) => string;
  readonly isSum: boolean;
}

const first = ([total]: readonly string[]): string => total!;

function simple(dtype: DType, initial: string, combine: (x: string, y: string) => string, isSum = false): Fold {
  const into = ([total]: readonly string[], each: string) => [`${total} = ${combine(total!, each)};`];
  return {
    parts: [{ dtype, initial }],
    take: (totals, term) => into(totals, term),
    merge: (totals, [other]) => into(totals, other!),
    result: first,
    isSum,
  };
}

const lowest: Readonly<Record<DType, string>> = {
  float32: "(-infinity())",
  int32: "i32(-2147483647 - 1)",
  bool: "false",
};
const highest: Readonly<Record<DType, string>> = { float32: "infinity()", int32: "2147483647", bool: "true" };
const call = (float: string, integer: string, dtype: DType) => (x: string, y: string) =>
  `${dtype === "float32" ? float : integer}(${x}, ${y})`;

const sum = (dtype: DType): Fold => simple(dtype, dtype === "int32" ? "0" : "0f", (x, y) => `${x} + ${y}`, true);
const maximum = (dtype: DType): Fold =>
  dtype === "bool"
    ? simple("bool", "false", (x, y) => `${x} || ${y}`)
    : simple(dtype, lowest[dtype], call("greatest", "max", dtype));
const minimum = (dtype: DType): Fold =>
  dtype === "bool"
    ? simple("bool", "true", (x, y) => `${x} && ${y}`)
    : simple(dtype, highest[dtype], call("least", "min", dtype));

/** Σ exp(x − shift), with the largest term as the shift if it is finite. */
const exponentials: Fold = {
  ...sum("float32"),
  take: ([total], term, _, largest) => [
    `${total} += from_bits(math_exp(bitcast<u32>(${term} - select(0f, ${largest}, is_finite(${largest})))));`,
  ],
  result: ([total], largest) =>
    `select(0f, ${largest}, is_finite(${largest})) + from_bits(math_log(bitcast<u32>(${total})))`,
  isSum: true,
};

/** The first position of an extremum: the best so far and where, or −1. */
const position = (dtype: DType, operator: string): Fold => {
  const number = (x: string) => (dtype === "bool" ? `u32(${x})` : x);
  return {
    parts: [
      { dtype, initial: dtype === "float32" ? "0f" : dtype === "int32" ? "0" : "false" },
      { dtype: "int32", initial: "-1" },
    ],
    take: ([best, at], term, r) => [
      `if (${at} < 0 || ${number(term)} ${operator} ${number(best!)}) { ${best} = ${term}; ${at} = i32(${r}); }`,
    ],
    merge: ([best, at], [other, place]) => [
      `if (${place} >= 0 && (${at} < 0 || ${number(other!)} ${operator} ${number(best!)} || (${other} == ${best} && ${place} < ${at}))) { ${best} = ${other}; ${at} = ${place}; }`,
    ],
    result: ([, at]) => at!,
    isSum: false,
  };
};

/** The passes of a reduction. */
export function foldOf({ equation }: Root): { readonly passes: readonly Fold[] } {
  const { primitive, inputs, outputs } = equation!;
  const from = inputs[0]!.dtype;
  const to = outputs[0]!.dtype;
  switch (primitive.name) {
    case "reduceProd":
      return { passes: [simple(to, to === "int32" ? "1" : "1f", (x, y) => `${x} * ${y}`)] };
    case "reduceMax":
      return { passes: [maximum(to)] };
    case "reduceMin":
      return { passes: [minimum(to)] };
    case "reduceAny":
      return { passes: [maximum("bool")] };
    case "reduceAll":
      return { passes: [minimum("bool")] };
    case "logSumExp":
      return { passes: [maximum("float32"), exponentials] };
    case "argMax":
      return { passes: [position(from, ">")] };
    case "argMin":
      return { passes: [position(from, "<")] };
    default:
      if (to === "bool") throw broken(`${primitive.name} of booleans`);
      return { passes: [sum(to)] };
  }
}
