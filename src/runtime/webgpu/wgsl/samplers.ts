// Samplers that take an unknown count of random numbers from a key of their own (src/util/samplers): the same blocks of the same
// key in the same order. What is accepted is decided in single precision by formulas in which nothing cancels, counts by sums of
// two numbers.
import { f32Literal } from "./literals.js";
import { two } from "./two.js";

/** No loop of a kernel may be endless. Of a sampler's turns half at least are the last, so none comes this far. */
const turns = "1000u";

const sources: Readonly<Record<string, string>> = {
  key_block: "fn key_block(key: vec2u, n: u32) -> vec2u { return threefry(key, vec2u(0u, n)); }",
  // log((w + ½)·2⁻³²), to all digits also where that is near 1
  log_unit: `fn log_unit(w: u32) -> f32 {
  if (w >= 0x80000000u) { return log1p_of((f32(~w) + 0.5f) * -2.3283064e-10f); }
  return log_of((f32(w) + 0.5f) * 2.3283064e-10f);
}`,
  log1p_of: "fn log1p_of(x: f32) -> f32 { return from_bits(math_log1p(bitcast<u32>(x))); }",
  // cosine and sine of (w + middle)·2⁻³² quarter turns
  quarter_circle: `fn quarter_circle(w: u32, middle: f32) -> vec2f {
  let isLate = w >= 0x80000000u;
  let t = (f32(select(w, ~w, isLate)) + select(middle, 1f - middle, isLate)) * 3.657295e-10f;
  let s = sine_near(t);
  let c = cosine_near(t);
  return select(vec2f(c, s), vec2f(s, c), isLate);
}`,
  // √(−2 log u)·cos 2πv, where the two top bits of v's word are the quadrant
  normal_from: `fn normal_from(w: vec2u) -> f32 {
  let circle = quarter_circle(w.y << 2u, 2f);
  let quadrant = w.y >> 30u;
  let size = sqrt(-2f * log_unit(w.x)) * select(circle.x, circle.y, (quadrant & 1u) == 1u);
  return select(size, -size, quadrant == 1u || quadrant == 2u);
}`,
};

const gamma: Readonly<Record<string, string>> = {
  // log(1 + t) − t + t²/2 − t³/3
  log_rest_4: `fn log_rest_4(t: f32) -> f32 {
  if (abs(t) >= 0.25f) { return log1p_of(t) - t * (1f - t * (0.5f - t * 0.33333334f)); }
  let s = t * t;
  return -s * s * (${Array.from({ length: 10 }, (_, k) => f32Literal(1 / (k + 4))).reduceRight((rest, each) => `${each} - t * (${rest})`)});
}`,
  // log d and log(draw/d), with d of Marsaglia and Tsang. Their 0.5x² + d − dv + d log v is 3d·log_rest_4(cx).
  gamma_parts: `fn gamma_parts(key: vec2u, shape: f32) -> vec2f {
  if (!(shape > 0f)) { return vec2f(not_a_number(), 0f); }
  let isSmall = shape < 1f;
  var n = 0u;
  var boost = 0f;
  if (isSmall) {
    boost = log_unit(key_block(key, 0u).x) / shape;
    n = 1u;
  }
  let d = shape + select(-0.33333334f, 0.6666667f, isSmall);
  let c = 0.33333334f / sqrt(d);
  for (var turn = 0u; turn < ${turns}; turn++) {
    let t = c * normal_from(key_block(key, n));
    n++;
    if (t <= -1f) { continue; }
    n++;
    if (log_unit(key_block(key, n - 1u).x) < 3f * d * log_rest_4(t)) { return vec2f(log_of(d), 3f * log1p_of(t) + boost); }
  }
  return vec2f(log_of(d), boost);
}`,
  math_logGammaDraw: `fn math_logGammaDraw(p0: u32, p1: u32, p2: u32) -> u32 {
  let parts = gamma_parts(vec2u(p0, p1), from_bits(p2));
  return bitcast<u32>(parts.x + parts.y);
}`,
};

