// The Cholesky factor, and what is computed through it.
import { range } from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { operation, type Primitive, primitive } from "../primitive.js";
import type { Elements, Variable } from "../program.js";
import { sub } from "./arithmetic.js";
import { matrixTranspose, reduceSum } from "./axes.js";
import { diagonalMatrix, diagonalPart, squareSize, tril } from "./diagonals.js";
import { add, mul } from "./elementwise.js";
import { log } from "./exponential.js";
import { matMul } from "./matMul.js";
import { triangularSolve } from "./triangularSolve.js";

/** The factor of the symmetric part of one matrix; its lower triangle is NaN where there is none. */
function factorize(a: Elements, out: Elements, n: number): void {
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let rest = (a[i * n + j]! + a[j * n + i]!) / 2;
      for (let k = 0; k < j; k++) rest -= out[i * n + k]! * out[j * n + k]!;
      out[i * n + j] = i !== j ? rest / out[j * n + j]! : rest > 0 ? Math.sqrt(rest) : Number.NaN;
    }
  if (Number.isNaN(out[n * n - 1]!)) for (let i = 0; i < n; i++) out.fill(Number.NaN, i * n, i * n + i + 1);
}

/** Φ: the lower triangle with half of the diagonal. */
const halved = (x: Variable): Variable => sub(tril(x), mul(diagonalMatrix(diagonalPart(x)), 0.5));

/** ½(X + Xᵀ) */
const symmetrized = (x: Variable): Variable => mul(add(x, matrixTranspose(x)), 0.5);

/** L⁻ᵀ·X */
const solveTransposed = (l: Variable, x: Variable): Variable => triangularSolve(l, x, { transpose: true });

/**
 * A = LLᵀ, L lower triangular with a positive diagonal; dL = L·Φ(L⁻¹·dA·L⁻ᵀ) (Murray, "Differentiation of the Cholesky
 * decomposition", 2016, eq. 8 and 10). What enters is the symmetric part of A, so that a cotangent is symmetric.
 */
const choleskyPrimitive: Primitive = primitive({
  name: "cholesky",
  infer: ([a]) => {
    squareSize("cholesky", a!);
    return [{ shape: a!.shape, dtype: a!.dtype }];
  },
  evaluate: ([a]) => {
    const n = a!.shape.at(-1)!;
    const out = new Float64Array(a!.elements.length);
    for (let at = 0; at < out.length; at += n * n)
      factorize(a!.elements.subarray(at, at + n * n), out.subarray(at, at + n * n), n);
    return [out];
  },
  jvp: ({ outputs: [l] }, [da]) => {
    if (!da) return [undefined];
    const half = triangularSolve(l!, symmetrized(da));
    return [matMul(l!, halved(triangularSolve(l!, matrixTranspose(half))))];
  },
  // Ā = sym(L⁻ᵀ·Φ(Lᵀ·L̄)·L⁻¹)
  vjp: ({ outputs: [l] }, [ct]) => {
    if (!ct) return [undefined];
    const middle = halved(matMul(l!, tril(ct), { transposeA: true }));
    const left = solveTransposed(l!, middle);
    return [symmetrized(solveTransposed(l!, matrixTranspose(left)))];
  },
  batch: ([a]) => [cholesky(a!)],
  // a row of L needs the rows of A up to its own
  axes: ([a]) => {
    const rows = a!.shape.length - 2;
    return [[[...range(rows), { axis: rows, reverse: false }, null]]];
  },
  isContinuousIn: () => true,
});
/** The lower Cholesky factors of symmetric positive definite matrices [...batch, n, n]; NaN for any that is not. */
export const cholesky = operation((a: Variable): Variable => emitOne(choleskyPrimitive, [a]), choleskyPrimitive);

/** 2·Σ log Lᵢᵢ: the logarithm of det LLᵀ from the factors L [...batch, n, n]. */
export function logDeterminantOfFactor(l: Variable): Variable {
  const logs = log(diagonalPart(l));
  return mul(reduceSum(logs, [logs.shape.length - 1]), 2);
}

/** log det A of symmetric positive definite matrices [...batch, n, n]. */
export const logDeterminant = (a: Variable): Variable => logDeterminantOfFactor(cholesky(a));

/** A⁻¹B for A = LLᵀ, from the factors L [...batch, n, n] and B [...batch, n, columns]. */
export const choleskySolve = (l: Variable, b: Variable): Variable => solveTransposed(l, triangularSolve(l, b));
