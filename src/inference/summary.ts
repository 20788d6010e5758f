import type { Tensor } from "@tensorflow/tfjs-core";
import { Table } from "console-table-printer";
import { isTensor } from "../dsl/choices.js";
import { ElbowError } from "../errors.js";
import { checkTensor } from "../ir/checkTensor.js";
import { described } from "../util/described.js";
import { checkRowsOf } from "../util/expected.js";
import { checkOptionNames } from "../util/options.js";
import { formatIndex, formatShape } from "../util/shapes.js";
import { leavesOf, type Tree } from "../util/tree.js";
import { weightsOf } from "./weights.js";

/** What is known of one number of a posterior. */
export interface SummaryRow {
  /** The address, with the element's index: `eta[3]`. */
  readonly name: string;
  readonly mean: number;
  /** Standard deviation, corrected for the degree of freedom of the mean; NaN for a single draw. */
  readonly sd: number;
  /** Quantiles: 5 %, 50 % and 95 %. */
  readonly q05: number;
  readonly q50: number;
  readonly q95: number;
  readonly truth?: number;
}

/** True values by address: numbers, arrays, tensors, or objects with a `mean` of these. Other addresses may be left out. */
export type Truth = Readonly<Record<string, unknown>>;

export interface SummaryOptions {
  /** Log weights of the draws, up to a constant, of shape [draws]. @defaultValue all equal */
  readonly logWeights?: Tensor | undefined;
  readonly truth?: Truth | undefined;
}

/**
 * The posterior table of draws: one row per element of every choice.
 *
 * @param draws - nested tensors of shape [n, ...]
 * @throws ElbowError "draws" if the tensors do not have the same number of draws
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { summarize } from "elbow";
 * const [row] = await summarize({ mu: tf.tensor1d([1, 2, 3]) }, { truth: { mu: 2 } });
 * console.log(row?.name, row?.mean, row?.sd.toFixed(3), row?.q50, row?.truth); // => mu 2 1.000 2 2
 * ```
 */
export async function summarize(draws: Tree<Tensor>, options: SummaryOptions = {}): Promise<SummaryRow[]> {
  checkOptionNames("summarize", options, ["logWeights", "truth"]);
  const { logWeights, truth = {} } = options;
  if (logWeights !== undefined) checkTensor("summarize", "logWeights", logWeights);
  const leaves = leavesOf(draws);
  const other = leaves.find(({ leaf }) => !isTensor(leaf));
  if (other)
    throw new ElbowError("draws", {
      message: `summarize takes tensors of draws\n  received: ${described(other.leaf)}${other.path.length > 0 ? ` at ${other.path.join("/")}` : ""}`,
      hint: "Stack draws along a first axis: { mu: tf.tensor1d([…]) }.",
    });
  const count = logWeights?.shape[0] ?? leaves[0]?.leaf.shape[0] ?? 0;
  for (const { leaf, path } of leaves)
    if (leaf.shape[0] !== count || count === 0)
      throw new ElbowError("draws", {
        message: `every tensor of draws needs ${count || "at least one"} of them as its first axis\n  ${path.join("/")}: ${formatShape(leaf.shape)}`,
        hint: "Pass what drawPosterior returned, or stack draws along a first axis.",
      });
  const weights = weightsOf(logWeights ? await logWeights.data() : new Float64Array(count)).weights;
  const rows = await Promise.all(
    leaves.map(async ({ leaf, path }) => {
      const elements = await leaf.data();
      const shape = leaf.shape.slice(1);
      const size = elements.length / count;
      const truths = await truthAt(truth, path);
      return Array.from({ length: size }, (_, i) => {
        const values = Float64Array.from(weights, (_, draw) => elements[draw * size + i]!);
        const known = truths?.length === size ? { truth: truths[i]! } : {};
        return { name: `${path.join("/")}${formatIndex(i, shape)}`, ...moments(values, weights), ...known };
      });
    }),
  );
  return rows.flat();
}

