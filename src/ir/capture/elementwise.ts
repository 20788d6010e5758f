// Kernels that act element by element.
import type { Value } from "../builder.js";
import * as arithmetic from "../primitives/arithmetic.js";
import * as comparison from "../primitives/comparison.js";
import { add, mul } from "../primitives/elementwise.js";
import * as exponential from "../primitives/exponential.js";
import { pow } from "../primitives/power.js";
import * as rounding from "../primitives/rounding.js";
import { erf } from "../primitives/special.js";
import * as trigonometric from "../primitives/trigonometric.js";
import type { Variable } from "../program.js";
import { type Capture, type Captures, list, matched, operand, real } from "./capture.js";

const one =
  (emitter: (x: Variable) => Variable): Capture =>
  (inputs) =>
    emitter(operand(inputs, "x"));

/** Functions of real numbers: tfjs computes them for integers too. */
const oneReal = (emitter: (x: Variable) => Variable): Capture => one((x) => emitter(real(x)));

const two =
  (emitter: (a: Value, b: Value) => Variable): Capture =>
  (inputs) =>
    emitter(...matched(operand(inputs, "a"), operand(inputs, "b")));

const twoReal = (emitter: (a: Value, b: Value) => Variable): Capture =>
  two((a, b) => emitter(real(a as Variable), real(b as Variable)));

const arithmetics: Captures = {
  Abs: one(arithmetic.abs),
  Add: two(add),
  AddN: (inputs) => list(inputs).reduce((sum, x) => add(sum, x)),
  ClipByValue: (inputs, { clipValueMin, clipValueMax }) =>
    arithmetic.clip(operand(inputs, "x"), clipValueMin, clipValueMax),
  FloorDiv: two(arithmetic.floorDiv),
  Maximum: two(arithmetic.maximum),
  Minimum: two(arithmetic.minimum),
  Mod: two(arithmetic.mod),
  Multiply: two(mul),
  Neg: one(arithmetic.neg),
  Pow: two(pow),
  RealDiv: twoReal(arithmetic.div),
  Reciprocal: oneReal(arithmetic.reciprocal),
  Sign: one(arithmetic.sign),
  Square: one(arithmetic.square),
  SquaredDifference: two((a, b) => arithmetic.square(arithmetic.sub(a, b))),
  Sub: two(arithmetic.sub),
};

const functions: Captures = {
  Acos: oneReal(trigonometric.acos),
  Acosh: oneReal(exponential.acosh),
  Asin: oneReal(trigonometric.asin),
  Asinh: oneReal(exponential.asinh),
  Atan: oneReal(trigonometric.atan),
  Atan2: twoReal(trigonometric.atan2),
  Atanh: oneReal(exponential.atanh),
  Ceil: one(rounding.ceil),
  Cos: oneReal(trigonometric.cos),
  Cosh: oneReal(exponential.cosh),
  Erf: oneReal(erf),
  Exp: oneReal(exponential.exp),
  Expm1: oneReal(exponential.expm1),
  Floor: one(rounding.floor),
  Log: oneReal(exponential.log),
  Log1p: oneReal(exponential.log1p),
  Round: one(rounding.round),
  Rsqrt: oneReal(exponential.rsqrt),
  Sigmoid: oneReal(exponential.sigmoid),
  Sin: oneReal(trigonometric.sin),
  Sinh: oneReal(exponential.sinh),
  Softplus: oneReal(exponential.softplus),
  Sqrt: oneReal(exponential.sqrt),
  Tan: oneReal(trigonometric.tan),
  Tanh: oneReal(exponential.tanh),
};

const logic: Captures = {
  Equal: two(comparison.equal),
  Greater: two(comparison.greater),
  GreaterEqual: two(comparison.greaterEqual),
  IsFinite: one(comparison.isFinite),
  IsInf: one(comparison.isInf),
  IsNan: one(comparison.isNaN),
  Less: two(comparison.less),
  LessEqual: two(comparison.lessEqual),
  LogicalAnd: two(comparison.logicalAnd),
  LogicalNot: one(comparison.logicalNot),
  LogicalOr: two(comparison.logicalOr),
  LogicalXor: two(comparison.logicalXor),
  NotEqual: two(comparison.notEqual),
  Select: (inputs) =>
    comparison.select(operand(inputs, "condition"), ...matched(operand(inputs, "t"), operand(inputs, "e"))),
};

export const elementwiseCaptures: Captures = { ...arithmetics, ...functions, ...logic };
