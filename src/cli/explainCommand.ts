import { writeFileSync } from "node:fs";
import { explainFirst } from "../inference/explain/explainFirst.js";
import { withFirstData } from "../inference/firstData.js";
import { profileStep } from "../inference/profileStep.js";
import { shapesOfObjective, shapeTable } from "../inference/shapeTable.js";
import { formatExplanation } from "../report/explanation.js";
import { explanationSvg } from "../report/explanationSvg.js";
import { formatShapeTable } from "../report/shapeTable.js";
import { formatStepProfile } from "../report/stepTable.js";

import { type DataOptions, loadModelModule } from "./loadModelModule.js";
import type { ModelModule } from "./modelModule.js";

/** The options of `elbow explain` as commander reads them. */
export interface ExplainCommandOptions extends DataOptions {
  readonly cost?: boolean;
  readonly engine?: string;
  readonly threads?: number;
  readonly json?: boolean;
  readonly svg?: string;
  readonly shapes?: boolean;
}

/** Says what the estimator makes of a module's objective and, with `cost`, where the time of a step goes. */
export async function explainCommand(file: string, options: ExplainCommandOptions): Promise<void> {
  const { cost, json, svg, shapes, data: _, ...choice } = options;
  // stdout belongs to the JSON: what the user's module logs goes to stderr
  if (json) console.log = console.info = console.debug = console.error;
  const module = await loadModelModule(file, options);
  if (shapes) return printShapes(module, json ?? false);
  const { objective, parameters, data, fit } = module;
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

/** Addresses with their shapes, the guide's beside the model's. */
async function printShapes(
  { objective, model, guide, isModelLearned, parameters, data }: ModelModule,
  isJson: boolean,
): Promise<void> {
  const rows = await withFirstData(data, async (first) => {
    if (!model || !guide) return shapesOfObjective(objective, parameters, ...first);
    return shapeTable(
      model(...(isModelLearned ? [parameters, ...first] : first)),
      guide(...([parameters, ...first] as unknown as Parameters<typeof guide>)),
    );
  });
  process.stdout.write(isJson ? `${JSON.stringify({ sites: rows })}\n` : `${formatShapeTable(rows)}\n`);
}