/** The true values of an address, flattened. */
async function truthAt(truth: Truth, path: readonly string[]): Promise<readonly number[] | undefined> {
  const node = path.reduce<unknown>((inner, name) => (inner as Truth | undefined)?.[name], truth);
  const isObject = typeof node === "object" && node !== null && !isTensor(node) && !Array.isArray(node);
  const value = isObject ? (node as Truth).mean : node;
  if (isTensor(value)) return [...(await value.data())];
  if (typeof value === "number") return [value];
  if (!Array.isArray(value)) return undefined;
  const numbers = value.flat(Number.POSITIVE_INFINITY);
  return numbers.every((each) => typeof each === "number") ? numbers : undefined;
}

/** Weighted mean, standard deviation and quantiles. */
function moments(values: Float64Array, weights: Float64Array): Omit<SummaryRow, "name" | "truth"> {
  let mean = 0;
  let squares = 0;
  let squaredWeights = 0;
  // a weight of zero takes an infinite value out
  values.forEach((value, i) => {
    if (weights[i]! > 0) mean += weights[i]! * value;
  });
  values.forEach((value, i) => {
    if (weights[i]! > 0) squares += weights[i]! * (value - mean) ** 2;
    squaredWeights += weights[i]! ** 2;
  });
  // for n equal weights 1 − Σ w² = (n − 1)/n
  const sd = squaredWeights < 1 ? Math.sqrt(squares / (1 - squaredWeights)) : Number.NaN;
  const [q05, q50, q95] = quantiles(values, weights, [0.05, 0.5, 0.95]);
  return { mean, sd, q05: q05!, q50: q50!, q95: q95! };
}

/** Quantiles by interpolation between the values' positions Σ_{j<i} w_j + w_i/2 (Hazen's, type 5, for equal weights). */
export function quantiles(values: Float64Array, weights: Float64Array, at: readonly number[]): number[] {
  const order = [...values.keys()].filter((i) => weights[i]! > 0).sort((a, b) => values[a]! - values[b]!);
  let below = 0;
  const points = order.map((i) => {
    const position = below + weights[i]! / 2;
    below += weights[i]!;
    return { position, value: values[i]! };
  });
  return at.map((p) => {
    const next = points.findIndex(({ position }) => position >= p);
    if (next === 0) return points[0]!.value;
    if (next < 0) return points.at(-1)!.value;
    const [a, b] = [points[next - 1]!, points[next]!];
    return a.value + ((p - a.position) / (b.position - a.position)) * (b.value - a.value);
  });
}

/** How many rows a printed table has at most. */
const longestTable = 50;

/** The table as text, without colours. Long ones are cut, and say so. */
export function formatSummary(rows: readonly SummaryRow[]): string {
  checkRowsOf("await summarize(draws)", "formatSummary", rows, ["name", "mean", "sd"]);
  const hasTruth = rows.some(({ truth }) => truth !== undefined);
  const numbers = ["mean", "sd", "q05", "q50", "q95", ...(hasTruth ? ["truth"] : [])] as const;
  const titles: Readonly<Record<string, string>> = { q05: "5%", q50: "50%", q95: "95%" };
  const table = new Table({
    shouldDisableColors: true,
    columns: [
      { name: "name", title: "", alignment: "left" },
      ...numbers.map((name) => ({ name, title: titles[name] ?? name, alignment: "right" })),
    ],
  });
  for (const row of rows.slice(0, longestTable))
    table.addRow({ name: row.name, ...Object.fromEntries(numbers.map((each) => [each, format(row[each as "mean"])])) });
  const rest = rows.length - longestTable;
  return rest > 0 ? `${table.render()}\n… and ${rest} more` : table.render();
}

const format = (x: number | undefined): string =>
  x === undefined ? "" : Number.isFinite(x) ? String(Number.parseFloat(x.toPrecision(4))) : String(x);
