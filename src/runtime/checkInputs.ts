import { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Program, Type } from "../ir/program.js";
import { formatShape, sameShape } from "../util/shapes.js";

const describe = ({ dtype, shape }: Pick<Tensor, "dtype" | "shape"> | Type): string => `${dtype} ${formatShape(shape)}`;

/**
 * Compares what a program is run on with what it was compiled for.
 *
 * @throws ElbowError `input-count`, `input-type` or `input-disposed`, naming the position, what is expected and received
 */
export function checkInputs({ inputs: expected }: Program, received: readonly Tensor[]): void {
  if (received.length !== expected.length)
    throw new ElbowError("input-count", {
      message: `the program was given the wrong number of inputs\n  expected: ${expected.length}\n  received: ${received.length}`,
      hint: `Pass one tensor for each of: ${expected.map(describe).join(", ") || "(nothing)"}`,
    });
  for (let i = 0; i < expected.length; i++) {
    const { shape, dtype } = expected[i]!;
    const tensor: unknown = received[i];
    if (!(tensor instanceof Tensor)) throw wrongInput(i, expected[i]!, tensor === null ? "null" : typeof tensor);
    if (tensor.isDisposed)
      throw new ElbowError("input-disposed", {
        message: `input ${i} of the program is a disposed tensor\n  expected: ${describe(expected[i]!)}`,
        hint: "Keep inputs until the run has ended; tf.keep protects a tensor from the tf.tidy around it.",
      });
    if (tensor.dtype !== dtype || !sameShape(tensor.shape, shape)) throw wrongInput(i, expected[i]!, describe(tensor));
  }
}

const wrongInput = (position: number, expected: Type, received: string): ElbowError =>
  new ElbowError("input-type", {
    message: `input ${position} of the program has the wrong type\n  expected: ${describe(expected)}\n  received: ${received}`,
    hint: "Programs are compiled for fixed shapes and dtypes: reshape or cast the input, or compile for its type.",
  });

/**
 * Checks the arguments of `iterate`.
 *
 * @throws ElbowError `iterate` unless the carried outputs can be inputs of the next run
 */
export function checkIteration({ inputs, outputs }: Program, carried: number, steps: number): void {
  const fail = (message: string, hint: string): never => {
    throw new ElbowError("iterate", { message, hint });
  };
  if (!Number.isSafeInteger(steps) || steps < 1)
    fail(`iterate: the number of steps is a positive integer\n  received: ${steps}`, "Run at least one step.");
  const most = Math.min(inputs.length, outputs.length);
  if (!Number.isSafeInteger(carried) || carried < 0 || carried > most)
    fail(`iterate: carried is between 0 and ${most}\n  received: ${carried}`, "Carry the leading outputs only.");
  for (let i = 0; i < carried; i++)
    if (inputs[i]!.dtype !== outputs[i]!.dtype || !sameShape(inputs[i]!.shape, outputs[i]!.shape))
      fail(
        `iterate: output ${i} cannot be input ${i} of the next step\n  input:  ${describe(inputs[i]!)}\n  output: ${describe(outputs[i]!)}`,
        "Return carried values with the shape and dtype that they came in.",
      );
}
