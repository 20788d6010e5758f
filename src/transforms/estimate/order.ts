// In which order sites are taken away from the costs: found on sketches of both, in which a cost is no more than the set of
// axes that it varies over.
import { range } from "../../util/shapes.js";
import type { Axis } from "../lanes.js";

/** What the order needs to know of a site. */
export interface SiteSketch {
  /** The axis of its alternatives, if they are run side by side. */
  readonly axis: Axis | undefined;
  /** The axes that what it kept (probabilities, log densities) varies over. */
  readonly keep: readonly Axis[];
  /** Positions of the sites that it depends on. */
  readonly ancestors: ReadonlySet<number>;
  /** Whether its estimate has no variance of its own. */
  readonly isExact: boolean;
  /** Whether it leaves all costs as they are. */
  readonly isInert: boolean;
}

/** And of a cost. */
export interface CostSketch {
  readonly axes: ReadonlySet<Axis>;
  /** Positions of the sites that it depends on. */
  readonly sites: ReadonlySet<number>;
  /** Elements per lane. */
  readonly elements: number;
  /** Costs of one group may be added up before they are contracted. */
  readonly group: string;
}

/** How many sets of remaining sites are looked at, per set of sites that hang together. */
const searchLimit = 500;

/** Up to so many of them, steps that widen no cost have no precedence. */
const smallSize = 8;

/** Beyond this many comparisons of sites with costs, sites go last to first. */
const greedyLimit = 2e7;

const sizeOf = (axes: Iterable<Axis>): number => [...axes].reduce((product, axis) => product * axis.size, 1);

const unionOf = ([first, ...rest]: readonly ReadonlySet<number>[]): ReadonlySet<number> =>
  rest.length === 0 ? first! : new Set([first!, ...rest].flatMap((each) => [...each]));

const contains = (whole: ReadonlySet<Axis>, part: ReadonlySet<Axis>): boolean => [...part].every((x) => whole.has(x));

/** Costs added up to those of their group that already vary over all their axes. */
export function joinable<C extends { readonly axes: ReadonlySet<Axis>; readonly group: string }>(
  costs: readonly C[],
): C[][] {
  const joined: C[][] = [];
  for (const cost of costs.toSorted((a, b) => b.axes.size - a.axes.size)) {
    const host = joined.find(([first]) => first!.group === cost.group && contains(first!.axes, cost.axes));
    if (host) host.push(cost);
    else joined.push([cost]);
  }
  return joined;
}

/** Costs with some sites taken away, and what that took: lanes times elements. */
interface State {
  readonly remaining: readonly number[];
  /** For every site: how many of those that depend on it are left. */
  readonly dependents: readonly number[];
  readonly costs: readonly CostSketch[];
  readonly work: number;
  readonly order: readonly number[];
}

/** Takes a site away; `growth` is by how many axes that widened the costs at most. */
function without(
  state: State,
  i: number,
  { axis, keep, ancestors, isInert }: SiteSketch,
): State & { readonly growth: number } {
  const isTouched = (cost: CostSketch) => !isInert && cost.sites.has(i) && (!axis || cost.axes.has(axis));
  let { work } = state;
  let growth = 0;
  const results = joinable(state.costs.filter(isTouched)).map((group): CostSketch => {
    const [host] = group;
    const axes = new Set([...host!.axes, ...keep]);
    work += sizeOf(axes) * host!.elements;
    growth = Math.max(growth, axes.size - host!.axes.size);
    if (axis) axes.delete(axis);
    return { ...host!, axes, sites: unionOf(group.map((cost) => cost.sites)) };
  });
  return {
    remaining: state.remaining.filter((each) => each !== i),
    dependents: state.dependents.map((count, each) => (ancestors.has(each) ? count - 1 : count)),
    costs: [...state.costs.filter((cost) => !isTouched(cost)), ...results],
    work,
    order: [...state.order, i],
    growth,
  };
}

/**
 * Sites that may go next, latest first: a site goes when nothing that is left depends on it, which its probabilities would
 * have to be multiplied with. Exact ones go before noisy ones: a score has less variance when what is exact is averaged
 * before. Noisy ones go last to first.
 */