const directions: Readonly<Record<string, string>> = {
  // Best and Fisher's r is (1 + √(1 + 4κ²))/2κ, 1 − f = (r − 1)(1 − z)/(r + z), and with z = cos πu the angle is
  // 2 arctan(√((r − 1)/(r + 1))·tan πu/2).
  math_vonMisesDraw: `fn math_vonMisesDraw(p0: u32, p1: u32, p2: u32) -> u32 {
  let kappa = from_bits(p2);
  if (!(kappa >= 0f)) { return 0x7fc00000u; }
  let key = vec2u(p0, p1);
  if (kappa <= 1e-6f) {
    return bitcast<u32>((f32(bitcast<i32>(key_block(key, 0u).x ^ 0x80000000u)) + 0.5f) * 1.4629181e-9f);
  }
  let twice = 2f * kappa;
  let root = select(sqrt(1f + twice * twice), twice, kappa > 1e6f);
  let s = (1f + 1f / (root + twice)) / twice;
  let narrow = sqrt(s / (s + 2f));
  var circle = vec2f(1f, 0f);
  var n = 0u;
  for (var turn = 0u; turn < ${turns}; turn++) {
    let w = key_block(key, n);
    n++;
    circle = quarter_circle(w.x, 0.5f);
    let drop = 2f * s * circle.y * circle.y / (s + 2f * circle.x * circle.x);
    let c = kappa * (s + drop);
    let v = (f32(w.y) + 0.5f) * 2.3283064e-10f;
    if (!(c * (2f - c) <= v && log_of(c) - log_unit(w.y) + 1f < c)) { break; }
  }
  let angle = 2f * from_bits(math_atan(bitcast<u32>(narrow * circle.y / circle.x)));
  return bitcast<u32>(select(angle, -angle, key_block(key, n).x < 0x80000000u));
}`,
  // Wood's log ratio is 2κb(z′ − z)/((1 + b)·e) + n·log(1 + (z − z′)(1 − b)/2e) with z′ = 1 − z and e = z′ + bz
  math_sphereAngleDraw: `fn math_sphereAngleDraw(p0: u32, p1: u32, p2: u32, p3: u32) -> u32 {
  let kappa = from_bits(p2);
  let dimension = bitcast<i32>(p3);
  if (!(kappa >= 0f && dimension >= 2)) { return 0x7fc00000u; }
  let key = vec2u(p0, p1);
  let n = f32(dimension - 1);
  let twice = 2f * kappa;
  let larger = max(twice, n);
  let root = larger * sqrt((twice / larger) * (twice / larger) + (n / larger) * (n / larger));
  let b = n / (twice + root);
  let less = (twice + twice * (twice / (root + n))) / (twice + root);
  var block = 0u;
  var z = 0f;
  var rest = 1f;
  for (var turn = 0u; turn < ${turns}; turn++) {
    let difference = gamma_parts(key_block(key, block), 0.5f * n).y - gamma_parts(key_block(key, block + 1u), 0.5f * n).y;
    block += 3u;
    z = exp_ratio(-difference);
    rest = exp_ratio(difference);
    let e = rest + b * z;
    let ahead = rest - z;
    let ratio = twice * b * ahead / ((1f + b) * e) + n * log1p_of(-ahead * less / (2f * e));
    if (!(ratio < log_unit(key_block(key, block - 1u).x))) { break; }
  }
  return bitcast<u32>(2f * from_bits(math_atan2(bitcast<u32>(sqrt(b * z)), bitcast<u32>(sqrt(rest)))));
}`,
  // 1/(1 + eˣ)
  exp_ratio: "fn exp_ratio(x: f32) -> f32 { return 1f / (1f + from_bits(math_exp(bitcast<u32>(x)))); }",
};

