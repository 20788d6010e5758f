// Elementwise operations on four lanes at a time. Booleans are masks: all ones or all zeros.
import type { V128 } from "./assembler/expression.js";
import { f32x4 } from "./assembler/f32x4.js";
import { i32x4 } from "./assembler/i32x4.js";
import { v128 } from "./assembler/v128.js";
import type { Lanes4 } from "./lanes4.js";
import { mathLanes } from "./mathLanes.js";

type Unary = (x: V128) => V128;
type Binary = (x: V128, y: V128) => V128;

const unary =
  (float: Unary, integer: Unary = float): Lanes4 =>
  ({ x, from }) =>
    (from[0] === "float32" ? float : integer)(x[0]!);
const binary =
  (float: Binary, integer: Binary = float): Lanes4 =>
  ({ x, from }) =>
    (from[0] === "float32" ? float : integer)(x[0]!, x[1]!);

const one = (): V128 => f32x4.const(1);
const asNumber = (mask: V128): V128 => v128.and(mask, one());
const isNaNMask = (x: V128): V128 => f32x4.ne(x, x);
const isInfMask = (x: V128): V128 => f32x4.eq(f32x4.abs(x), Number.POSITIVE_INFINITY);

/** sign(x), NaN for NaN, ±0 for ±0. */
const sign: Unary = (x) =>
  v128.bitselect(
    x,
    f32x4.sub(asNumber(f32x4.gt(x, 0)), asNumber(f32x4.lt(x, 0))),
    v128.or(isNaNMask(x), f32x4.eq(x, 0)),
  );

const cast: Lanes4 = ({ x: [x], from: [from], to }) => {
  if (from === to) return x!;
  if (from === "bool") return to === "float32" ? asNumber(x!) : v128.and(x!, i32x4.const(1));
  if (to === "bool") return from === "float32" ? f32x4.ne(x!, 0) : i32x4.ne(x!, 0);
  return to === "float32" ? f32x4.convertI32x4S(x!) : i32x4.truncSatF32x4S(x!);
};

const same: Lanes4 = ({ x: [x] }) => x!;
const product: Lanes4 = binary(f32x4.mul, i32x4.mul);

/** A comparison; true is −1 as a mask, so booleans compare the other way round. */
const ordered =
  (float: Binary, integer: Binary, mask: Binary): Lanes4 =>
  ({ x: [x, y], from: [dtype] }) =>
    dtype === "float32" ? float(x!, y!) : dtype === "int32" ? integer(x!, y!) : mask(x!, y!);

/** Rules by name of primitive. */
export const laneRules: Readonly<Record<string, Lanes4>> = {
  ...mathLanes,
  add: binary(f32x4.add, i32x4.add),
  sub: binary(f32x4.sub, i32x4.sub),
  mul: product,
  weakProduct: product,
  div: binary(f32x4.div),
  neg: unary(f32x4.neg, i32x4.neg),
  reciprocal: unary((x) => f32x4.div(one(), x)),
  abs: unary(f32x4.abs, i32x4.abs),
  sign: unary(sign, (x) => i32x4.sub(i32x4.ltS(x, 0), i32x4.gtS(x, 0))),
  maximum: binary(f32x4.max, i32x4.maxS),
  minimum: binary(f32x4.min, i32x4.minS),
  floor: unary(f32x4.floor),
  ceil: unary(f32x4.ceil),
  round: unary(f32x4.nearest),
  trunc: unary(f32x4.trunc),
  equal: binary(f32x4.eq, i32x4.eq),
  notEqual: binary(f32x4.ne, i32x4.ne),
  less: ordered(f32x4.lt, i32x4.ltS, i32x4.gtS),
  lessEqual: ordered(f32x4.le, i32x4.leS, i32x4.geS),
  greater: ordered(f32x4.gt, i32x4.gtS, i32x4.ltS),
  greaterEqual: ordered(f32x4.ge, i32x4.geS, i32x4.leS),
  logicalAnd: binary(v128.and),
  logicalOr: binary(v128.or),
  logicalXor: binary(v128.xor),
  logicalNot: unary(v128.not),
  isNaN: unary(isNaNMask, () => i32x4.const(0)),
  isInf: unary(isInfMask, () => i32x4.const(0)),
  isFinite: unary(
    (x) => f32x4.lt(f32x4.abs(x), Number.POSITIVE_INFINITY),
    () => i32x4.const(-1),
  ),
  checked: ({ x: [condition] }) => v128.bitselect(f32x4.const(0), f32x4.const(Number.NaN), condition!),
  select: ({ x: [condition, x, y] }) => v128.bitselect(x!, y!, condition!),
  cast,
  broadcastTo: same,
  stopGradient: same,
  assumeContinuous: same,
  leaf: same,
};
