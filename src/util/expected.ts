// Arguments of a wrong kind, refused before they fail somewhere deep inside.
import { ElbowError } from "../errors.js";
import { described } from "./described.js";

/**
 * What is thrown for an argument of a wrong kind.
 *
 * @param where - the public function
 * @param what - the argument's role: "the predicate"
 * @param kind - what it must be: "a tensor"
 */
export const wrongArgument = (where: string, what: string, kind: string, received: unknown, hint: string): ElbowError =>
  new ElbowError("argument", {
    message: `${where}: ${what} must be ${kind}\n  received: ${described(received)}`,
    hint,
  });

/** @throws ElbowError "argument" unless the value is a function */
export function checkFunction(where: string, what: string, value: unknown, hint: string): void {
  if (typeof value !== "function") throw wrongArgument(where, what, "a function", value, hint);
}

/** @throws ElbowError "argument" unless the value is an array */
export function checkArray(where: string, what: string, value: unknown, hint: string): void {
  if (!Array.isArray(value)) throw wrongArgument(where, what, "an array", value, hint);
}

/** @throws ElbowError "argument" unless the value is a text of at least one character */
export function checkText(where: string, what: string, value: unknown, hint: string): void {
  if (typeof value !== "string" || value === "") throw wrongArgument(where, what, "a text", value, hint);
}

/** @throws ElbowError "argument" unless the value is a number, NaN and infinities among them */
export function checkNumber(where: string, what: string, value: unknown, hint: string): void {
  if (typeof value !== "number") throw wrongArgument(where, what, "a number", value, hint);
}

/** @throws ElbowError "argument" unless the value is an object with all of these fields */
export function checkObject(
  where: string,
  what: string,
  value: unknown,
  fields: readonly string[],
  hint: string,
  kind = `an object with ${fields.join(", ")}`,
): void {
  if (typeof value === "object" && value !== null && fields.every((field) => field in value)) return;
  throw wrongArgument(where, what, kind, value, hint);
}

/** @throws ElbowError "argument" unless the value is a whole number that is not below the least one */
export function checkInteger(
  where: string,
  what: string,
  value: unknown,
  least = Number.NEGATIVE_INFINITY,
  hint = `Write ${Math.max(least, 1)}, for example.`,
): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  const kind = Number.isFinite(least) ? `a whole number from ${least} on` : "a whole number";
  throw wrongArgument(where, what, kind, value, hint);
}

/** @throws ElbowError "argument" unless the value is a shape: an array of whole numbers */
export function checkShape(where: string, value: unknown): void {
  if (Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  throw wrongArgument(
    where,
    "the shape",
    "an array of whole numbers",
    value,
    "Write [] for a scalar, [3] for a vector.",
  );
}

/**
 * For functions of what another public function returns.
 *
 * @param maker - how that one is called: "await explain(…)"
 * @param fields - which tell what it returns
 * @throws ElbowError "argument" for anything else, a promise above all
 */
export function checkResultOf(maker: string, where: string, value: unknown, fields: readonly string[]): void {
  const name = /(\w+)\(/.exec(maker)?.[1] ?? maker;
  checkObject(where, "the argument", value, fields, `Write ${where}(${maker}).`, `what ${name} returns`);
}

/** The same for a list of what it returns. @throws ElbowError "argument" */
export function checkRowsOf(maker: string, where: string, value: unknown, fields: readonly string[]): void {
  checkArray(where, "the argument", value, `Write ${where}(${maker}).`);
  for (const row of value as readonly unknown[]) checkResultOf(maker, where, row, fields);
}
