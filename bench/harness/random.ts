// Seeded random numbers for the hand-written loops and for data: sfc32 and Box–Muller, fast and without allocation.

/** Where the hand-written loops take their noise from. */
export interface RandomSource {
  /** Uniform on (0, 1). */
  readonly uniform: () => number;
  /** Fills an array with standard normals. */
  readonly fillNormals: (out: Float64Array) => void;
  /** Fills an array with uniforms on (0, 1). */
  readonly fillUniforms: (out: Float64Array) => void;
}

/** Chris Doty-Humphrey's sfc32: three additions, a rotation and two shifts per 32 bits. */
export function randomSource(seed: number): RandomSource {
  const state = Int32Array.of(0, seed | 0, 0x9e3779b9 | 0, 1);
  const uniform = (): number => {
    const a = state[0]!;
    const b = state[1]!;
    const c = state[2]!;
    const t = (((a + b) | 0) + state[3]!) | 0;
    state[3] = (state[3]! + 1) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + t) | 0;
    return ((t >>> 0) + 0.5) * 2 ** -32;
  };
  for (let i = 0; i < 12; i++) uniform();
  return {
    uniform,
    fillNormals: (out) => {
      for (let i = 0; i < out.length; i += 2) {
        const radius = Math.sqrt(-2 * Math.log(uniform()));
        const angle = 2 * Math.PI * uniform();
        out[i] = radius * Math.cos(angle);
        if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
      }
    },
    fillUniforms: (out) => {
      for (let i = 0; i < out.length; i++) out[i] = uniform();
    },
  };
}

/** Seeded standard normals, rounded to what a float32 tensor holds. */
export function normals(seed: number, count: number, scale = 1): Float32Array {
  const out = new Float64Array(count);
  randomSource(seed).fillNormals(out);
  return Float32Array.from(out, (x) => scale * x);
}
