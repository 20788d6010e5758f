import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";

/** @throws ElbowError "not-an-objective" for anything else, a program for example */
export function checkObjective(where: string, value: unknown): void {
  const { body, direction } = (value ?? {}) as { body?: unknown; direction?: unknown };
  if (typeof body === "function" && typeof direction === "string") return;
  throw new ElbowError("not-an-objective", {
    message: `${where} takes an objective\n  received: ${described(value)}`,
    hint: `Write ${where}(elbo(model, guide), …), or make one with objective(function* (parameters, data) { … }).`,
  });
}
