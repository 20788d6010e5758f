// Functions that the wasm engine computes with doubles by their bits, written anew for single precision.

/** 2/π in words of 32 bits, with 32 zeros in front. */
const twoOverPi = "0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu";

/** As WGSL, by name. Those of primitives take and give bits. */
export const special: Readonly<Record<string, string>> = {
  product_high: `fn product_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let low = a0 * b0;
  let middle = a1 * b0 + (low >> 16u);
  let cross = a0 * b1 + (middle & 0xffffu);
  return a1 * b1 + (middle >> 16u) + (cross >> 16u);
}`,
  // a ≥ 0 as q quarter turns and a rest: (rest, q). From 2²² on by Payne and Hanek's method.
  quarter_turns: `fn quarter_turns(a: f32) -> vec2f {
  if (a < 4194304f) {
    let n = round(a * 0.63661975f);
    let turns = d_add(d_mul(vec2f(n, 0f), vec2f(1.5707964f, -4.371139e-8f)), vec2f(n * -1.7151245e-15f, 0f));
    let r = d_sub(vec2f(a, 0f), turns);
    return vec2f(r.x + r.y, f32(i32(n) & 3));
  }
  if (!is_finite(a)) { return vec2f(not_a_number(), 0f); }
  var table = array<u32, 8>(${twoOverPi});
  let word = bitcast<u32>(a);
  let m = (word & 0x7fffffu) | 0x800000u;
  // a = m·2ᴱ; bits of 2/π from number E − 1 on, the first behind the point being number 1
  let start = (word >> 23u) - 150u + 30u;
  let at = start >> 5u;
  let by = start & 31u;
  var w = array<u32, 3>();
  for (var k = 0u; k < 3u; k++) {
    let next = select(table[min(at + k + 1u, 7u)], 0u, at + k + 1u > 7u);
    w[k] = select((table[at + k] << by) | (next >> (32u - max(by, 1u))), table[at + k], by == 0u);
  }
  let low = m * w[2];
  let middle0 = m * w[1];
  let middle = middle0 + product_high(m, w[2]);
  let high = m * w[0] + product_high(m, w[1]) + select(0u, 1u, middle < middle0);
  var q = high >> 30u;
  var first = (high << 2u) | (middle >> 30u);
  var second = (middle << 2u) | (low >> 30u);
  let isUpper = first >= 0x80000000u;
  if (isUpper) {
    q++;
    second = ~second + 1u;
    first = ~first + select(0u, 1u, second == 0u);
  }
  let part = f32(first) * 2.3283064e-10f + f32(second) * 5.421011e-20f;
  return vec2f(select(part, -part, isUpper) * 1.5707964f, f32(q & 3u));
}`,
  sine_near: `fn sine_near(r: f32) -> f32 {
  let s = r * r;
  return s * r * (-1.6666655e-1f + s * (8.332187e-3f - s * 1.9517909e-4f)) + r;
}`,
  cosine_near: `fn cosine_near(r: f32) -> f32 {
  let s = r * r;
  return (s * s * (4.1666646e-2f + s * (-1.3887301e-3f + s * 2.4430668e-5f)) - s * 0.5f) + 1f;
}`,
  math_sin: `fn math_sin(p0: u32) -> u32 {
  let t = quarter_turns(abs(from_bits(p0)));
  let q = u32(t.y);
  let size = bitcast<u32>(select(sine_near(t.x), cosine_near(t.x), (q & 1u) == 1u));
  return size ^ ((q & 2u) << 30u) ^ (p0 & 0x80000000u);
}`,
  math_cos: `fn math_cos(p0: u32) -> u32 {
  let t = quarter_turns(abs(from_bits(p0)));
  let q = u32(t.y);
  let size = bitcast<u32>(select(cosine_near(t.x), sine_near(t.x), (q & 1u) == 1u));
  return size ^ (((q + 1u) & 2u) << 30u);
}`,
  math_tan: `fn math_tan(p0: u32) -> u32 {
  let t = quarter_turns(abs(from_bits(p0)));
  let s = sine_near(t.x);
  let c = cosine_near(t.x);
  let isOdd = (u32(t.y) & 1u) == 1u;
  return bitcast<u32>(select(s / c, -(c / s), isOdd)) ^ (p0 & 0x80000000u);
}`,
  // log₂ of a positive number, as a sum of two
  logarithm_2: `fn logarithm_2(a: f32) -> vec2f {
  let isTiny = a < 1.1754943508222875e-38f;
  let x = bitcast<u32>(select(a, a * 8388608f, isTiny));
  let e = bitcast<i32>(x - 0x3f3504f3u) >> 23u;
  let m = from_bits(x - (bitcast<u32>(e) << 23u));
  let s = d_div(vec2f(rounded(m - 1f), 0f), d_sum(m, 1f));
  let q = s.x * s.x;
  let tail = s.x * q * (0.9617967f + q * (0.577078f + q * (0.41219841f + q * (0.32061646f + q * 0.2614423f))));
  let series = d_add(d_mul(vec2f(2.8853901f, -1.9259633e-8f), s), vec2f(tail, 0f));
  return d_add(vec2f(f32(e) - select(0f, 23f, isTiny), 0f), series);
}`,
  math_pow: `fn math_pow(p0: u32, p1: u32) -> u32 {
  let x = from_bits(p0);
  let y = from_bits(p1);
  let a = abs(x);
  if (y == 0f || x == 1f) { return 0x3f800000u; }
  if (is_nan(x) || is_nan(y)) { return 0x7fc00000u; }
  let isWhole = is_infinite(y) || round(y) == y;
  let isOdd = isWhole && is_finite(y) && round(y * 0.5f) != y * 0.5f;
  let sign = select(0u, p0 & 0x80000000u, isOdd);
  if (a == 0f || is_infinite(a) || is_infinite(y)) {
    if (a == 1f) { return 0x7fc00000u; }
    return select(0u, 0x7f800000u, (a > 1f) == (y > 0f)) | sign;
  }
  if (x < 0f && !isWhole) { return 0x7fc00000u; }
  let l = logarithm_2(a);
  var t = vec2f(clamp(l.x * y, -300f, 300f), 0f);
  if (abs(t.x) < 300f) { t = d_mul(l, vec2f(y, 0f)); }
  let n = clamp(round(t.x), -152f, 130f);
  let f = clamp((t.x - n) + t.y, -1f, 1f);
  let power = f * (0.6931472f + f * (0.2402265f + f * (0.05550405f + f * (0.009618087f + f * (0.0013337967f + f * (1.5452197e-4f + f * 1.5320904e-5f)))))) + 1f;
  let bits = u32(i32(n) + 254);
  let half = bits >> 1u;
  return bitcast<u32>(power * from_bits(half << 23u) * from_bits((bits - half) << 23u)) | sign;
}`,
  // exponent and mantissa: a = mantissa·2^exponent
  mantissa_of: `fn mantissa_of(a: u32) -> vec2u {
  let e = a >> 23u;
  return vec2u(select((a & 0x7fffffu) | 0x800000u, a & 0x7fffffu, e == 0u), max(e, 1u));
}`,
  math_mod: `fn math_mod(p0: u32, p1: u32) -> u32 {
  let a = p0 & 0x7fffffffu;
  let b = p1 & 0x7fffffffu;
  if (a >= 0x7f800000u || b > 0x7f800000u || b == 0u) { return 0x7fc00000u; }
  var rest = a;
  if (b < 0x7f800000u && a >= b) {
    var m = mantissa_of(a);
    let d = mantissa_of(b);
    for (; m.y > d.y; m.y--) {
      m.x = (m.x - select(0u, d.x, m.x >= d.x)) << 1u;
    }
    m.x -= select(0u, d.x, m.x >= d.x);
    // shifted back until it has the leading bit of a normal number
    for (; m.x != 0u && m.x < 0x800000u && m.y > 1u; m.y--) { m.x <<= 1u; }
    rest = select(m.x, (m.x & 0x7fffffu) | (m.y << 23u), m.x >= 0x800000u);
  }
  if (rest == 0u) { return p0 & 0x80000000u; }
  let remainder = from_bits(rest | (p0 & 0x80000000u));
  return bitcast<u32>(select(remainder, remainder + from_bits(p1), ((p0 ^ p1) & 0x80000000u) != 0u));
}`,
  floor_div_i32: `fn floor_div_i32(x: i32, y: i32) -> i32 {
  if (y == 0) { return 0; }
  if (y == -1) { return -x; }
  let q = x / y;
  return q - select(0, 1, x - q * y != 0 && ((x < 0) != (y < 0)));
}`,
  mod_i32: "fn mod_i32(x: i32, y: i32) -> i32 { return select(x - floor_div_i32(x, y) * y, 0, y == 0); }",
  stirling_rest: `fn stirling_rest(x: f32) -> f32 {
  let i = 1f / x;
  let s = i * i;
  return i * (0.083333336f + s * (-0.0027777778f + s * (7.9363136e-4f + s * (-5.938406e-4f + s * 7.949877e-4f))));
}`,
  rising_4: "fn rising_4(x: f32) -> f32 { let p = x * (x + 3f); return p * (p + 2f); }",
  log_of: "fn log_of(x: f32) -> f32 { return from_bits(math_log(bitcast<u32>(x))); }",
  math_betaln: `fn math_betaln(p0: u32, p1: u32) -> u32 {
  let a = from_bits(p0);
  let b = from_bits(p1);
  if (!(a >= 0f && b >= 0f)) { return 0x7fc00000u; }
  let atZero = a == 0f || b == 0f;
  let atInfinity = is_infinite(a) || is_infinite(b);
  if (atZero && atInfinity) { return 0x7fc00000u; }
  if (atZero) { return 0x7f800000u; }
  if (atInfinity) { return 0xff800000u; }
  let small = min(a, b);
  let large = max(a, b);
  let isLow = small < 4f;
  let isBothLow = large < 4f;
  let p = small + select(0f, 4f, isLow);
  let q = large + select(0f, 4f, isBothLow);
  let between = a + b + select(0f, 4f, isLow);
  var ratio = 0f;
  if (isLow) { ratio += log_of(rising_4(a + b) / rising_4(small)); }
  if (isBothLow) { ratio += log_of(rising_4(between) / rising_4(large)); }
  let total = p + q;
  let main = (p - 0.5f) * log_of(total / p) + q * from_bits(math_log1p(bitcast<u32>(p / q)));
  let errors = stirling_rest(p) + stirling_rest(q) - stirling_rest(total);
  return bitcast<u32>((ratio - 0.5f * log_of(q)) + (errors + 0.9189385f) - main);
}`,
};
