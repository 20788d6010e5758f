import { checkOptionNames } from "../../util/options.js";
import { checkData } from "../checkData.js";
import { checkPrograms } from "../objectives/checkPrograms.js";
import { guideOptionNames } from "./guideOptionNames.js";

/**
 * Checks what every automatic guide is made of.
 *
 * @param own - names of the options that this guide has beside those of all
 * @throws ElbowError "not-a-program", "argument" for data that are no array, "option"
 */
export function checkGuideOf(
  where: string,
  model: unknown,
  data: unknown,
  options: unknown,
  own: readonly string[],
  need: "optional" | "required" | readonly string[] = "optional",
): void {
  checkPrograms(where, { model }, `Write ${where}(model, [y]): the model without arguments, and these in an array.`);
  checkData(where, data);
  checkOptionNames(where, options, [...guideOptionNames, ...own], need);
}
