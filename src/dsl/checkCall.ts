import { notAProgram } from "./refusals.js";

/** @throws ElbowError "not-a-program" unless the value is a program that has its arguments */
export function checkCall(where: string, value: unknown, address?: string): void {
  if (typeof (value as { start?: unknown } | null | undefined)?.start !== "function")
    throw notAProgram(value, undefined, where, address);
}
