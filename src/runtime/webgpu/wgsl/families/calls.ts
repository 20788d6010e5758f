// What the families of functions of this folder have in common.
import { f32Literal } from "../literals.js";

/** A function as WGSL, of the orders to which it is differentiated; undefined where there is none of these. */
export type Source = (...orders: number[]) => string | undefined;

/** Σ cₖ·xᵏ by Horner's rule, lowest power first. */
export const horner = (x: string, coefficients: readonly number[]): string =>
  coefficients
    .slice(0, -1)
    .reduceRight((sum, each) => `(${sum} * ${x} + ${f32Literal(each)})`, f32Literal(coefficients.at(-1)!));

/** `of_name`, the function of a primitive as one of floats. */
export const ofFloats = (name: string, parameters: number): string => {
  const names = ["x", "y"].slice(0, parameters);
  const bits = names.map((each) => `bitcast<u32>(${each})`);
  return `fn of_${name}(${names.map((each) => `${each}: f32`).join(", ")}) -> f32 {
  return from_bits(math_${name}(${bits.join(", ")}));
}`;
};

/** A primitive's function, which takes and gives bits, by one on floats that is not given NaN. */
export const primitive = (name: string, parameters: readonly string[], body: string): string => {
  const words = parameters.map((_, i) => `p${i}: u32`);
  const lines = parameters.map((each, i) => `  let ${each} = from_bits(p${i});\n`);
  const tests = parameters.map((each) => `is_nan(${each})`);
  return `fn math_${name}(${words.join(", ")}) -> u32 {
${lines.join("")}  if (${tests.join(" || ")}) { return bitcast<u32>(not_a_number()); }
  return bitcast<u32>(${body});
}`;
};

/** The name of what belongs to some orders. */
export const ordered = (name: string, ...orders: number[]): string => [name, ...orders].join("_");

export const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

/**
 * The root y of an increasing function by Newton's method within a bracket that closes around it (src/util/special/newton.ts).
 *
 * @param f - value and slope at y, as a vec2f
 */
export const increasingRoot = (
  f: string,
  start: string,
  lowest = "-1e30f",
  highest = "1e30f",
): string => `  var y = ${start};
  var low = ${lowest};
  var high = ${highest};
  var stride = 1f;
  for (var step = 0; step < 100; step++) {
    let v = ${f};
    if (v.x == 0f) { break; }
    if (v.x < 0f) { low = y; } else { high = y; }
    let isOpen = low == -1e30f || high == 1e30f;
    let newton = y - v.x / v.y;
    var next = select(0.5f * (low + high), y - sign(v.x) * stride, isOpen);
    if (v.y > 0f && newton > low && newton < high && !(isOpen && abs(newton - y) > 1000f)) { next = newton; }
    else { stride *= 2f; }
    let isDone = abs(next - y) <= 1e-7f * max(abs(y), 0.2f) || next == low || next == high;
    y = next;
    if (isDone) { break; }
  }
`;
