// The highest point of a function of known second derivatives.

/** A function at a point, with its first and second derivatives. */
export interface Curved {
  readonly value: number;
  readonly gradient: ArrayLike<number>;
  /** [n, n], row by row. */
  readonly hessian: ArrayLike<number>;
}

/** Where the search ended. */
export interface Top extends Curved {
  readonly at: Float64Array;
  readonly steps: number;
  /** Whether no step of Newton's method would lead anywhere higher. */
  readonly hasConverged: boolean;
}

/** The lower factor of A = LLᵀ; the number of the first leading minor that is not positive, where there is none. */
export function factorOf(matrix: ArrayLike<number>, n: number): Float64Array | number {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let rest = (matrix[i * n + j]! + matrix[j * n + i]!) / 2;
      const scale = Math.abs(rest);
      for (let k = 0; k < j; k++) rest -= out[i * n + k]! * out[j * n + k]!;
      if (i !== j) out[i * n + j] = rest / out[j * n + j]!;
      // what rounding leaves of a curvature that is zero is no curvature
      else if (rest > 1e-12 * scale) out[i * n + j] = Math.sqrt(rest);
      else return i;
    }
  return out;
}

/** L⁻ᵀ(L⁻¹x) */
export function solved(factor: Float64Array, x: ArrayLike<number>, n: number): Float64Array {
  const out = Float64Array.from(x);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) out[i] = out[i]! - factor[i * n + k]! * out[k]!;
    out[i] = out[i]! / factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) out[i] = out[i]! - factor[k * n + i]! * out[k]!;
    out[i] = out[i]! / factor[i * n + i]!;
  }
  return out;
}

/**
 * Climbs by Newton's method. Where the function curves upwards, or a step leads down, the curvature of every coordinate is
 * increased until it leads up (Levenberg & Marquardt): far from the top steps are short, near it they are Newton's own.
 *
 * @param evaluate - the function; values that are not finite count as lower than all others
 */
export function climb(evaluate: (at: Float64Array) => Curved, start: ArrayLike<number>, most: number): Top {
  const n = start.length;
  let at: Float64Array = Float64Array.from(start);
  let here = evaluate(at);
  let damping = 0;
  for (let steps = 0; steps < most; steps++) {
    const { gradient, hessian, value } = here;
    const curvature = Float64Array.from(hessian, (x) => -x);
    const diagonal = Float64Array.from(at, (_, i) => Math.max(Math.abs(curvature[i * n + i]!), 1e-8));
    let next: { at: Float64Array; curved: Curved } | undefined;
    for (let tries = 0; tries < 60 && !next; tries++) {
      const damped = curvature.slice();
      for (let i = 0; i < n; i++) damped[i * n + i]! += damping * diagonal[i]!;
      const factor = factorOf(damped, n);
      if (typeof factor !== "number") {
        const step = solved(factor, gradient, n);
        const rise = step.reduce((sum, each, i) => sum + each * gradient[i]!, 0);
        // what is left to gain is below rounding
        if (damping === 0 && rise < 1e-14 * (1 + Math.abs(value))) {
          const last = at.map((x, i) => x + step[i]!);
          const curved = evaluate(last);
          const isLower = !(curved.value >= value - 1e-12 * (1 + Math.abs(value)));
          return { ...(isLower ? here : curved), at: isLower ? at : last, steps, hasConverged: true };
        }
        const tried = at.map((x, i) => x + step[i]!);
        const curved = evaluate(tried);
        if (Number.isFinite(curved.value) && curved.value >= value + 1e-4 * rise - 1e-13 * Math.abs(value))
          next = { at: tried, curved };
      }
      if (!next) damping = Math.max(1e-4, damping * 4);
    }
    if (!next) return { ...here, at, steps, hasConverged: false };
    at = next.at;
    here = next.curved;
    damping = damping < 1e-3 ? 0 : damping / 8;
  }
  return { ...here, at, steps: most, hasConverged: false };
}
