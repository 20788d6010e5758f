// Functions that kernels call, by name; a kernel gets those whose names occur in it.

import { familyFunction } from "./families/all.js";
import { functions } from "./functions.js";
import { mathFunction } from "./mathFunctions.js";

/** How numbers are told apart and kept from compilers that take NaN and rounding for nothing. */
const numbers: Readonly<Record<string, string>> = {
  from_bits: "fn from_bits(x: u32) -> f32 { return bitcast<f32>(x); }",
  // what a compiler cannot know at compile time
  infinity: "fn infinity() -> f32 { return bitcast<f32>(0x7f800000u ^ params.zero); }",
  not_a_number: "fn not_a_number() -> f32 { return bitcast<f32>(0x7fc00000u ^ params.zero); }",
  rounded: "fn rounded(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ params.zero); }",
  is_nan: "fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }",
  is_infinite: "fn is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }",
  is_finite: "fn is_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u; }",
  least: `fn least(x: f32, y: f32) -> f32 {
  if (is_nan(x) || is_nan(y)) { return not_a_number(); }
  return select(y, x, x < y);
}`,
  greatest: `fn greatest(x: f32, y: f32) -> f32 {
  if (is_nan(x) || is_nan(y)) { return not_a_number(); }
  return select(y, x, x > y);
}`,
  lower: "fn lower(x: f32, y: f32) -> f32 { return select(x, y, y < x); }",
  upper: "fn upper(x: f32, y: f32) -> f32 { return select(x, y, x < y); }",
  to_integer: "fn to_integer(x: f32) -> i32 { return select(i32(clamp(x, -2147483648f, 2147483520f)), 0, is_nan(x)); }",
  sign_of: "fn sign_of(x: f32) -> f32 { return select(select(-1f, 1f, x > 0f), x, is_nan(x) || x == 0f); }",
};

/** Sums of two single-precision numbers, with about 46 bits; `rounded` keeps compilers from simplifying the errors away. */
const doubles: Readonly<Record<string, string>> = {
  d_fast: "fn d_fast(a: f32, b: f32) -> vec2f { let s = rounded(a + b); return vec2f(s, b - rounded(s - a)); }",
  d_sum: `fn d_sum(a: f32, b: f32) -> vec2f {
  let s = rounded(a + b);
  let c = rounded(s - a);
  return vec2f(s, (a - rounded(s - c)) + (b - c));
}`,
  d_product: `fn d_product(a: f32, b: f32) -> vec2f {
  let p = rounded(a * b);
  let s = rounded(a * 4097f);
  let t = rounded(b * 4097f);
  let a1 = rounded(s - rounded(s - a));
  let b1 = rounded(t - rounded(t - b));
  let a2 = a - a1;
  let b2 = b - b1;
  let e = rounded(rounded(a1 * b1) - p) + rounded(a1 * b2) + rounded(a2 * b1) + rounded(a2 * b2);
  return vec2f(p, e);
}`,
  d_add: `fn d_add(a: vec2f, b: vec2f) -> vec2f {
  let s = d_sum(a.x, b.x);
  let t = d_sum(a.y, b.y);
  let v = d_fast(s.x, s.y + t.x);
  return d_fast(v.x, v.y + t.y);
}`,
  d_sub: "fn d_sub(a: vec2f, b: vec2f) -> vec2f { return d_add(a, -b); }",
  d_mul: `fn d_mul(a: vec2f, b: vec2f) -> vec2f {
  let p = d_product(a.x, b.x);
  return d_fast(p.x, p.y + (a.x * b.y + a.y * b.x));
}`,
  d_div: `fn d_div(a: vec2f, b: vec2f) -> vec2f {
  let q = rounded(a.x / b.x);
  let r = d_sub(a, d_mul(vec2f(q, 0f), b));
  let q2 = rounded(r.x / b.x);
  let r2 = d_sub(r, d_mul(vec2f(q2, 0f), b));
  return d_add(d_fast(q, q2), vec2f(r2.x / b.x, 0f));
}`,
  d_single: "fn d_single(a: vec2f) -> f32 { return a.x + a.y; }",
  d_integer: `fn d_integer(x: i32) -> vec2f {
  let high = f32(x & -65536);
  return d_fast(high, f32(x & 65535));
}`,
  d_eq: "fn d_eq(a: vec2f, b: vec2f) -> bool { return a.x == b.x && a.y == b.y; }",
  d_lt: "fn d_lt(a: vec2f, b: vec2f) -> bool { return a.x < b.x || (a.x == b.x && a.y < b.y); }",
  d_le: "fn d_le(a: vec2f, b: vec2f) -> bool { return a.x < b.x || (a.x == b.x && a.y <= b.y); }",
  d_lower: "fn d_lower(x: vec2f, y: vec2f) -> vec2f { return select(x, y, d_lt(y, x)); }",
  d_upper: "fn d_upper(x: vec2f, y: vec2f) -> vec2f { return select(x, y, d_lt(x, y)); }",
  d_floor: `fn d_floor(a: vec2f) -> vec2f {
  let high = floor(a.x);
  return select(vec2f(high, 0f), d_fast(high, floor(a.y)), high == a.x);
}`,
  d_round: "fn d_round(a: vec2f) -> vec2f { return d_floor(d_add(a, vec2f(0.5f, 0f))); }",
};

