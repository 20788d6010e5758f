import { writeFileSync } from "node:fs";
import { explainFirst } from "../inference/explain/explainFirst.js";
import { profileStep } from "../inference/profileStep.js";
import { formatExplanation } from "../report/explanation.js";
import { explanationSvg } from "../report/explanationSvg.js";
import { formatStepProfile } from "../report/stepTable.js";
import { loadModule } from "./loadModule.js";
import { readModelModule } from "./modelModule.js";

/** The options of `elbow explain` as commander reads them. */
export interface ExplainCommandOptions {
  readonly cost?: boolean;
  readonly engine?: string;
  readonly threads?: number;
  readonly json?: boolean;
  readonly svg?: string;
}

/** Says what the estimator makes of a module's objective and, with `cost`, where the time of a step goes. */
export async function explainCommand(file: string, options: ExplainCommandOptions): Promise<void> {
  const { cost, json, svg, ...choice } = options;
  // stdout belongs to the JSON: what the user's module logs goes to stderr
  if (json) console.log = console.info = console.debug = console.error;
  const { objective, parameters, data, fit } = readModelModule(file, await loadModule(file));
  const settings = { parameters, data, ...fit, ...choice };
  const explanation = await explainFirst(objective, settings);
  if (svg !== undefined) writeFileSync(svg, await explanationSvg(explanation));
  const profile = cost ? await profileStep(objective, settings) : undefined;
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...profile, ...explanation })}\n`
      : `${[formatExplanation(explanation), ...(profile ? [formatStepProfile(profile)] : [])].join("\n")}\n`,
  );
}
