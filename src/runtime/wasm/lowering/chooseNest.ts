// Which equations become a nest next: all ways to start one are grown, and the one that saves most is taken.
import type { Equation, Variable } from "../../../ir/program.js";
import { range, sizeOf, stridesOf } from "../../../util/shapes.js";
import { laneRules } from "../elementwise.js";
import { type Grown, growNest, isNest, loopSizesOf, loopsBySize, type Seed } from "./growNest.js";
import { type Axes, canUnroll, type Nest, restrictNest } from "./nest.js";
import { relationOf, weightOf } from "./relation.js";

/** What is still to be scheduled. */
export interface Outlook {
  /** Places of equations, in order. */
  readonly remaining: readonly number[];
  /** How many operands of the equation at each place are not known. */
  readonly waiting: Uint16Array;
  /** Whether a value has been computed. */
  readonly isKnown: (variable: Variable) => boolean;
  /** The program's. */
  readonly outputs: ReadonlySet<Variable>;
  /** Of the whole program. */
  readonly order: Order;
  /** What was found before, for the same program. */
  readonly memory: Memory;
}

/**
 * Few seeds grow to another nest because one was emitted: what was found is kept as long as what it was found from stays.
 * Values only become known, so that is told by those that were missing.
 */
export interface Memory {
  readonly found: Map<Seed, Found>;
  /** By the sizes of loops. */
  readonly fitting: Map<string, Fitting>;
}

export const newMemory = (): Memory => ({ found: new Map(), fitting: new Map() });

/** What a seed grew to. */
interface Found extends Grown {
  readonly ready: readonly number[];
  timely?: Timely | undefined;
}

/** What of it is timely. */
interface Timely {
  readonly nest: Nest;
  readonly missing: readonly Variable[];
  savings?: number;
}

/** The ready equations that have loops of some sizes. */
interface Fitting {
  readonly sizes: readonly number[];
  /** By place: 1 for yes, 2 for no, 0 if nobody has asked. */
  readonly fits: Uint8Array;
  /** Another object when it changes. */
  ready: readonly number[];
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
  /** Of its loops. */
  readonly sizes: string;
}

const knownSeeds = new WeakMap<Equation, readonly NamedSeed[]>();

