// Elementwise operations as expressions on scalars: f32, i32, bool.
import type { Attributes, DType } from "../../../ir/program.js";
import { familyFunction } from "./families/all.js";
import { mathName } from "./mathFunctions.js";

/** One operation on elements. */
export interface Application {
  readonly x: readonly string[];
  /** dtypes of the operands. */
  readonly from: readonly DType[];
  readonly to: DType;
  readonly attributes: Attributes;
}

type Rule = (application: Application) => string;

export const scalarType: Readonly<Record<DType, string>> = { float32: "f32", int32: "i32", bool: "bool" };

/** A value as the word that memory holds. */
export const toWord = (code: string, dtype: DType): string =>
  dtype === "bool" ? `select(0u, 1u, ${code})` : `bitcast<u32>(${code})`;

/** The value of a word in memory. */
export const fromWord = (word: string, dtype: DType): string =>
  dtype === "bool" ? `(${word} != 0u)` : `bitcast<${scalarType[dtype]}>(${word})`;

const infix =
  (operator: string): Rule =>
  ({ x: [a, b] }) =>
    `(${a} ${operator} ${b})`;
const logical =
  (operator: string, ofBooleans = operator): Rule =>
  ({ x: [a, b], from }) =>
    `(${a} ${from[0] === "bool" ? ofBooleans : operator} ${b})`;
/** Booleans are compared as integers. */
const ordered =
  (operator: string): Rule =>
  ({ x: [a, b], from }) =>
    from[0] === "bool" ? `(u32(${a}) ${operator} u32(${b}))` : `(${a} ${operator} ${b})`;
const call =
  (float: string, integer: string): Rule =>
  ({ x, from }) =>
    `${from[0] === "float32" ? float : integer}(${x.join(", ")})`;
const bits = (name: string, x: readonly string[]): string =>
  `from_bits(${name}(${x.map((each) => `bitcast<u32>(${each})`).join(", ")}))`;
const same: Rule = ({ x: [a] }) => a!;
const test =
  (name: string, ofIntegers: boolean): Rule =>
  ({ x: [a], from }) =>
    from[0] === "float32" ? `${name}(${a})` : String(ofIntegers);

const cast: Rule = ({ x: [a], from: [from], to }) => {
  if (from === to) return a!;
  if (to === "bool") return from === "float32" ? `(${a} != 0f)` : `(${a} != 0)`;
  if (from === "bool") return to === "float32" ? `select(0f, 1f, ${a})` : `select(0, 1, ${a})`;
  return to === "float32" ? `f32(${a})` : `to_integer(${a})`;
};

const rules: Readonly<Record<string, Rule>> = {
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  weakProduct: infix("*"),
  div: infix("/"),
  neg: ({ x: [a] }) => `(-${a})`,
  reciprocal: ({ x: [a] }) => `(1f / ${a})`,
  abs: ({ x: [a] }) => `abs(${a})`,
  sign: call("sign_of", "sign"),
  maximum: call("greatest", "max"),
  minimum: call("least", "min"),
  floor: call("floor", ""),
  ceil: call("ceil", ""),
  round: call("round", ""),
  trunc: call("trunc", ""),
  sqrt: ({ x: [a] }) => `sqrt(${a})`,
  rsqrt: ({ x: [a] }) => `(1f / sqrt(${a}))`,
  equal: logical("=="),
  notEqual: logical("!="),
  less: ordered("<"),
  lessEqual: ordered("<="),
  greater: ordered(">"),
  greaterEqual: ordered(">="),
  logicalAnd: infix("&&"),
  logicalOr: infix("||"),
  logicalXor: infix("!="),
  logicalNot: ({ x: [a] }) => `(!${a})`,
  isNaN: test("is_nan", false),
  isInf: test("is_infinite", false),
  isFinite: test("is_finite", true),
  checked: ({ x: [condition] }) => `select(not_a_number(), 0f, ${condition})`,
  select: ({ x: [condition, a, b] }) => `select(${b}, ${a}, ${condition})`,
  cast,
  broadcastTo: same,
  stopGradient: same,
  assumeContinuous: same,
  leaf: same,
  logGammaPath: same,
  vonMisesPath: same,
  sphereAnglePath: same,
  floorDiv: ({ x, to }) => (to === "int32" ? `floor_div_i32(${x.join(", ")})` : `floor(${x.join(" / ")})`),
  mod: ({ x, to }) => (to === "int32" ? `mod_i32(${x.join(", ")})` : bits("math_mod", x)),
};

/** The expression of an elementwise primitive, or undefined if there is none. */
export function elementwiseRule(name: string): Rule | undefined {
  if (rules[name]) return rules[name];
  if (name === "polygamma") return ({ x, attributes }) => bits(mathName(name, attributes.n)!, x);
  const function_ = mathName(name);
  return function_ === undefined ? undefined : ({ x }) => bits(function_, x);
}

/** Roughly how many instructions one element takes. */
export function elementwiseCost(name: string): number {
  if (rules[name] === same) return 0;
  if (rules[name]) return ["div", "sqrt", "rsqrt", "reciprocal", "floorDiv", "mod"].includes(name) ? 4 : 1;
  return costs.get(name) ?? (familyFunction(`math_${name}`) ? 1500 : 60);
}

const costs: ReadonlyMap<string, number> = new Map([
  ...["exp", "expm1", "log", "log1p", "sigmoid", "tanh", "erf"].map((name) => [name, 15] as const),
  ...["logGammaDraw", "vonMisesDraw", "binomialDraw", "sphereAngleDraw", "poissonQuantile"].map(
    (name) => [name, 600] as const,
  ),
  ...["softplus", "sin", "cos", "sinh", "cosh", "asinh", "acosh", "atanh", "atan"].map((name) => [name, 30] as const),
]);
