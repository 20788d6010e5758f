import { eulerMaclaurin } from "../../../util/special/hurwitzZeta.js";
import { cotangentPolynomial, factorial } from "../../../util/special/polygamma.js";
import { f32Literal } from "./literals.js";

const horner = (x: string, coefficients: readonly number[]): string =>
  coefficients
    .slice(0, -1)
    .reduceRight((sum, each) => `(${sum} * ${x} + ${f32Literal(each)})`, f32Literal(coefficients.at(-1)!));

const power = (x: string, n: number): string => (n === 0 ? "1f" : new Array<string>(n).fill(x).join(" * "));

/** ψ⁽ⁿ⁾ as WGSL on bits: terms of Hurwitz' ζ up to 12 + s/2, then Euler–Maclaurin, and reflection for x ≤ 0 (DLMF 5.15.6). */
export function polygamma(n: number): string {
  const s = n + 1;
  const sign = n % 2 === 1 ? 1 : -1;
  const start = 12 + s / 2;
  let rising = s;
  const coefficients = eulerMaclaurin.map((each, k) => {
    const coefficient = each * rising;
    rising *= (s + 2 * k + 1) * (s + 2 * k + 2);
    return coefficient;
  });
  return `fn math_polygamma${n}(p0: u32) -> u32 {
  let x = from_bits(p0);
  if (is_nan(x)) { return p0; }
  let isReflected = x <= 0f;
  var a = select(x, 1f - x, isReflected);
  var sum = 0f;
  for (var k = 0u; k < ${Math.ceil(start)}u; k++) {
    if (a < ${f32Literal(start)}) {
      let i = 1f / a;
      sum += ${power("i", s)};
      a += 1f;
    }
  }
  let i = 1f / a;
  let q = i * i;
  let rest = ((${horner("q", coefficients)} * i + 0.5f) * i + ${f32Literal(1 / (s - 1))}) * ${power("i", s - 1)};
  let main = (sum + rest) * ${f32Literal(sign * factorial(n))};
  if (!isReflected) { return bitcast<u32>(main); }
  let f = x - round(x);
  if (f == 0f) { return ${n % 2 === 1 ? "0x7f800000u" : "0x7fc00000u"}; }
  let g = f * f;
  let sine = ${horner("g", [3.1415926535897927, -5.167712780049786, 2.5501640398618983, -0.5992645288259757, 0.08214587882499191])} * f;
  let cosine = ${horner("g", [1, -4.934802200544677, 4.0587121264164985, -1.3352627688434733, 0.23533063012976305, -0.02580688873798205])};
  let cotangent = cosine / sine;
  let derivative = ${horner(
    "cotangent",
    cotangentPolynomial(n).map((each) => each * Math.PI),
  )};
  return bitcast<u32>(main * ${f32Literal(-sign)} - derivative);
}`;
}
