// Lower triangles of square matrices as vectors, row after row.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { formatShape, range, type Shape } from "../../util/shapes.js";

/** A triangle of n × n matrices: the rows and columns of its elements in order. */
interface Triangle {
  readonly n: number;
  readonly places: readonly (readonly [row: number, column: number])[];
}

/** The lower triangle with the diagonal, or without it (`offset` 1). */
const triangle = (n: number, offset: 0 | 1): Triangle => ({
  n,
  places: range(n).flatMap((row) => range(row + 1 - offset).map((column) => [row, column] as const)),
});

/** The triangle of so many elements; undefined if there is none. */
function triangleOf(size: number | undefined, offset: 0 | 1): Triangle | undefined {
  const n = Math.round((Math.sqrt(1 + 8 * (size ?? 0)) - 1) / 2) + offset;
  const found = triangle(n, offset);
  return found.places.length === size && size > 0 ? found : undefined;
}

const indices = (places: readonly number[]): tf.Tensor1D => tf.tensor1d([...places], "int32");

/** Puts vectors [..., size] into the triangles of matrices [..., n, n] of zeros. */
export function unpack(x: tf.Tensor, offset: 0 | 1): tf.Tensor {
  const { n, places } = triangleOf(x.shape.at(-1), offset)!;
  const at = range(n * n).map((cell) => places.findIndex(([row, column]) => row * n + column === cell));
  const padded = tf.concat([x, tf.zeros([...x.shape.slice(0, -1), 1])], -1);
  const cells = tf.gather(padded, indices(at.map((place) => (place < 0 ? places.length : place))), x.rank - 1);
  return tf.reshape(cells, [...x.shape.slice(0, -1), n, n]);
}

/** The triangles of matrices as vectors. */
export function pack(matrix: tf.Tensor, offset: 0 | 1): tf.Tensor {
  const n = matrix.shape.at(-1)!;
  const leading = matrix.shape.slice(0, -2);
  const cells = triangle(n, offset).places.map(([row, column]) => row * n + column);
  return tf.gather(tf.reshape(matrix, [...leading, n * n]), indices(cells), leading.length);
}

/** Shapes of events of a bijector that turns vectors into triangles. */
export const packedShapes = (name: string, offset: 0 | 1) => ({
  forwardShape: (event: Shape): Shape => {
    const found = triangleOf(event.at(-1), offset);
    if (found) return [...event.slice(0, -1), found.n, found.n];
    const count = offset === 0 ? "n(n + 1)/2" : "n(n − 1)/2";
    throw new ElbowError("shape", {
      message: `${name} takes vectors of ${count} numbers\n  received: an event of shape ${formatShape(event)}`,
    });
  },
  inverseShape: (event: Shape): Shape => {
    const [n, columns] = event.slice(-2);
    const size = triangle(n ?? 0, offset).places.length;
    if (n !== undefined && n === columns && size > 0) return [...event.slice(0, -2), size];
    throw new ElbowError("shape", {
      message: `${name} makes square matrices${offset === 1 ? " of two or more rows" : ""}\n  received: an event of shape ${formatShape(event)}`,
    });
  },
});

/** Whether there are only zeros above the diagonals of matrices. */
export const isLower = (matrix: tf.Tensor): tf.Tensor => {
  const n = matrix.shape.at(-1)!;
  const above = range(n).map((row) => range(n).map((column) => (column > row ? 1 : 0)));
  const cells = tf.mul(tf.abs(matrix), tf.tensor2d(above, [n, n]));
  return tf.equal(tf.max(tf.max(cells, -1), -1), 0);
};
