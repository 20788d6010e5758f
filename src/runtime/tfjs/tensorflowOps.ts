// Operations of TensorFlow's C library that tfjs has no kernels for: what they compute stays on the device.
import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes } from "../../util/shapes.js";
import type { Rule } from "./lowering.js";

/** An attribute of a raw operation, as the binding takes it. */
interface RawAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node's backend that runs raw operations. */
interface RawBackend {
  readonly binding: Readonly<Record<"TF_ATTR_TYPE" | "TF_ATTR_BOOL" | "TF_FLOAT", number>>;
  readonly executeSingleOutput: (
    op: string,
    attributes: readonly RawAttribute[],
    inputs: readonly tf.Tensor[],
  ) => tf.Tensor;
}

const active = (): RawBackend => tf.backend() as unknown as RawBackend;

/** Runs a raw operation on float32 tensors. */
function run(op: string, inputs: readonly tf.Tensor[], flags: Readonly<Record<string, boolean>> = {}): tf.Tensor {
  const backend = active();
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = backend.binding;
  return backend.executeSingleOutput(
    op,
    [
      ...Object.entries(flags).map(([name, value]) => ({ name, type: TF_ATTR_BOOL, value })),
      { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT },
    ],
    inputs,
  );
}

const unary =
  (op: string): Rule =>
  ([x]) => [run(op, [x!])];

/** Operands are stretched first: not every operation does it itself. */
const elementwise =
  (op: string): Rule =>
  (operands) => {
    const shape = operands.map((each) => each.shape as readonly number[]).reduce((a, b) => broadcastShapes(a, b)!);
    return [
      run(
        op,
        operands.map((each) => tf.broadcastTo(each, [...shape])),
      ),
    ];
  };

/** Both operands with the batch axes of both. */
function stretchBatches(a: tf.Tensor, b: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))!;
  return [a, b].map((each) => tf.broadcastTo(each, [...batch, ...each.shape.slice(-2)])) as [tf.Tensor, tf.Tensor];
}

/** By primitive. Everything is in single precision. */
export const tensorflowOps: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["lgamma", unary("Lgamma")],
  ["digamma", unary("Digamma")],
  ["erfc", unary("Erfc")],
  ["ndtri", unary("Ndtri")],
  ["i0e", unary("BesselI0e")],
  ["i1e", unary("BesselI1e")],
  ["gammainc", elementwise("Igamma")],
  ["gammaincc", elementwise("Igammac")],
  ["betainc", elementwise("Betainc")],
  // the factor of the symmetric part; where there is none the library fills the triangle with NaN
  ["cholesky", ([a]) => [run("Cholesky", [tf.mul(tf.add(a!, tf.transpose(a!, lastTwoSwapped(a!.rank))), 0.5)])]],
  [
    "triangularSolve",
    ([matrix, b], { lower, transpose }) => [
      run("MatrixTriangularSolve", stretchBatches(matrix!, b!), { lower, adjoint: transpose }),
    ],
  ],
]);

const lastTwoSwapped = (rank: number): number[] => [
  ...Array.from({ length: rank - 2 }, (_, axis) => axis),
  rank - 1,
  rank - 2,
];
