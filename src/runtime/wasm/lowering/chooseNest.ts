// Which equations become a nest next: all ways to start one are grown, and the one that saves most is taken.
import type { Equation, Variable } from "../../../ir/program.js";
import { range, sizeOf, stridesOf } from "../../../util/shapes.js";
import { laneRules } from "../elementwise.js";
import { growNest, type Seed } from "./growNest.js";
import { type Axes, canUnroll, type Nest, restrictNest } from "./nest.js";
import { relationOf, weightOf } from "./relation.js";

/** What is still to be scheduled. */
export interface Outlook {
  /** In order. */
  readonly remaining: readonly Equation[];
  /** Whether a value has been computed. */
  readonly isKnown: (variable: Variable) => boolean;
  /** The program's. */
  readonly outputs: ReadonlySet<Variable>;
}

/** Equations by the variables they use. */
type Consumers = ReadonlyMap<Variable, readonly Equation[]>;

const isElementwise = ({ primitive }: Equation): boolean => primitive.name in laneRules;

/** Whether there are nests that compute the equation. */
export const isNestable = (equation: Equation): boolean => seedsOf(equation).length > 0;

/** The ways to make loops of the equation's indices. */
function seedsOf(equation: Equation): Seed[] {
  const relation = relationOf(equation);
  if (!relation) return [];
  const { sizes, together } = relation;
  const long = range(sizes.length).filter((index) => sizes[index]! > 1 && !together.includes(index));
  const seeds: Seed[] = [];
  const start = (loops: readonly number[]): void => {
    if (canUnroll(relation, loops)) seeds.push({ equation, loops });
  };
  for (const lane of long.filter((index) => sizes[index]! >= 4)) {
    const others = long.filter((index) => index !== lane);
    const longer = others.filter((index) => sizes[index]! > 16);
    start([...longer, lane]);
    if (lane === long.at(-1) && longer.length < others.length) start([...others, lane]);
  }
  // an elementwise equation has no other way to be computed
  if (isElementwise(equation) && (seeds.length === 0 || sizes[long.at(-1)!]! < 4)) start(long.length > 0 ? long : [0]);
  return seeds;
}

/** The nest to be emitted next, of what is ready; undefined if there is none. */
export function chooseNest(outlook: Outlook): Nest | undefined {
  const consumers = consumersOf(outlook.remaining);
  const candidates: Nest[] = [];
  const seen = new Set<string>();
  for (const equation of outlook.remaining) {
    if (!equation.inputs.every(outlook.isKnown)) continue;
    for (const seed of seedsOf(equation)) {
      // of equations that run along the same indices, one is enough
      const name = `${relationOf(equation)!.sizes.join()}:${seed.loops.join()}:${isElementwise(equation)}`;
      if (seen.has(name)) continue;
      seen.add(name);
      const nest = growNest(seed, outlook.remaining, outlook.isKnown);
      if (nest.steps.length > 0) candidates.push(nest);
    }
  }
  const timely = candidates.map((nest) => timelyPart(nest, outlook, consumers)).filter(({ steps }) => steps.length > 0);
  let best: Nest | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const nest of timely.length > 0 ? timely : candidates) {
    const saved = savings(nest, outlook, consumers);
    if (saved > most) [best, most] = [nest, saved];
  }
  return best;
}

function consumersOf(equations: readonly Equation[]): Consumers {
  const consumers = new Map<Variable, Equation[]>();
  for (const equation of equations)
    for (const input of new Set(equation.inputs)) {
      const list = consumers.get(input);
      if (list) list.push(equation);
      else consumers.set(input, [equation]);
    }
  return consumers;
}

/**
 * The steps that somebody waits for. What is only used by equations that wait for yet other values, which do not depend on
 * this nest, would have to be kept in memory until then: it is left to a later nest.
 */
function timelyPart(nest: Nest, { remaining, isKnown, outputs }: Outlook, consumers: Consumers): Nest {
  let kept = new Set(nest.steps.map(({ equation }) => equation));
  for (;;) {
    const made = new Set([...kept].flatMap((equation) => equation.outputs));
    const dependent = new Set<Variable>();
    for (const equation of remaining)
      if (equation.inputs.some((input) => made.has(input) || dependent.has(input)))
        for (const output of equation.outputs) if (!made.has(output)) dependent.add(output);
    const isWaiting = ({ inputs }: Equation): boolean =>
      inputs.some((input) => !isKnown(input) && !made.has(input) && !dependent.has(input));
    const needed = new Set<Equation>();
    const isNeeded = (output: Variable): boolean =>
      outputs.has(output) ||
      consumers.get(output)?.some((user) => (kept.has(user) ? needed.has(user) : !isWaiting(user))) === true;
    for (const equation of [...kept].reverse()) if (equation.outputs.some(isNeeded)) needed.add(equation);
    if (needed.size === kept.size) return restrictNest(nest, kept);
    kept = new Set([...kept].filter((equation) => needed.has(equation)));
  }
}

/** Vector instructions that the nest saves over executing its equations one by one. */
function savings(nest: Nest, { outputs }: Outlook, consumers: Consumers): number {
  const inside = new Set(nest.steps.map(({ equation }) => equation));
  const made = new Set([...inside].flatMap((equation) => equation.outputs));
  const lane = nest.loops.length - 1;
  const length = nest.sizes[lane]!;
  const idle = (4 * Math.ceil(length / 4)) / length - 1;
  const strided = new Set<Variable>();
  let saved = 0;
  for (const { equation, operands, output, relation, isExit } of nest.steps) {
    equation.inputs.forEach((input, i) => {
      if (made.has(input)) saved += sizeOf(input.shape) / 4;
      else if (isStrided(input, operands[i]!, lane)) strided.add(input);
    });
    const result = equation.outputs[0]!;
    const leaves = outputs.has(result) || consumers.get(result)?.some((user) => !inside.has(user)) === true;
    if (!leaves) saved += sizeOf(result.shape) / 4;
    else if (!isExit && isStrided(result, output, lane)) strided.add(result);
    saved -= (idle * (1 + weightOf(equation, relation)) * sizeOf(relation.sizes)) / 4;
  }
  for (const variable of strided) saved -= sizeOf(variable.shape) / 4;
  return saved;
}

function isStrided({ shape }: Variable, axes: Axes, lane: number): boolean {
  const axis = axes.indexOf(lane);
  return axis >= 0 && stridesOf(shape)[axis] !== 1;
}
