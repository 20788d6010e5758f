// Dense products for the hand-written loops, as one would write them in plain JavaScript.

/**
 * C[m, n] = A[m, k]·B[n, k]ᵀ, each row contiguous: the layout in which both inner loops walk forwards. Tiles of 4 × 2
 * accumulators stay in registers; of the tile sizes up to 4 × 4 none is faster in V8.
 */
export function multiplyTransposed(
  c: Float64Array,
  a: Float64Array,
  b: Float64Array,
  m: number,
  n: number,
  k: number,
): void {
  const rows = m - (m % 4);
  const columns = n - (n % 2);
  for (let i = 0; i < rows; i += 4) {
    const a0 = i * k;
    const a1 = a0 + k;
    const a2 = a1 + k;
    const a3 = a2 + k;
    for (let j = 0; j < columns; j += 2) {
      const b0 = j * k;
      const b1 = b0 + k;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      let s20 = 0;
      let s21 = 0;
      let s30 = 0;
      let s31 = 0;
      for (let l = 0; l < k; l++) {
        const y0 = b[b0 + l]!;
        const y1 = b[b1 + l]!;
        const x0 = a[a0 + l]!;
        const x1 = a[a1 + l]!;
        const x2 = a[a2 + l]!;
        const x3 = a[a3 + l]!;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s20 += x2 * y0;
        s21 += x2 * y1;
        s30 += x3 * y0;
        s31 += x3 * y1;
      }
      const at = i * n + j;
      c[at] = s00;
      c[at + 1] = s01;
      c[at + n] = s10;
      c[at + n + 1] = s11;
      c[at + 2 * n] = s20;
      c[at + 2 * n + 1] = s21;
      c[at + 3 * n] = s30;
      c[at + 3 * n + 1] = s31;
    }
    for (let j = columns; j < n; j++) for (let r = i; r < i + 4; r++) c[r * n + j] = dot(a, r * k, b, j * k, k);
  }
  for (let i = rows; i < m; i++) for (let j = 0; j < n; j++) c[i * n + j] = dot(a, i * k, b, j * k, k);
}

function dot(a: Float64Array, from: number, b: Float64Array, start: number, k: number): number {
  let sum = 0;
  for (let l = 0; l < k; l++) sum += a[from + l]! * b[start + l]!;
  return sum;
}

/** Bᵀ[columns, rows] of A[rows, columns], in blocks that fit the cache. */
export function transposeInto(b: Float64Array, a: Float64Array, rows: number, columns: number): void {
  const block = 16;
  for (let i0 = 0; i0 < rows; i0 += block)
    for (let j0 = 0; j0 < columns; j0 += block) {
      const i1 = Math.min(rows, i0 + block);
      const j1 = Math.min(columns, j0 + block);
      for (let j = j0; j < j1; j++) for (let i = i0; i < i1; i++) b[j * rows + i] = a[i * columns + j]!;
    }
}
