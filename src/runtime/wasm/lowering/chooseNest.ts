// Which equations become a nest next: all ways to start one are grown, and the one that saves most is taken.
import type { Equation, Variable } from "../../../ir/program.js";
import { range, sizeOf, stridesOf } from "../../../util/shapes.js";
import { laneRules } from "../elementwise.js";
import { type Grown, growNest, isNest, loopSizesOf, loopsBySize, type Seed } from "./growNest.js";
import { type Axes, canUnroll, type Nest, type Step } from "./nest.js";
import type { Order } from "./order.js";
import { relationOf, weightOf } from "./relation.js";
import { type Future, type Timely, timelyPart } from "./timelyPart.js";

/** What is still to be scheduled. */
export interface Outlook {
  /** Places of equations, in order. */
  readonly remaining: readonly number[];
  /** How many operands of the equation at each place are not known. */
  readonly waiting: Uint16Array;
  /** 1 for equations that have been computed. */
  readonly isDone: Uint8Array;
  /** Of the whole program. */
  readonly order: Order;
  /** What was found before, for the same program. */
  readonly memory: Memory;
}

/**
 * Few seeds grow to another nest because one was emitted: what was found is kept as long as what it was found from stays.
 * Equations only come to be done, so that is told by those that were missing.
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
  timely?: (Timely & { savings?: number }) | undefined;
}

/** The ready equations that have loops of some sizes. */
interface Fitting {
  readonly sizes: readonly number[];
  /** By place: 1 for yes, 2 for no, 0 if nobody has asked. */
  readonly fits: Uint8Array;
  /** Another object when it changes. */
  ready: readonly number[];
}

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
  const future = computableSoon(outlook);
  const early = nests.map((nest) => timelyPart(nest, future).nest).filter(({ steps }) => steps.length > 0);
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
function grow(seed: Seed, place: number, ready: readonly number[], { order, isDone, memory }: Outlook): Found {
  const known = memory.found.get(seed);
  if (known && known.ready === ready && !isAnyDone(known.missing, isDone)) return known;
  const found = { ready, ...growNest(seed, place, { order, ready, isDone }) };
  memory.found.set(seed, found);
  return found;
}

function isAnyDone(places: readonly number[], isDone: Uint8Array): boolean {
  for (let i = 0; i < places.length; i++) if (isDone[places[i]!] === 1) return true;
  return false;
}

const none = new Uint8Array();

function timelyOf(found: Found, { order, waiting, isDone }: Outlook): NonNullable<Found["timely"]> {
  if (!found.timely || isAnyDone(found.timely.missing, isDone))
    found.timely = timelyPart(found.nest, { order, waiting, isDone, soon: none });
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

/** The future in which all comes soon that can be computed without a kernel. */
function computableSoon({ remaining, waiting: unknown, isDone, order }: Outlook): Future {
  const { equations, users } = order;
  const soon = new Uint8Array(equations.length);
  const waiting = Uint16Array.from(unknown);
  for (const place of remaining) {
    const equation = equations[place]!;
    if (waiting[place]! > 0 || !(isNestable(equation) || equation.primitive.name === "reshape")) continue;
    soon[place] = 1;
    for (const user of users[place]!) waiting[user]!--;
  }
  return { order, waiting, isDone, soon };
}

/** Whether the result of an equation is used by equations other than these. */
const leaves = (place: number, inside: Uint8Array, { isOutput, users }: Order): boolean =>
  isOutput[place] === 1 || users[place]!.some((user) => inside[user] === 0);

/** Whether each equation is in the nest. */
function insideOf(nest: Nest, { equations, places }: Order): Uint8Array {
  const inside = new Uint8Array(equations.length);
  for (const { equation } of nest.steps) inside[places.get(equation)!] = 1;
  return inside;
}

/** Elements that the nest writes to memory. */
function leavingSize(nest: Nest, { order }: Outlook): number {
  const inside = insideOf(nest, order);
  const size = ({ equation }: Step): number =>
    leaves(order.places.get(equation)!, inside, order) ? sizeOf(equation.outputs[0]!.shape) : 0;
  return nest.steps.reduce((sum, step) => sum + size(step), 0);
}

/** Vector instructions that the nest saves over executing its equations one by one. */
function savings(nest: Nest, { order }: Outlook): number {
  const inside = insideOf(nest, order);
  const lane = nest.loops.length - 1;
  const length = nest.sizes[lane]!;
  const idle = (4 * Math.ceil(length / 4)) / length - 1;
  const strided = new Set<Variable>();
  let saved = 0;
  for (const { equation, operands, output, relation, isExit } of nest.steps) {
    const place = order.places.get(equation)!;
    equation.inputs.forEach((input, i) => {
      const producer = order.producers[place]![i]!;
      if (producer >= 0 && inside[producer] === 1) saved += sizeOf(input.shape) / 4;
      else if (isStrided(input, operands[i]!, lane)) strided.add(input);
    });
    const result = equation.outputs[0]!;
    if (!leaves(place, inside, order)) saved += sizeOf(result.shape) / 4;
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
