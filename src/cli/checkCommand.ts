import { withFirstData } from "../inference/firstData.js";
import { checkUnbiased } from "../inference/judging/checkUnbiased.js";
import { formatBiasCheck } from "../report/estimatorTables.js";
import { type DataOptions, loadModelModule } from "./loadModelModule.js";

/** The options of `elbow check` as commander reads them. */
export interface CheckCommandOptions extends DataOptions {
  readonly draws?: number;
  readonly seed?: number;
  readonly engine?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Compares the estimates of a module's objective with the truth. The exit code is 1 if they are biased. */
export async function checkCommand(
  file: string,
  { json, data: dataFile, ...options }: CheckCommandOptions,
): Promise<void> {
  // stdout belongs to the JSON: what the user's module logs goes to stderr
  if (json) console.log = console.info = console.debug = console.error;
  const { objective, parameters, data } = await loadModelModule(file, dataFile === undefined ? {} : { data: dataFile });
  const check = await withFirstData(data, (first) => checkUnbiased(objective, parameters, first, options));
  process.stdout.write(json ? `${JSON.stringify(check)}\n` : `${formatBiasCheck(check)}\n`);
  if (!check.pass) process.exitCode = 1;
}
