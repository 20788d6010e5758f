import { ElbowError } from "../errors.js";
import { described } from "../util/described.js";

/** @throws ElbowError "option" unless the number of particles is a positive integer */
export function checkParticles(where: string, particles: unknown): void {
  if (Number.isSafeInteger(particles) && (particles as number) >= 1) return;
  throw new ElbowError("option", {
    message: `${where}: particles must be a positive integer\n  received: ${described(particles)}`,
    hint: "Write { particles: 10 }, for example.",
  });
}
