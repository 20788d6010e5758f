import { ElbowError } from "../../errors.js";
import { described } from "../../util/described.js";

/** @throws ElbowError "not-a-program" for what is no function, a program that is applied already for example */
export function checkPrograms(
  name: string,
  programs: Readonly<Record<string, unknown>>,
  hint = `Write ${name}(${Object.keys(programs).join(", ")}), without arguments: parameters and data are given to fit or estimate.`,
): void {
  for (const [role, program] of Object.entries(programs))
    if (typeof program !== "function")
      throw new ElbowError("not-a-program", {
        message: `${name}: the ${role} must be a program, a function made by gen\n  received: ${described(program)}`,
        hint,
      });
}
