import { withFirstData } from "../inference/firstData.js";
import { checkUnbiased } from "../inference/judging/checkUnbiased.js";
import { formatBiasCheck } from "../report/estimatorTables.js";
import { loadModule } from "./loadModule.js";
import { readModelModule } from "./modelModule.js";

/** The options of `elbow check` as commander reads them. */
export interface CheckCommandOptions {
  readonly draws?: number;
  readonly seed?: number;
  readonly engine?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Compares the estimates of a module's objective with the truth. The exit code is 1 if they are biased. */
export async function checkCommand(file: string, { json, ...options }: CheckCommandOptions): Promise<void> {
  // stdout belongs to the JSON: what the user's module logs goes to stderr
  if (json) console.log = console.info = console.debug = console.error;
  const { objective, parameters, data } = readModelModule(file, await loadModule(file));
  const check = await withFirstData(data, (first) => checkUnbiased(objective, parameters, first, options));
  process.stdout.write(json ? `${JSON.stringify(check)}\n` : `${formatBiasCheck(check)}\n`);
  if (!check.pass) process.exitCode = 1;
}
