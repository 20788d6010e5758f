import { checkObject } from "../../util/expected.js";

/** @throws ElbowError "argument" unless the value is an algorithm for densities of programs */
export function checkAlgorithm(where: string, value: unknown): void {
  const hint = "Write importanceSampling({ particles: 10 }) or exactEnumeration(), for example.";
  checkObject(where, "the algorithm", value, ["density"], hint, "an algorithm");
}
