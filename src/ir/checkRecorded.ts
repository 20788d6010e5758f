import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";
import type { Program } from "./program.js";

/** @throws ElbowError "not-a-program" unless the value is a program that `trace` has recorded, or a transform has made */
export function checkRecorded(where: string, value: unknown): void {
  const { equations, inputs, outputs } = (value ?? {}) as Partial<Program>;
  if (Array.isArray(equations) && Array.isArray(inputs) && Array.isArray(outputs)) return;
  throw new ElbowError("not-a-program", {
    message: `${where} takes a recorded program\n  received: ${described(value)}`,
    hint: `trace makes one: ${where}(trace([{ shape: [], dtype: "float32" }], (x) => [x.square()])…).`,
  });
}
