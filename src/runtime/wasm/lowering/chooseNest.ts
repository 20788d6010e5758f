// Which equations become a nest next: all ways to start one are grown, and the one that saves most is taken.
import type { Equation, Variable } from "../../../ir/program.js";
import { range, sizeOf, stridesOf } from "../../../util/shapes.js";
import { laneRules } from "../elementwise.js";
import { type Candidates, growNest, type Seed } from "./growNest.js";
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
  /** Of the whole program. */
  readonly order: Order;
}

/** Equations in order, and their places by the variables they use. */
export interface Order {
  readonly equations: readonly Equation[];
  readonly places: ReadonlyMap<Equation, number>;
  readonly users: ReadonlyMap<Variable, readonly number[]>;
}

export function orderOf(equations: readonly Equation[]): Order {
  const users = new Map<Variable, number[]>();
  equations.forEach(({ inputs }, place) => {
    for (const input of inputs) {
      const list = users.get(input);
      if (!list) users.set(input, [place]);
      else if (list.at(-1) !== place) list.push(place);
    }
  });
  return { equations, users, places: new Map(equations.map((equation, place) => [equation, place])) };
}

const nobody: readonly number[] = [];

const isElementwise = ({ primitive }: Equation): boolean => primitive.name in laneRules;

/** A seed, and a text that is the same for seeds of equations that run along the same indices: of these, one is enough. */
interface NamedSeed {
  readonly seed: Seed;
  readonly name: string;
}

const knownSeeds = new WeakMap<Equation, readonly NamedSeed[]>();

/** The nests that the equation can start when its operands are known. */
function seedsOf(equation: Equation): readonly NamedSeed[] {
  const known = knownSeeds.get(equation);
  if (known) return known;
  const alone: Candidates = {
    equations: [equation],
    ready: Uint8Array.of(1),
    usersOf: () => nobody,
    isKnown: () => true,
  };
  const seeds = possibleSeeds(equation)
    .filter((seed) => growNest(seed, alone).steps.length > 0)
    .map((seed) => ({
      seed,
      name: `${relationOf(equation)!.sizes.join()}:${seed.loops.join()}:${isElementwise(equation)}`,
    }));
  knownSeeds.set(equation, seeds);
  return seeds;
}

/** Whether there are nests that compute the equation. */
export const isNestable = (equation: Equation): boolean => seedsOf(equation).length > 0;

/** The ways to make loops of the equation's indices. */
function possibleSeeds(equation: Equation): Seed[] {
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
  const { remaining, isKnown, order } = outlook;
  const ready = new Uint8Array(order.equations.length);
  for (const equation of remaining) if (equation.inputs.every(isKnown)) ready[order.places.get(equation)!] = 1;
  const usersOf = (variable: Variable): readonly number[] => order.users.get(variable) ?? nobody;
  const all: Candidates = { equations: order.equations, ready, usersOf, isKnown };
  const nests: Nest[] = [];
  const seen = new Set<string>();
  for (let place = 0; place < ready.length; place++) {
    if (ready[place] === 0) continue;
    for (const { seed, name } of seedsOf(order.equations[place]!)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const nest = growNest(seed, all);
      if (nest.steps.length > 0) nests.push(nest);
    }
  }
  const parts = (soon: ReadonlySet<Variable>): Nest[] =>
    nests.map((nest) => timelyPart(nest, outlook, soon)).filter(({ steps }) => steps.length > 0);
  const timely = parts(new Set());
  if (timely.length > 0) return best(timely, (nest) => savings(nest, outlook));
  // nests that wait for each other: the one goes first that leaves least in memory
  const early = parts(computableSoon(outlook));
  return best(early.length > 0 ? early : nests, (nest) => -leavingSize(nest, outlook));
}

function best(nests: readonly Nest[], scoreOf: (nest: Nest) => number): Nest | undefined {
  let found: Nest | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const nest of nests) {
    const score = scoreOf(nest);
    if (score > most) [found, most] = [nest, score];
  }
  return found;
}

