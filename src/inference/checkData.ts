import { checkArray } from "../util/expected.js";

/** @throws ElbowError "argument" unless the arguments that a model or an objective takes as data are in an array */
export const checkData = (where: string, data: unknown): void =>
  checkArray(where, "the data", data, "Give them in an array, [y] for example, or [] where there are none.");