function candidates(sites: readonly SiteSketch[], { remaining, dependents }: State): number[] {
  const free = remaining.filter((i) => dependents[i] === 0);
  const exact = free.filter((i) => sites[i]!.isExact);
  return exact.length > 0 ? exact : free.slice(0, 1);
}

/**
 * The steps worth following: where some widen no cost, the one of them with the largest axis, else all. The former loses
 * little if sizes differ, and nothing if they do not.
 */
function steps(sites: readonly SiteSketch[], state: State): State[] {
  const next = candidates(sites, state).map((i) => ({
    size: sites[i]!.axis?.size ?? 1,
    state: without(state, i, sites[i]!),
  }));
  const narrow = next.filter((each) => each.state.growth === 0);
  if (narrow.length === 0) return next.map((each) => each.state);
  return [narrow.reduce((best, each) => (each.size > best.size ? each : best)).state];
}

const isDone = ({ remaining }: State): boolean => remaining.length === 0;
const cheaper = (a: State, b: State): State => (b.work < a.work ? b : a);

/** Follows one step after the other. */
function follow(start: State, step: (state: State) => State): State {
  let state = start;
  while (!isDone(state)) state = step(state);
  return state;
}

/** The order of least work among sites that hang together: all are searched, cheapest first, while they are few. */
function orderOf(sites: readonly SiteSketch[], start: State): readonly number[] {
  const straight = follow(start, (state) => {
    const [i] = candidates(sites, state);
    return without(state, i!, sites[i!]!);
  });
  if (start.remaining.length ** 2 * start.costs.length > greedyLimit) return straight.order;
  const known = cheaper(
    straight,
    follow(start, (state) => steps(sites, state).reduce(cheaper)),
  );
  const isSmall = start.remaining.length <= smallSize;
  const seen = new Set<string>();
  let open: readonly State[] = [start];
  while (open.length > 0 && seen.size < searchLimit) {
    const cheapest = open.reduce(cheaper);
    if (isDone(cheapest)) return cheapest.order;
    if (cheapest.work >= known.work) break;
    open = open.filter((each) => each !== cheapest);
    const key = cheapest.remaining.join();
    if (seen.has(key)) continue;
    seen.add(key);
    const next = isSmall
      ? candidates(sites, cheapest).map((i) => without(cheapest, i, sites[i]!))
      : steps(sites, cheapest);
    open = [...open, ...next];
  }
  return known.order;
}

/** Sets of sites that share a cost, or depend on each other; the one with the latest site first. */
function components(sites: readonly SiteSketch[], costs: readonly CostSketch[]): number[][] {
  const root = range(sites.length);
  const find = (i: number): number => {
    while (root[i] !== i) {
      root[i] = root[root[i]!]!;
      i = root[i]!;
    }
    return i;
  };
  const join = (some: Iterable<number>) => {
    let first: number | undefined;
    for (const i of some) {
      if (first !== undefined) root[find(i)] = find(first);
      first = find(i);
    }
  };
  for (const [i, { ancestors }] of sites.entries()) join([i, ...ancestors]);
  for (const cost of costs) join(cost.sites);
  const members = new Map<number, number[]>();
  for (const i of range(sites.length).toReversed()) {
    if (!members.has(find(i))) members.set(find(i), []);
    members.get(find(i))!.push(i);
  }
  return [...members.values()];
}

/**
 * The order in which sites are taken away from the costs, as positions: each after all that depend on it, and so that as few
 * lanes times elements as possible are computed on the way.
 */
export function eliminationOrder(sites: readonly SiteSketch[], costs: readonly CostSketch[]): number[] {
  const dependents = sites.map((_, i) => sites.filter(({ ancestors }, j) => j !== i && ancestors.has(i)).length);
  return components(sites, costs).flatMap((members) => {
    if (members.every((i) => sites[i]!.isInert)) return members;
    const own = new Set(members);
    const start: State = {
      remaining: members,
      dependents,
      costs: costs.filter((cost) => [...cost.sites].some((i) => own.has(i))),
      work: 0,
      order: [],
    };
    return orderOf(sites, start);
  });
}
