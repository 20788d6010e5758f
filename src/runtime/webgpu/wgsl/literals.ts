// Numbers as WGSL source. Constants that are infinite or not a number would be refused: they come from bits in a variable.

const view = new DataView(new ArrayBuffer(16));

/** An unsigned integer by its bits. */
export const u32Literal = (bits: number): string => `${bits >>> 0}u`;

export const i32Literal = (value: number): string =>
  value === -(2 ** 31) ? "i32(-2147483647 - 1)" : `i32(${Math.trunc(value)})`;

/** A single-precision number; ∞ and NaN by name of the prelude's functions. */
export function f32Literal(value: number): string {
  const x = Math.fround(value);
  if (Number.isNaN(x)) return "not_a_number()";
  if (!Number.isFinite(x)) return x > 0 ? "infinity()" : "(-infinity())";
  if (Object.is(x, -0) || (x !== 0 && Math.abs(x) < 2 ** -126)) {
    view.setFloat32(0, x);
    return `from_bits(${u32Literal(view.getUint32(0))})`;
  }
  const text = String(x);
  return x < 0 ? `(${text}f)` : `${text}f`;
}

/** A double as the sum of two single-precision numbers. */
export function doubleLiteral(value: number): string {
  const high = Math.fround(value);
  const low = Number.isFinite(high) ? value - high : 0;
  return `vec2f(${f32Literal(high)}, ${f32Literal(Math.abs(low) < 2 ** -126 ? 0 : low)})`;
}

/** Lane 0 of 16 bytes, read in one way or the other. */
export function laneOf(content: Uint8Array) {
  for (let i = 0; i < 16; i++) view.setUint8(i, content[i]!);
  return { bits: view.getUint32(0, true), single: view.getFloat32(0, true), double: view.getFloat64(0, true) };
}
