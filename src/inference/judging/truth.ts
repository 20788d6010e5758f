import { ElbowError } from "../../errors.js";
import { sampleAttributes } from "../../ir/site.js";
import { reinforce } from "../../strategies/reinforce.js";
import { sitesOf } from "../../transforms/estimate/flatten.js";
import { leavesOf } from "../../util/tree.js";
import { tryExact } from "../exact/exactExpectation.js";
import type { Objective } from "../objective.js";
import { type Parameters, parameterTree, traceObjective } from "../prepare.js";
import type { StrategyMap } from "../replaceStrategies.js";
import { withStrategies } from "../withStrategies.js";
import { type DrawingOptions, estimateMoments } from "./moments.js";

/** What the user knows of an objective's expectation. */
export interface GivenTruth<P extends Parameters> {
  readonly value?: number | undefined;
  /** Of the parameters' structure, with tensors or numbers. */
  readonly gradient: P | NumbersOf<P>;
}

/** The same structure with numbers (nested arrays of numbers) in the place of tensors. */
export type NumbersOf<P> = { readonly [K in keyof P]: unknown } | number | readonly number[];

/** What estimates are compared with, and how well it is known. */
export interface Truth {
  readonly method: "enumeration" | "quadrature" | "reference" | "given";
  /** The method in words. */
  readonly description: string;
  /** NaN where the user has given none. */
  readonly value: Known;
  /** Per parameter leaf, flat. */
  readonly gradient: readonly (readonly Known[])[];
}

export interface Known {
  readonly mean: number;
  /** A bound for quadrature, a standard error for estimates. */
  readonly error: number;
}

export interface TruthOptions<P extends Parameters> extends DrawingOptions {
  /** Where the exact values come from another source. */
  readonly truth?: GivenTruth<P> | undefined;
  /** Evaluations of the objective that the exact values may take. @defaultValue 524288 */
  readonly maxEvaluations?: number | undefined;
  /** Copies of the reference estimator, where the program is too large for exact values. @defaultValue 8 */
  readonly referenceCopies?: number | undefined;
}

/** Names of these options. */
export const truthOptionNames = [
  "draws",
  "seed",
  "engine",
  "threads",
  "truth",
  "maxEvaluations",
  "referenceCopies",
] as const;

/**
 * Value and gradient of an objective's expectation: what the user gives, else exact values, else an estimate by the score
 * function at all choices, independent of the estimates that it judges.
 */
export async function truthOf<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  { truth, maxEvaluations, referenceCopies = 8, ...drawing }: TruthOptions<P>,
): Promise<Truth> {
  if (truth) return givenTruth(truth, parameters);
  const exact = tryExact(objective, parameters, data, { maxEvaluations });
  if (typeof exact !== "string")
    return {
      method: exact.method,
      description:
        exact.method === "enumeration"
          ? `enumeration of ${exact.evaluations} joint values`
          : `quadrature with ${exact.evaluations} nodes`,
      value: { mean: exact.value, error: exact.error.value },
      gradient: exact.gradient.map((leaf, i) => leaf.map((mean, j) => ({ mean, error: exact.error.gradient[i]![j]! }))),
    };
  const { seed = 0 } = drawing;
  const { reference, kept } = referenceOf(objective, parameters, data, referenceCopies);
  const { value, gradient, draws } = await estimateMoments(reference, parameters, data, {
    ...drawing,
    // far from the seeds that somebody tries next
    seed: seed + 2 ** 40,
  });
  const known = ({ mean, standardError }: { mean: number; standardError: number }): Known => ({
    mean,
    error: standardError,
  });
  return {
    method: "reference",
    description:
      `${draws} estimates by reinforce with ${referenceCopies} copies at every choice` +
      `${kept.length > 0 ? ` but ${kept.join(", ")}` : ""} (no exact values: ${exact})`,
    value: known(value),
    gradient: gradient.map((leaf) => leaf.map(known)),
  };
}

/** The objective with the score function at all choices that allow it. */
function referenceOf<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  copies: number,
): { reference: Objective<P, D>; kept: string[] } {
  const sites = sitesOf(traceObjective(objective, parameters, data)).map(sampleAttributes);
  const scorable = sites.filter(({ family }) => family.isScorable);
  const strategies: StrategyMap = Object.fromEntries(
    scorable.map(({ address }) => [address, (distribution) => reinforce(distribution, { copies })]),
  );
  const kept = [...new Set(sites.filter(({ family }) => !family.isScorable).map(({ address }) => address))];
  return { reference: withStrategies(objective, strategies), kept };
}

function givenTruth<P extends Parameters>({ value = Number.NaN, gradient }: GivenTruth<P>, parameters: P): Truth {
  const flat = leavesOf(parameterTree(parameters)).map(({ path, leaf }) => {
    const given = path.reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], gradient);
    const elements = numbersIn(given);
    if (elements.length === leaf.size && elements.every((x) => typeof x === "number")) return elements;
    throw new ElbowError("parameters", {
      message: `the true gradient does not have the structure of the parameters at ${path.join(".") || "(root)"}\n  expected: ${leaf.size} numbers\n  received: ${elements.length}`,
    });
  });
  const exactly = (mean: number): Known => ({ mean, error: 0 });
  return {
    method: "given",
    description: "given values",
    value: exactly(value),
    gradient: flat.map((leaf) => leaf.map(exactly)),
  };
}

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (Array.isArray(value)) return value.flatMap(numbersIn);
  const tensor = value as { dataSync?: () => ArrayLike<number> } | undefined;
  return tensor?.dataSync ? Array.from(tensor.dataSync()) : [];
}
