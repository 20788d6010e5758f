// Arguments of a wrong kind, refused before they fail somewhere deep inside.
import { ElbowError } from "../errors.js";
import { described } from "./described.js";

/** @throws ElbowError "argument" unless the value is a function */
export function checkFunction(where: string, what: string, value: unknown, hint: string): void {
  if (typeof value === "function") return;
  throw new ElbowError("argument", {
    message: `${where}: ${what} must be a function\n  received: ${described(value)}`,
    hint,
  });
}

/** @throws ElbowError "argument" unless the value is an array */
export function checkArray(where: string, what: string, value: unknown, hint: string): void {
  if (Array.isArray(value)) return;
  throw new ElbowError("argument", {
    message: `${where}: ${what} must be an array\n  received: ${described(value)}`,
    hint,
  });
}
