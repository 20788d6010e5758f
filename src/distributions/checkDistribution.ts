import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";

/** @throws ElbowError "not-a-distribution" for anything else, a distribution without its parameters for example */
export function checkDistribution(where: string, value: unknown): void {
  if ((value as { family?: unknown } | null | undefined)?.family) return;
  throw new ElbowError("not-a-distribution", {
    message: `${where} takes a distribution\n  received: ${described(value)}`,
    hint:
      typeof value === "function"
        ? "Give it its parameters: normal(0, 1), not normal."
        : "Write normal(0, 1), for example.",
  });
}