const binomial: Readonly<Record<string, string>> = {
  // log x! − (x log x − x)
  factorial_rest: `fn factorial_rest(x: f32) -> f32 {
  if (x >= 4f) { return stirling_rest(x) + 0.5f * log_of(6.2831855f * x); }
  let y = x + 5f;
  let raised = (y - 0.5f) * log_of(y) - y + 0.9189385f + stirling_rest(y) - log_of(rising_4(x + 1f));
  return raised - x * log_of(max(x, 1e-30f)) + x;
}`,
  // x log(x/m) + m − x (Loader 2000)
  deviance_of: `fn deviance_of(x: vec2f, m: vec2f) -> f32 {
  let d = d_single(d_sub(x, m));
  let v = d / (x.x + m.x);
  if (abs(v) >= 0.2f) { return select(x.x * log_of(x.x / m.x), 0f, x.x == 0f) - d; }
  let s = v * v;
  return d * v + 2f * x.x * v * s * (0.33333334f + s * (0.2f + s * (0.14285715f + s * (0.11111111f + s * (0.09090909f + s * 0.07692308f)))));
}`,
  // what a count's probability, without √(2πn)·…, has in its exponent
  binomial_exponent: `fn binomial_exponent(k: vec2f, count: f32, mean: vec2f, others: vec2f) -> f32 {
  let rest = d_sub(vec2f(count, 0f), k);
  return factorial_rest(k.x) + factorial_rest(rest.x) + deviance_of(k, mean) + deviance_of(rest, others);
}`,
  d_unit: `fn d_unit(w: u32) -> vec2f {
  return d_fast(f32(w & 0xffff0000u), f32(w & 0xffffu) + 0.5f) * 2.3283064e-10f;
}`,
  binomial_by_gaps: `fn binomial_by_gaps(key: vec2u, count: f32, probability: f32) -> f32 {
  let failure = log1p_of(-probability);
  var trials = 0f;
  for (var successes = 0u; successes < ${turns}; successes++) {
    trials += ceil(log_unit(key_block(key, successes).x) / failure);
    if (trials > count) { return f32(successes); }
  }
  return not_a_number();
}`,
  // Hörmann's algorithm BTRD
  binomial_by_rejection: `fn binomial_by_rejection(key: vec2u, count: f32, probability: f32, mean: vec2f) -> vec2f {
  let others = d_sub(vec2f(count, 0f), mean);
  let deviation = d_sqrt(d_mul(mean, d_sum(1f, -probability)));
  let b = d_add(d_mul(${two(2.53)}, deviation), ${two(1.15)});
  let a = d_add(d_add(d_mul(${two(0.0248)}, b), d_mul(${two(0.01)}, vec2f(probability, 0f))), ${two(-0.0873)});
  let c = d_add(mean, vec2f(0.5f, 0f));
  let vr = 0.92f - 4.2f / b.x;
  let alpha = (2.83f + 5.1f / b.x) * deviation.x;
  let mode = d_floor(d_mul(d_sum(count, 1f), vec2f(probability, 0f)));
  let most = binomial_exponent(mode, count, mean, others);
  for (var n = 0u; n < ${turns}; n++) {
    let w = key_block(key, n);
    let isBelow = w.x < 0x80000000u;
    let us = d_unit(select(~w.x, w.x, isBelow));
    let size = d_sub(vec2f(0.5f, 0f), us);
    let slope = d_add(d_div(2f * a, us), b);
    let k = d_floor(d_add(d_mul(slope, select(size, -size, isBelow)), c));
    if (us.x >= 0.07f && (f32(w.y) + 0.5f) * 2.3283064e-10f <= vr) { return k; }
    if (k.x < 0f || d_lt(vec2f(count, 0f), k)) { continue; }
    let accepted = log_unit(w.y) + log_of(alpha / (a.x / (us.x * us.x) + b.x));
    if (accepted <= most - binomial_exponent(k, count, mean, others)) { return k; }
  }
  return vec2f(not_a_number(), 0f);
}`,
  d_sqrt: `fn d_sqrt(a: vec2f) -> vec2f {
  let s = rounded(sqrt(a.x));
  return d_fast(s, d_single(d_sub(a, d_product(s, s))) / (2f * s));
}`,
  math_binomialDraw: `fn math_binomialDraw(p0: u32, p1: u32, p2: u32, p3: u32) -> u32 {
  let count = from_bits(p2);
  let given = from_bits(p3);
  if (!(count >= 0f && given >= 0f && given <= 1f)) { return 0x7fc00000u; }
  let isMirrored = given > 0.5f;
  let probability = select(given, 1f - given, isMirrored);
  let key = vec2u(p0, p1);
  let mean = d_product(count, probability);
  var k = vec2f(0f);
  if (count > 0f && probability > 0f) {
    if (d_lt(mean, vec2f(10f, 0f))) { k.x = binomial_by_gaps(key, count, probability); }
    else { k = binomial_by_rejection(key, count, probability, mean); }
  }
  if (isMirrored) { k = d_sub(vec2f(count, 0f), k); }
  return bitcast<u32>(d_single(k));
}`,
};

/** As WGSL, by name. */
export const samplers: Readonly<Record<string, string>> = { ...sources, ...gamma, ...directions, ...binomial };
