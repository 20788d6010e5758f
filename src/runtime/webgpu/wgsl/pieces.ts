// Pieces of WGSL that stand for values on WebAssembly's stack, and what SIMD instructions make of them.
import { broken } from "../../../errors.js";
import { doubleLiteral, f32Literal, laneOf, u32Literal } from "./literals.js";

/**
 * What a piece of source stands for: a single-precision number, bits, a condition, a signed integer, two numbers that make
 * a double, a constant of 16 bytes, or a lane that is not computed.
 */
export type Kind = "f" | "u" | "b" | "i" | "d" | "constant" | "other";

export interface Piece {
  readonly kind: Kind;
  readonly code: string;
  readonly content?: Uint8Array;
  /** Of a constant that only holds under a condition (`code`): what is there otherwise. */
  readonly alternative?: Uint8Array;
  /** A sum that was rounded on purpose: the compiler must not see through it. */
  readonly isRounded?: boolean;
}

export const typeName: Partial<Record<Kind, string>> = { f: "f32", u: "u32", b: "bool", i: "i32", d: "vec2f" };

const constantCode = (
  { code, content, alternative }: Piece,
  literal: (lane: ReturnType<typeof laneOf>) => string,
): string =>
  alternative
    ? `select(${literal(laneOf(alternative))}, ${literal(laneOf(content!))}, ${code})`
    : literal(laneOf(content!));

export const as: Record<"f" | "u" | "b" | "i" | "d", (piece: Piece) => string> = {
  f: (piece) => {
    const { kind, code } = piece;
    if (kind === "f") return code;
    if (kind === "constant") return constantCode(piece, ({ single }) => f32Literal(single));
    return kind === "d" ? `(${code}).x` : `from_bits(${as.u({ kind, code })})`;
  },
  u: (piece) => {
    const { kind, code } = piece;
    if (kind === "u") return code;
    if (kind === "constant") return constantCode(piece, (lane) => u32Literal(lane.bits));
    if (kind === "b") return `select(0u, 0xffffffffu, ${code})`;
    if (kind === "d") throw broken("the bits of a double are not at hand");
    return `bitcast<u32>(${code})`;
  },
  b: (piece) => (piece.kind === "b" ? piece.code : `(${as.u(piece)} != 0u)`),
  i: (piece) => (piece.kind === "i" ? piece.code : `bitcast<i32>(${as.u(piece)})`),
  d: (piece) => {
    const { kind, code } = piece;
    if (kind === "d") return code;
    if (kind === "constant") return constantCode(piece, (lane) => doubleLiteral(lane.double));
    throw broken(`${kind} is no double`);
  },
};

const f = (code: string): Piece => ({ kind: "f", code });
export const u = (code: string): Piece => ({ kind: "u", code });
export const b = (code: string): Piece => ({ kind: "b", code });
export const i = (code: string): Piece => ({ kind: "i", code });
const d = (code: string): Piece => ({ kind: "d", code });
export const other: Piece = { kind: "other", code: "" };

type One = (x: Piece) => Piece;
export type Two = (x: Piece, y: Piece) => Piece;

const signed =
  (operator: string): Two =>
  (x, y) =>
    b(`(${as.i(x)} ${operator} ${as.i(y)})`);
const unsigned =
  (operator: string): Two =>
  (x, y) =>
    b(`(${as.u(x)} ${operator} ${as.u(y)})`);
const single =
  (operator: string): Two =>
  (x, y) =>
    b(`(${as.f(x)} ${operator} ${as.f(y)})`);
const double =
  (name: string, swap = false): Two =>
  (x, y) =>
    b(swap ? `${name}(${as.d(y)}, ${as.d(x)})` : `${name}(${as.d(x)}, ${as.d(y)})`);
const floats =
  (operator: string): Two =>
  (x, y) => ({
    ...f(`(${as.f(x)} ${operator} ${as.f(y)})`),
    isRounded: operator !== "*" && operator !== "/" && (x.kind === "constant" || y.kind === "constant"),
  });
const doubles =
  (name: string): Two =>
  (x, y) =>
    d(`${name}(${as.d(x)}, ${as.d(y)})`);
const bits =
  (operator: string): Two =>
  (x, y) =>
    u(`(${as.u(x)} ${operator} ${as.u(y)})`);
const shift =
  (operator: "<<" | ">>", isSigned = false): Two =>
  (x, by) => {
    const amount = /^i32\((\d+)\)$/.exec(by.code)?.[1];
    const count = amount ? `${amount}u` : `u32(${as.i(by)})`;
    return isSigned ? u(`bitcast<u32>(${as.i(x)} ${operator} ${count})`) : u(`(${as.u(x)} ${operator} ${count})`);
  };
const callF =
  (name: string): One =>
  (x) =>
    f(`${name}(${as.f(x)})`);
const callD =
  (name: string): One =>
  (x) =>
    d(`${name}(${as.d(x)})`);

/** What a selection between two pieces is. */
function commonKind(x: Piece, y: Piece): "f" | "u" | "b" | "i" | "d" {
  const kinds = [x.kind, y.kind].filter((kind) => kind !== "constant");
  if (kinds.includes("d")) return "d";
  if (kinds.length > 0 && kinds.every((kind) => kind === kinds[0]) && kinds[0] !== "other")
    return kinds[0] as "f" | "u" | "b" | "i";
  return "u";
}

export const isPlainConstant = ({ kind, alternative }: Piece): boolean => kind === "constant" && !alternative;

