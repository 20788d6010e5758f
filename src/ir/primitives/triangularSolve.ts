// Systems of equations with triangular matrices.
import { ElbowError } from "../../errors.js";
import { broadcastShapes, formatShape, sizeOf } from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { type MaybeZero, operation, type Primitive, primitive } from "../primitive.js";
import type { Attributes, Elements, Variable } from "../program.js";
import { neg } from "./arithmetic.js";
import { broadcastAxes, matrixTranspose, reshape, sumTo } from "./axes.js";
import { addMaybe } from "./comparison.js";
import { squareSize, tril, triu } from "./diagonals.js";
import { alignOwnRanks } from "./elementwise.js";
import { batchShape, matMul, matrixIndices } from "./matMul.js";

/** Which system is solved. */
export interface TriangularSolveOptions {
  /** Whether the matrix's lower triangle is read, or else the upper one. @defaultValue true */
  readonly lower?: boolean;
  /** Solves with the transposed matrix. @defaultValue false */
  readonly transpose?: boolean;
}

/** Substitution in place: x holds the right-hand sides, n rows of k columns, and then the solutions. */
function substitute(matrix: Elements, x: Elements, n: number, k: number, { lower, transpose }: Attributes): void {
  const isForward = lower !== transpose;
  for (let step = 0; step < n; step++) {
    const i = isForward ? step : n - 1 - step;
    for (let done = 0; done < step; done++) {
      const j = isForward ? done : n - 1 - done;
      const factor = transpose ? matrix[j * n + i]! : matrix[i * n + j]!;
      if (factor !== 0) for (let c = 0; c < k; c++) x[i * k + c]! -= factor * x[j * k + c]!;
    }
    const pivot = matrix[i * n + i]!;
    for (let c = 0; c < k; c++) x[i * k + c]! /= pivot;
  }
}

/** X = T⁻¹B, T a triangle of the matrix or its transpose; dX = T⁻¹(dB − dT·X). Attributes: `lower`, `transpose`. */
const triangularSolvePrimitive: Primitive = primitive({
  name: "triangularSolve",
  infer: ([matrix, b]) => {
    const n = squareSize("triangularSolve", matrix!);
    const batch = broadcastShapes(batchShape(matrix!.shape), batchShape(b!.shape));
    if (b!.shape.length < 2 || b!.shape.at(-2) !== n || !batch)
      throw new ElbowError("shape", {
        message: `triangularSolve: matrix ${formatShape(matrix!.shape)} and right-hand side ${formatShape(b!.shape)} do not fit`,
        hint: "The right-hand side has shape [..., n, columns]; give a vector a last axis of size 1.",
      });
    return [{ shape: [...batch, ...b!.shape.slice(-2)], dtype: b!.dtype }];
  },
  evaluate: ([matrix, b], attributes) => {
    const batch = broadcastShapes(batchShape(matrix!.shape), batchShape(b!.shape))!;
    const [n, k] = b!.shape.slice(-2) as [number, number];
    const ofMatrix = matrixIndices(batchShape(matrix!.shape), batch);
    const ofB = matrixIndices(batchShape(b!.shape), batch);
    const out = new Float64Array(sizeOf(batch) * n * k);
    for (let i = 0; i < ofMatrix.length; i++) {
      const x = out.subarray(i * n * k, (i + 1) * n * k);
      x.set(b!.elements.subarray(ofB[i]! * n * k, (ofB[i]! + 1) * n * k));
      substitute(matrix!.elements.subarray(ofMatrix[i]! * n * n, (ofMatrix[i]! + 1) * n * n), x, n, k, attributes);
    }
    return [out];
  },
  jvp: ({ inputs: [matrix], outputs: [x], attributes }, [dMatrix, db]) => {
    const change =
      dMatrix &&
      matMul(attributes.transpose ? matrixTranspose(triangle(dMatrix, attributes)) : triangle(dMatrix, attributes), x!);
    const sum = addMaybe(db, change && neg(change));
    return [sum && emitOne(triangularSolvePrimitive, [matrix!, sum], attributes)];
  },
  // B̄ = T⁻ᵀX̄, T̄ = −B̄Xᵀ
  vjp: ({ inputs: [matrix, b], outputs: [x], attributes, isNeeded }, [ct]): MaybeZero[] => {
    if (!ct) return [undefined, undefined];
    const ofB = emitOne(triangularSolvePrimitive, [matrix!, ct], { ...attributes, transpose: !attributes.transpose });
    const ofMatrix = () => {
      const product = attributes.transpose ? matMul(x!, matrixTranspose(ofB)) : matMul(ofB, matrixTranspose(x!));
      return sumTo(neg(triangle(product, attributes)), matrix!.shape);
    };
    return [isNeeded[0] ? ofMatrix() : undefined, isNeeded[1] ? sumTo(ofB, b!.shape) : undefined];
  },
  batch: (inputs, attributes, rank) => [emitOne(triangularSolvePrimitive, alignOwnRanks(inputs, rank), attributes)],
  // a row of X needs the rows up to its own, or from it on
  axes: ([matrix, b], { lower, transpose }, [out]) => {
    const batch = batchShape(out!.shape);
    const last = out!.shape.length - 1;
    const rows = { axis: last - 1, reverse: lower === transpose };
    const ofMatrix = [...broadcastAxes(batchShape(matrix!.shape), batch), rows, null];
    return [[ofMatrix, [...broadcastAxes(batchShape(b!.shape), batch), rows, last]]];
  },
  isContinuousIn: () => true,
  linearIn: [[1]],
});

const triangle = (x: Variable, { lower }: Attributes): Variable => (lower ? tril(x) : triu(x));

/** Solves T·X = B for X, where T is a triangle of `matrix` [...batch, n, n] and B is [...batch, n, columns]. */
export const triangularSolve = operation(
  (matrix: Variable, b: Variable, { lower = true, transpose = false }: TriangularSolveOptions = {}): Variable =>
    emitOne(triangularSolvePrimitive, [matrix, b], { lower, transpose }),
  triangularSolvePrimitive,
);

/** {@link triangularSolve} for right-hand sides that are vectors: [...batch, n]. */
export function triangularSolveVector(matrix: Variable, b: Variable, options: TriangularSolveOptions = {}): Variable {
  const x = triangularSolve(matrix, reshape(b, [...b.shape, 1]), options);
  return reshape(x, x.shape.slice(0, -1));
}
