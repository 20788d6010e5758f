import { writeFileSync } from "node:fs";
import { extname } from "node:path";
import type { Tensor } from "@tensorflow/tfjs-core";
import { addressesOf, at, type Choices } from "../dsl/choices.js";
import { partial } from "../dsl/partial.js";
import { ElbowError } from "../errors.js";
import { predictive } from "../inference/predictive.js";
import { formatSummary, summarize } from "../inference/summary.js";
import { formatIndex } from "../util/shapes.js";
import type { Tree } from "../util/tree.js";
import { type DataOptions, loadExports } from "./loadModelModule.js";
import { observedData, readModel } from "./modelModule.js";

/** The options of `elbow simulate` as commander reads them. */
export interface SimulateCommandOptions extends DataOptions {
  readonly number: number;
  readonly seed?: number;
  readonly engine?: string;
  readonly threads?: number;
  readonly json?: boolean;
  readonly out?: string;
}

type Draws = Readonly<Record<string, unknown>>;

/** Draws what a module's model would make: choices, and observations in the place of its data. */
export async function simulateCommand(file: string, options: SimulateCommandOptions): Promise<void> {
  const { number: draws, seed = 0, engine, threads, json, out } = options;
  // stdout belongs to the JSON: what the user's module logs goes to stderr
  if (json) console.log = console.info = console.debug = console.error;
  const ending = out === undefined ? undefined : extname(out);
  if (ending !== undefined && ending !== ".json" && ending !== ".csv")
    throw new ElbowError("option", { message: `--out writes .json or .csv files\n  received: ${out}` });
  const { model, parameters, data } = readModel(file, await loadExports(file, options));
  const args = await observedData({ data }).judged();
  const program = parameters ? partial(model as never, parameters as never) : model;
  const drawn = await predictive(program, args as never, { draws, seed, engine, threads });
  const [choices, observed] = [drawn.choices as Choices, drawn.observed as Choices];
  const whole = { draws, seed, choices: await byAddress(choices), observed: await byAddress(observed) };
  if (out !== undefined)
    writeFileSync(out, ending === ".csv" ? await csvOf(choices, observed) : `${JSON.stringify(whole)}\n`);
  const written = out === undefined ? [] : [`${draws} draws written to ${out}`];
  if (json) process.stdout.write(`${JSON.stringify(whole)}\n`);
  else process.stdout.write(`${[...(await tablesOf(draws, seed, choices, observed)), ...written].join("\n")}\n`);
}

/** Draws by address, as nested arrays with the draws as first axis. */
const byAddress = async (choices: Choices): Promise<Draws> =>
  Object.fromEntries(
    await Promise.all(
      addressesOf(choices).map(async (address) => [address, await (at(choices, address) as Tensor).array()] as const),
    ),
  );

async function tablesOf(draws: number, seed: number, choices: Choices, observed: Choices): Promise<string[]> {
  const table = async (title: string, of: Choices) =>
    addressesOf(of).length === 0 ? [] : [title, formatSummary(await summarize(of as Tree<Tensor>))];
  return [
    `${draws} draws from the model, seed ${seed}`,
    ...(await table("choices", choices)),
    ...(await table("observations", observed)),
  ];
}

/** One row per draw, one column per element. */
async function csvOf(...parts: readonly Choices[]): Promise<string> {
  const columns = await Promise.all(
    parts.flatMap((part) =>
      addressesOf(part).map(async (address) => {
        const tensor = at(part, address) as Tensor;
        const values = await tensor.data();
        const shape = tensor.shape.slice(1);
        const size = values.length / tensor.shape[0]!;
        return Array.from({ length: size }, (_, i) => ({
          name: `${address}${formatIndex(i, shape)}`,
          values: Array.from({ length: tensor.shape[0]! }, (_, draw) => values[draw * size + i]!),
        }));
      }),
    ),
  );
  const { default: papa } = await import("papaparse");
  const all = columns.flat();
  const rows = all[0]?.values.map((_, draw) => all.map(({ values }) => values[draw]!)) ?? [];
  return `${papa.unparse({ fields: all.map(({ name }) => name), data: rows })}\n`;
}