export function choose(whenTrue: Piece, whenFalse: Piece, condition: string): Piece {
  if (isPlainConstant(whenTrue) && isPlainConstant(whenFalse))
    return { kind: "constant", code: condition, content: whenTrue.content!, alternative: whenFalse.content! };
  const kind = commonKind(whenTrue, whenFalse);
  return { kind, code: `select(${as[kind](whenFalse)}, ${as[kind](whenTrue)}, ${condition})` };
}

const zeroBytes = new Uint8Array(16);
const zero: Piece = { kind: "constant", code: "", content: zeroBytes };

/** A condition and something else, with the condition first. */
const sorted = (x: Piece, y: Piece): [Piece, Piece] => (y.kind === "b" && x.kind !== "b" ? [y, x] : [x, y]);

const and: Two = (left, right) => {
  const [x, y] = sorted(left, right);
  if (x.kind !== "b") return bits("&")(x, y);
  return y.kind === "b" ? b(`(${x.code} && ${y.code})`) : choose(y, zero, x.code);
};
const or: Two = (left, right) => {
  const [x, y] = sorted(left, right);
  if (x.kind !== "b") return bits("|")(x, y);
  if (y.kind === "b") return b(`(${x.code} || ${y.code})`);
  // all bits set is not a number
  return y.kind === "u" ? bits("|")(x, y) : f(`select(${as.f(y)}, not_a_number(), ${x.code})`);
};
const xor: Two = (x, y) => (x.kind === "b" && y.kind === "b" ? b(`(${x.code} != ${y.code})`) : bits("^")(x, y));
const not: One = (x) => (x.kind === "b" ? b(`(!${x.code})`) : u(`(~${as.u(x)})`));
const andnot: Two = (x, y) => {
  if (y.kind === "b") return x.kind === "b" ? b(`(${x.code} && !${y.code})`) : choose(zero, x, y.code);
  return u(`(${as.u(x)} & ~${as.u(y)})`);
};
/** x ≠ x is the test for NaN, which a compiler may think it can decide. */
const differ: Two = (x, y) => (as.f(x) === as.f(y) ? b(`is_nan(${as.f(x)})`) : single("!=")(x, y));

/** SIMD instructions by number. */
export const ones: Readonly<Record<number, One>> = {
  77: not,
  94: (x) => (x.kind === "other" ? other : f(`d_single(${as.d(x)})`)),
  95: (x) => (x.kind === "other" ? other : d(`vec2f(${as.f(x)}, 0f)`)),
  103: callF("ceil"),
  104: callF("floor"),
  105: callF("trunc"),
  106: callF("round"),
  117: callD("d_floor"),
  122: callD("d_trunc"),
  148: callD("d_round"),
  160: (x) => u(`bitcast<u32>(abs(${as.i(x)}))`),
  161: (x) => u(`(0u - ${as.u(x)})`),
  224: callF("abs"),
  225: (x) => f(`(-${as.f(x)})`),
  227: callF("sqrt"),
  236: callD("d_abs"),
  237: (x) => d(`(-${as.d(x)})`),
  239: callD("d_sqrt"),
  248: (x) => u(`bitcast<u32>(to_integer(${as.f(x)}))`),
  250: (x) => f(`f32(${as.i(x)})`),
  251: (x) => f(`f32(${as.u(x)})`),
  254: (x) => (x.kind === "other" ? other : d(`d_integer(${as.i(x)})`)),
};
export const twos: Readonly<Record<number, Two>> = {
  55: unsigned("=="),
  56: unsigned("!="),
  57: signed("<"),
  58: unsigned("<"),
  59: signed(">"),
  60: unsigned(">"),
  61: signed("<="),
  62: unsigned("<="),
  63: signed(">="),
  64: unsigned(">="),
  65: single("=="),
  66: differ,
  67: single("<"),
  68: single(">"),
  69: single("<="),
  70: single(">="),
  71: double("d_eq"),
  72: (x, y) => b(`(!d_eq(${as.d(x)}, ${as.d(y)}))`),
  73: double("d_lt"),
  74: double("d_lt", true),
  75: double("d_le"),
  76: double("d_le", true),
  78: and,
  79: andnot,
  80: or,
  81: xor,
  171: shift("<<"),
  172: shift(">>", true),
  173: shift(">>"),
  174: bits("+"),
  177: bits("-"),
  181: bits("*"),
  182: (x, y) => u(`bitcast<u32>(min(${as.i(x)}, ${as.i(y)}))`),
  183: (x, y) => u(`min(${as.u(x)}, ${as.u(y)})`),
  184: (x, y) => u(`bitcast<u32>(max(${as.i(x)}, ${as.i(y)}))`),
  185: (x, y) => u(`max(${as.u(x)}, ${as.u(y)})`),
  228: floats("+"),
  229: floats("-"),
  230: floats("*"),
  231: floats("/"),
  232: (x, y) => f(`least(${as.f(x)}, ${as.f(y)})`),
  233: (x, y) => f(`greatest(${as.f(x)}, ${as.f(y)})`),
  234: (x, y) => f(`lower(${as.f(x)}, ${as.f(y)})`),
  235: (x, y) => f(`upper(${as.f(x)}, ${as.f(y)})`),
  240: doubles("d_add"),
  241: doubles("d_sub"),
  242: doubles("d_mul"),
  243: doubles("d_div"),
  246: doubles("d_lower"),
  247: doubles("d_upper"),
};