/** What can be computed without a kernel. */
function computableSoon({ remaining, isKnown }: Outlook): Set<Variable> {
  const soon = new Set<Variable>();
  for (const equation of remaining)
    if (
      (isNestable(equation) || equation.primitive.name === "reshape") &&
      equation.inputs.every((input) => soon.has(input) || isKnown(input))
    )
      for (const output of equation.outputs) soon.add(output);
  return soon;
}

/**
 * The steps that somebody waits for. What is only used by equations that wait for yet other values, which do not depend on
 * this nest, would have to be kept in memory until then: it is left to a later nest. Nobody waits for what comes soon.
 */
function timelyPart(nest: Nest, { order, isKnown, outputs }: Outlook, soon: ReadonlySet<Variable>): Nest {
  let kept = new Set(nest.steps.map(({ equation }) => equation));
  for (;;) {
    const made = new Set([...kept].flatMap((equation) => equation.outputs));
    /** What can be computed when the nest has been, and nothing else that is independent of it. */
    const within = new Set(made);
    const isWaiting = ({ inputs }: Equation): boolean => {
      for (const input of inputs) if (!within.has(input) && !isKnown(input) && !soon.has(input)) return true;
      return false;
    };
    // what is added on the way is visited too
    for (const variable of within)
      for (const place of order.users.get(variable) ?? nobody) {
        const user = order.equations[place]!;
        if (!isWaiting(user)) for (const output of user.outputs) within.add(output);
      }
    const needed = new Set<Equation>();
    const isWanted = (place: number): boolean => {
      const user = order.equations[place]!;
      return kept.has(user) ? needed.has(user) : !isWaiting(user);
    };
    const isNeeded = (output: Variable): boolean =>
      outputs.has(output) || order.users.get(output)?.some(isWanted) === true;
    for (const equation of [...kept].reverse()) if (equation.outputs.some(isNeeded)) needed.add(equation);
    addFolds(kept, needed);
    if (needed.size === kept.size) return restrictNest(nest, kept);
    kept = needed.size === 0 ? needed : new Set([...kept].filter((equation) => needed.has(equation)));
  }
}

/** Adds the folds of needed values: later they would be read from memory. */
function addFolds(steps: ReadonlySet<Equation>, needed: Set<Equation>): void {
  const producers = new Map([...steps].flatMap((each) => each.outputs.map((output) => [output, each] as const)));
  const producersOf = ({ inputs }: Equation): Equation[] => inputs.flatMap((input) => producers.get(input) ?? []);
  const reaches = (equation: Equation): boolean =>
    producersOf(equation).some((each) => needed.has(each) || reaches(each));
  const add = (equation: Equation): void => {
    if (needed.has(equation)) return;
    for (const each of producersOf(equation)) add(each);
    needed.add(equation);
  };
  for (const equation of steps)
    if (relationOf(equation)!.kind === "fold" && !needed.has(equation) && reaches(equation)) add(equation);
}

/** Whether a result is used outside of the nest. */
const leaves = (result: Variable, inside: ReadonlySet<Equation>, { outputs, order }: Outlook): boolean =>
  outputs.has(result) || order.users.get(result)?.some((place) => !inside.has(order.equations[place]!)) === true;

/** Elements that the nest writes to memory. */
function leavingSize(nest: Nest, outlook: Outlook): number {
  const inside = new Set(nest.steps.map(({ equation }) => equation));
  const results = [...inside].flatMap((equation) => equation.outputs);
  return results.reduce((sum, result) => sum + (leaves(result, inside, outlook) ? sizeOf(result.shape) : 0), 0);
}

/** Vector instructions that the nest saves over executing its equations one by one. */
function savings(nest: Nest, outlook: Outlook): number {
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
    if (!leaves(result, inside, outlook)) saved += sizeOf(result.shape) / 4;
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
