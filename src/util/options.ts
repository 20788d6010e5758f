import { ElbowError } from "../errors.js";
import { described } from "./described.js";
import { nearestTo } from "./nearest.js";

/** Whether a value can be an object of options: lists and tensors are none. */
export function isOptions(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Promise) return false;
  const { dtype, shape } = value as { dtype?: unknown; shape?: unknown };
  return typeof dtype !== "string" || !Array.isArray(shape);
}

/**
 * Refuses options that there are not: a misspelt one would be passed over.
 *
 * @param need - whether the object may be left out; or the names of those options that may not
 * @throws ElbowError "option" that names the nearest option, or the missing one, or for what is no object of options at all
 */
export function checkOptionNames(
  where: string,
  options: unknown,
  names: readonly string[],
  need: "optional" | "required" | readonly string[] = "optional",
): void {
  if (options === undefined && need === "optional") return;
  const needed = typeof need === "string" ? [] : need;
  const example = (needed.length > 0 ? needed : names.slice(0, 1)).map((name) => `${name}: …`).join(", ");
  if (!isOptions(options))
    throw new ElbowError("option", {
      message: `${where} takes an object of options\n  received: ${described(options)}`,
      hint: `Write { ${example} }.`,
    });
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const nearest = nearestTo(name, names);
    throw new ElbowError("option", {
      message: `${where} has no option "${name}"\n  options: ${names.join(", ")}`,
      hint: nearest === undefined ? "Take it out." : `Did you mean "${nearest}"?`,
    });
  }
  for (const name of needed) {
    if ((options as Readonly<Record<string, unknown>>)[name] !== undefined) continue;
    throw new ElbowError("option", {
      message: `${where} needs the option ${name}\n  received: ${described(options)}`,
      hint: `Write { ${example} }.`,
    });
  }
}

/** @throws ElbowError "option" that names the nearest choice, unless the option is one of these */
export function checkChoice(where: string, option: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  const nearest = typeof value === "string" ? nearestTo(value, choices) : undefined;
  throw new ElbowError("option", {
    message: `${where}: ${option} must be ${choices.map((each) => `"${each}"`).join(" or ")}\n  received: ${described(value)}`,
    hint: nearest === undefined ? `Write { ${option}: "${choices[0]}" }.` : `Did you mean "${nearest}"?`,
  });
}

/** @throws ElbowError "option" unless the option is a whole number that is not below the least one */
export function checkCount(where: string, option: string, value: unknown, least = 1): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw new ElbowError("option", {
    message: `${where}: ${option} must be ${least === 1 ? "a positive integer" : `an integer ≥ ${least}`}\n  received: ${described(value)}`,
    hint: `Give a whole number, ${Math.max(least, 2)} for example.`,
  });
}