/** Threefry-2x32 with 20 rounds, and the bits and the order of elements of src/ir/primitives/random.ts. */
const random: Readonly<Record<string, string>> = {
  turn: "fn turn(x: vec2u, by: u32) -> vec2u { let s = x.x + x.y; return vec2u(s, ((x.y << by) | (x.y >> (32u - by))) ^ s); }",
  threefry: `fn threefry(key: vec2u, counter: vec2u) -> vec2u {
  let k = key.x ^ key.y ^ 0x1bd11bdau;
  var x = counter + key;
  x = turn(turn(turn(turn(x, 13u), 15u), 26u), 6u) + vec2u(key.y, k + 1u);
  x = turn(turn(turn(turn(x, 17u), 29u), 16u), 24u) + vec2u(k, key.x + 2u);
  x = turn(turn(turn(turn(x, 13u), 15u), 26u), 6u) + vec2u(key.x, key.y + 3u);
  x = turn(turn(turn(turn(x, 17u), 29u), 16u), 24u) + vec2u(key.y, k + 4u);
  x = turn(turn(turn(turn(x, 13u), 15u), 26u), 6u) + vec2u(k, key.x + 5u);
  return x;
}`,
  // the two words of the block that element i comes from; the second one is the element's if i & 4
  block_of: `fn block_of(key: vec2u, stream: u32, i: u32) -> vec2u {
  return threefry(key, vec2u(stream, ((i >> 3u) << 2u) | (i & 3u)));
}`,
  word_of:
    "fn word_of(key: vec2u, stream: u32, i: u32) -> u32 { let w = block_of(key, stream, i); return select(w.x, w.y, (i & 4u) != 0u); }",
  unit: "fn unit(word: u32) -> f32 { return bitcast<f32>((word >> 9u) | 0x3f800000u) - 0.99999994f; }",
  normal_of: `fn normal_of(key: vec2u, stream: u32, i: u32) -> f32 {
  let w = block_of(key, stream, i);
  return bitcast<f32>(select(box_muller_cosine(w.x, w.y), box_muller_sine(w.x, w.y), (i & 4u) != 0u));
}`,
};

const written: Readonly<Record<string, string>> = { ...numbers, ...doubles, ...random, ...functions };

const sourceOf = (name: string): string | undefined => written[name] ?? mathFunction(name) ?? familyFunction(name);

/** The functions that some source calls, with those that they call, each before its callers. */
export function functionsFor(source: string): string {
  const seen = new Set<string>();
  const ordered: string[] = [];
  const visit = (text: string): void => {
    for (const [, name] of text.matchAll(/\b([a-z][a-z0-9]*(?:_[a-zA-Z0-9]+)*)\(/g)) {
      if (seen.has(name!)) continue;
      const found = sourceOf(name!);
      if (found === undefined) continue;
      seen.add(name!);
      visit(found);
      ordered.push(found);
    }
  };
  visit(source);
  return ordered.join("\n");
}
