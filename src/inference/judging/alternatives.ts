import { ElbowError } from "../../errors.js";
import type { Objective } from "../objective.js";
import type { Parameters } from "../prepare.js";
import type { StrategyFunction } from "../replaceStrategies.js";
import { withStrategies } from "../withStrategies.js";

/** Strategies to be tried at one address: a list, or with names. */
export type StrategyChoices = readonly StrategyFunction[] | Readonly<Record<string, StrategyFunction>>;

/** What is compared: strategies by address, in all combinations, or objectives by name. */
export type Alternatives<P extends Parameters, D extends readonly unknown[]> =
  | Readonly<Record<string, StrategyChoices>>
  | Readonly<Record<string, Objective<P, D>>>;

/** One alternative. */
export interface Alternative<P extends Parameters, D extends readonly unknown[]> {
  readonly name: string;
  readonly objective: Objective<P, D>;
}

const most = 200;

/** All alternatives with their names. @throws ElbowError "option" for none, or for more than 200 combinations */
export function listAlternatives<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  alternatives: Alternatives<P, D>,
): Alternative<P, D>[] {
  const entries = Object.entries(alternatives);
  const named = entries.filter((entry): entry is [string, Objective<P, D>] => isObjective(entry[1]));
  if (named.length > 0 && named.length === entries.length)
    return named.map(([name, each]) => ({ name, objective: each }));
  const choices = entries.map(([address, given]) => ({ address, options: optionsOf(given as StrategyChoices) }));
  const count = choices.reduce((product, { options }) => product * options.length, 1);
  if (named.length > 0 || entries.length === 0 || count === 0 || count > most)
    throw new ElbowError("option", {
      message:
        named.length > 0
          ? "compareEstimators: alternatives are either strategies by address or objectives by name, not both"
          : `compareEstimators: there must be between 1 and ${most} alternatives\n  received: ${entries.length === 0 ? 0 : count}`,
      hint: "Write { b: [enumerate, reinforce] }, or { first: objectiveA, second: objectiveB }.",
    });
  const combine = (at: number): (readonly [string, string, StrategyFunction])[][] =>
    at === choices.length
      ? [[]]
      : choices[at]!.options.flatMap(([label, strategy]) =>
          combine(at + 1).map((rest) => [[choices[at]!.address, label, strategy] as const, ...rest]),
        );
  return combine(0).map((combination) => ({
    name: combination.map(([address, label]) => (choices.length === 1 ? label : `${address}: ${label}`)).join(", "),
    objective: withStrategies(
      objective,
      Object.fromEntries(combination.map(([address, , strategy]) => [address, strategy])),
    ),
  }));
}

const isObjective = (value: unknown): boolean => typeof value === "object" && value !== null && "body" in value;

/** Strategies with labels: their keys, or the names of the functions, numbered where they are not told apart by that. */
function optionsOf(choices: StrategyChoices): (readonly [string, StrategyFunction])[] {
  if (!Array.isArray(choices)) return Object.entries(choices as Readonly<Record<string, StrategyFunction>>);
  const names = choices.map((strategy: StrategyFunction, i) => strategy.name || `strategy ${i + 1}`);
  return choices.map((strategy: StrategyFunction, i) => [
    names.indexOf(names[i]!) === names.lastIndexOf(names[i]!) ? names[i]! : `${names[i]} (${i + 1})`,
    strategy,
  ]);
}
