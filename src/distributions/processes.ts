// What stochastic processes share.
import { ElbowError } from "../errors.js";

/** @throws ElbowError "option" for a number of steps that is not a positive integer */
export function checkSteps(name: string, steps: number): void {
  if (!Number.isInteger(steps) || steps < 1)
    throw new ElbowError("option", { message: `${name}: numSteps must be a positive integer, and is ${steps}` });
}
