import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";

/**
 * @param what - its role, where a function takes more than one
 * @throws ElbowError "not-a-distribution" for anything else, a distribution without its parameters for example
 */
export function checkDistribution(where: string, value: unknown, what?: string): void {
  const { family, parameters } = (value ?? {}) as { family?: unknown; parameters?: unknown };
  if (typeof family === "object" && family !== null && Array.isArray(parameters)) return;
  throw new ElbowError("not-a-distribution", {
    message: `${what === undefined ? `${where} takes` : `${where}: ${what} must be`} a distribution\n  received: ${described(value)}`,
    hint:
      typeof value === "function"
        ? "Give it its parameters: normal(0, 1), not normal."
        : "Write normal(0, 1), for example.",
  });
}
