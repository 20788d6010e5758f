import { ElbowError } from "../errors.js";

/** @throws ElbowError "option" unless a number of copies is an integer and at least `least` */
export function checkCopies(strategy: string, copies: number, least = 1): void {
  if (Number.isInteger(copies) && copies >= least) return;
  const expected = least === 1 ? "a positive integer" : `an integer of at least ${least}`;
  throw new ElbowError("option", { message: `${strategy}: copies must be ${expected}, and is ${copies}` });
}
