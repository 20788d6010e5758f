import { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";

/** For what must be a tensor already: where numbers do as well, `asTensor` checks. @throws ElbowError "not-a-tensor" */
export function checkTensor(where: string, what: string, value: unknown): void {
  if (value instanceof Tensor) return;
  throw new ElbowError("not-a-tensor", {
    message: `${where}: ${what} must be a tensor\n  received: ${described(value)}`,
    hint: "tf.tensor([1, 2]) makes one of numbers, tf.scalar(1) one of a single number.",
  });
}

/** @throws ElbowError "not-a-tensor" unless the value is an array of tensors */
export function checkTensors(where: string, what: string, value: unknown): void {
  if (!Array.isArray(value))
    throw new ElbowError("not-a-tensor", {
      message: `${where}: ${what} must be an array of tensors\n  received: ${described(value)}`,
      hint: "Put even a single tensor into an array: [x].",
    });
  for (let i = 0; i < value.length; i++) checkTensor(where, `${what}, element ${i},`, value[i]);
}
