import { ElbowError } from "../errors.js";
import { described } from "./described.js";
import { nearestTo } from "./nearest.js";

/**
 * Refuses options that there are not: a misspelt one would be passed over.
 *
 * @throws ElbowError "option" that names the nearest option, or for what is no object of options at all
 */
export function checkOptionNames(
  where: string,
  options: unknown,
  names: readonly string[],
  need: "optional" | "required" = "optional",
): void {
  if (options === undefined && need === "optional") return;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new ElbowError("option", {
      message: `${where} takes an object of options\n  received: ${described(options)}`,
      hint: `Write { ${names[0]}: … }.`,
    });
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const nearest = nearestTo(name, names);
    throw new ElbowError("option", {
      message: `${where} has no option "${name}"\n  options: ${names.join(", ")}`,
      hint: nearest === undefined ? "Take it out." : `Did you mean "${nearest}"?`,
    });
  }
}