/** The nests that the equation can start when its operands are known. */
function seedsOf(equation: Equation): readonly NamedSeed[] {
  const known = knownSeeds.get(equation);
  if (known) return known;
  const seeds = possibleSeeds(equation)
    .filter(isNest)
    .map((seed) => ({
      seed,
      sizes: loopSizesOf(seed).join(),
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
    if (canUnroll(relation, (index) => loops.includes(index))) seeds.push({ equation, loops });
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
  const { remaining, waiting: unknown, order } = outlook;
  const ready = remaining.filter((place) => unknown[place] === 0);
  const fitting = new Map<string, readonly number[]>();
  const grown: Found[] = [];
  const seen = new Set<string>();
  for (const place of ready)
    for (const named of seedsOf(order.equations[place]!)) {
      if (seen.has(named.name)) continue;
      seen.add(named.name);
      const { sizes, seed } = named;
      const those = fitting.get(sizes) ?? fittingOf(sizes, seed, ready, outlook);
      fitting.set(sizes, those);
      const found = grow(seed, place, those, outlook);
      if (found.nest.steps.length > 0) grown.push(found);
    }
  const timely = grown.map((each) => timelyOf(each, outlook)).filter(({ nest }) => nest.steps.length > 0);
  if (timely.length > 0) return best(timely, (each) => (each.savings ??= savings(each.nest, outlook)))!.nest;
  // nests that wait for each other: the one goes first that leaves least in memory
  const nests = grown.map(({ nest }) => nest);
  const soon = computableSoon(outlook);
  const waiting = Uint16Array.from(outlook.waiting);
  for (const variable of soon) for (const user of order.users.get(variable) ?? nobody) waiting[user]!--;
  const early = nests
    .map((nest) => timelyPart(nest, outlook, waiting, soon).nest)
    .filter(({ steps }) => steps.length > 0);
  return best(early.length > 0 ? early : nests, (nest) => -leavingSize(nest, outlook));
}

/** The ready equations that may be in loops of the seed's sizes; the same object as before if they are the same. */
function fittingOf(name: string, seed: Seed, ready: readonly number[], outlook: Outlook): readonly number[] {
  const { order, memory } = outlook;
  const known: Fitting = memory.fitting.get(name) ?? {
    sizes: loopSizesOf(seed),
    fits: new Uint8Array(order.equations.length),
    ready: [],
  };
  memory.fitting.set(name, known);
  const { sizes, fits } = known;
  const now = ready.filter((place) => {
    if (fits[place] === 0) {
      const relation = relationOf(order.equations[place]!);
      fits[place] = relation && loopsBySize(relation, sizes) ? 1 : 2;
    }
    return fits[place] === 1;
  });
  const isSame = now.length === known.ready.length && now.every((place, i) => place === known.ready[i]);
  if (!isSame) known.ready = now;
  return known.ready;
}

/** What the seed grows to. */
function grow(seed: Seed, place: number, ready: readonly number[], { order, isKnown, memory }: Outlook): Found {
  const known = memory.found.get(seed);
  if (known && known.ready === ready && !known.missing.some(isKnown)) return known;
  const usersOf = (variable: Variable): readonly number[] => order.users.get(variable) ?? nobody;
  const found = { ready, ...growNest(seed, place, { equations: order.equations, ready, usersOf, isKnown }) };
  memory.found.set(seed, found);
  return found;
}

const none: ReadonlySet<Variable> = new Set();

function timelyOf(found: Found, outlook: Outlook): Timely {
  if (!found.timely || found.timely.missing.some(outlook.isKnown))
    found.timely = timelyPart(found.nest, outlook, outlook.waiting, none);
  return found.timely;
}

function best<N>(nests: readonly N[], scoreOf: (nest: N) => number): N | undefined {
  let found: N | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const nest of nests) {
    const score = scoreOf(nest);
    if (score > most) [found, most] = [nest, score];
  }
  return found;
}

/** What can be computed without a kernel. */
function computableSoon({ remaining, isKnown, order }: Outlook): Set<Variable> {
  const soon = new Set<Variable>();
  for (const place of remaining) {
    const equation = order.equations[place]!;
    if (
      (isNestable(equation) || equation.primitive.name === "reshape") &&
      equation.inputs.every((input) => soon.has(input) || isKnown(input))
    )
      for (const output of equation.outputs) soon.add(output);
  }
  return soon;
}

/**
 * The steps that somebody waits for. What is only used by equations that wait for yet other values, which do not depend on
 * this nest, would have to be kept in memory until then: it is left to a later nest. Nobody waits for what comes soon.
 *
 * @param waiting - how many operands of the equation at each place are neither known nor come soon
 */
function timelyPart(
  nest: Nest,
  { order: { equations, places, users }, isKnown, outputs }: Outlook,
  waiting: ArrayLike<number>,
  soon: ReadonlySet<Variable>,
): Timely {
  const missing = new Set<Variable>();
  let kept = nest.steps.map(({ equation }) => places.get(equation)!);
  for (;;) {
    const isKept = new Uint8Array(equations.length);
    const isNeeded = new Uint8Array(equations.length);
    /** What can be computed when the nest has been, and nothing else that is independent of it. */
    const within = new Set<Variable>();
    for (const place of kept) {
      isKept[place] = 1;
      for (const output of equations[place]!.outputs) within.add(output);
    }
    /** Of what an equation waits for, so much is within. */
    const got = new Uint16Array(equations.length);
    const reached: number[] = [];
    // what is added on the way is visited too
    for (const variable of within) {
      const share = soon.has(variable) ? 0 : 1;
      for (const place of users.get(variable) ?? nobody) {
        if (got[place] === 0) reached.push(place);
        got[place]! += share;
        if (got[place] === waiting[place]) for (const output of equations[place]!.outputs) within.add(output);
      }
    }
    for (const place of reached)
      if (got[place]! < waiting[place]!)
        for (const input of equations[place]!.inputs)
          if (!within.has(input) && !isKnown(input) && !soon.has(input)) {
            missing.add(input);
            break;
          }
    let count = 0;
    for (let i = kept.length - 1; i >= 0; i--) {
      const place = kept[i]!;
      for (const output of equations[place]!.outputs) {
        const isWanted = (user: number): boolean =>
          isKept[user] === 1 ? isNeeded[user] === 1 : got[user] === waiting[user];
        if (outputs.has(output) || (users.get(output) ?? nobody).some(isWanted)) isNeeded[place] = 1;
      }
      count += isNeeded[place]!;
    }
    if (count < kept.length) count += addFolds(kept, isNeeded, equations);
    if (count === kept.length) return { nest: restrictNest(nest, kept, places), missing: [...missing] };
    kept = kept.filter((place) => isNeeded[place] === 1);
  }
}

/** Adds the folds of needed values, and tells how many equations that are: later they would be read from memory. */
function addFolds(kept: readonly number[], isNeeded: Uint8Array, equations: readonly Equation[]): number {
  const isLeft = (place: number): boolean => isNeeded[place] === 0;
  const folds = kept.filter((place) => isLeft(place) && relationOf(equations[place]!)!.kind === "fold");
  if (folds.length === 0) return 0;
  const producers = new Map(
    kept.flatMap((place) => equations[place]!.outputs.map((output) => [output, place] as const)),
  );
  const producersOf = (place: number): number[] =>
    equations[place]!.inputs.flatMap((input) => producers.get(input) ?? []);
  const reaches = (place: number): boolean => producersOf(place).some((each) => !isLeft(each) || reaches(each));
  let added = 0;
  const add = (place: number): void => {
    if (!isLeft(place)) return;
    for (const each of producersOf(place)) add(each);
    isNeeded[place] = 1;
    added++;
  };
  for (const place of folds) if (isLeft(place) && reaches(place)) add(place);
  return added;
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
