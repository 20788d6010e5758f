// Gathers units into dispatches. Small ones that follow each other are one dispatch of one workgroup, with barriers between.
import type { Loop, Planned, Unit } from "./units.js";

/** One call of a kernel. With several levels it has a single workgroup, and each level waits for the one before. */
export interface Dispatch {
  readonly kind: "dispatch";
  readonly levels: readonly (readonly Unit[])[];
  /** Whether one workgroup does it all, level by level. */
  readonly isAlone: boolean;
}

/** A loop that is run dispatch by dispatch; its steps are counted in a parameter of the kernels. */
export interface Repeat {
  readonly kind: "repeat";
  readonly loop: Loop;
  /** Which of the kernels' counters. */
  readonly counter: number;
  readonly items: readonly Item[];
}

/** Something that the host evaluates. */
export interface HostItem {
  readonly kind: "host";
  readonly unit: Unit;
}

export type Item = Dispatch | Repeat | HostItem;

/** Instructions and elements of what one workgroup is left to do alone. */
const smallWork = 300_000;
const smallSize = 8192;
/** Levels that a loop inside a kernel may go through in all. */
const mostTurns = 50_000;
/** What limits kernels. */
export interface KernelLimits {
  /** Operations in one kernel that has barriers between its levels. */
  readonly operations: number;
}

function isSmall(unit: Unit, limits: KernelLimits): boolean {
  if (unit.kind === "host") return false;
  if (unit.kind !== "loop") return unit.size <= smallSize && unit.work <= smallWork;
  const { loop, levels } = unit.inner!;
  const inside = levels.flat();
  const work = inside.reduce((sum, each) => sum + each.work, 0);
  return (
    inside.every((each) => isSmall(each, limits)) &&
    work <= smallWork &&
    loop.length * levels.length <= mostTurns &&
    lengthOf(unit) <= limits.operations
  );
}

const lengthOf = ({ kind, inner, operations }: Unit): number =>
  kind === "loop" ? inner!.levels.flat().reduce((sum, each) => sum + lengthOf(each), 10) : operations;

const hasLoop = (levels: readonly (readonly Unit[])[]): boolean =>
  levels.some((units) => units.some(({ kind }) => kind === "loop"));

/**
 * A program that is one small dispatch, as one that can take many steps by itself; undefined for others.
 */
export function aloneIfSmall(items: readonly Item[], limits: KernelLimits): Dispatch | undefined {
  const [item] = items;
  if (items.length !== 1 || item?.kind !== "dispatch") return undefined;
  return item.levels.every((units) => units.every((unit) => isSmall(unit, limits)))
    ? { ...item, isAlone: true }
    : undefined;
}

/** Units in groups that are not too long for one kernel. */
function portions(units: readonly Unit[], { operations }: KernelLimits): Unit[][] {
  const groups: Unit[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const unit of units) {
    const own = lengthOf(unit);
    if (length + own > operations) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)!.push(unit);
    length += own;
  }
  return groups;
}

/** Whether one workgroup does units of a level in about the time in which a kernel of their own would start. */
const areSmall = (units: readonly Unit[], limits: KernelLimits): boolean =>
  units.every((unit) => isSmall(unit, limits)) && units.reduce((sum, { work }) => sum + work, 0) <= smallWork;

/** Loops inside kernels count in variables of their own. */
function nameLoops(unit: Unit): void {
  if (unit.kind !== "loop") return;
  unit.inner!.loop.index = `t${unit.inner!.loop.id}_`;
  unit.inner!.levels.flat().forEach(nameLoops);
}

export function itemsOf(
  { levels }: Pick<Planned, "levels">,
  counters: { count: number },
  limits: KernelLimits,
): Item[] {
  const items: Item[] = [];
  let pending: Unit[][] = [];
  let length = 0;
  const flush = (): void => {
    if (pending.length > 0)
      items.push({ kind: "dispatch", levels: pending, isAlone: pending.length > 1 || hasLoop(pending) });
    pending = [];
    length = 0;
  };
  const wait = (units: Unit[]): void => {
    const own = units.reduce((sum, unit) => sum + lengthOf(unit), 0);
    if (length + own > limits.operations) flush();
    units.forEach(nameLoops);
    pending.push(units);
    length += own;
  };
  for (const level of levels) {
    const isInside = (unit: Unit): boolean => unit.kind !== "host" && (unit.kind !== "loop" || isSmall(unit, limits));
    const inside = level.filter(isInside);
    if (inside.length === level.length && areSmall(inside, limits)) {
      wait(inside);
      continue;
    }
    const loops = inside.filter(({ kind }) => kind === "loop");
    if (loops.length > 0) wait(loops);
    flush();
    const plain = inside.filter(({ kind }) => kind !== "loop");
    for (const units of portions(plain, limits)) items.push({ kind: "dispatch", levels: [units], isAlone: false });
    for (const unit of level) if (!isInside(unit)) items.push(outside(unit, counters, limits));
  }
  flush();
  return items;
}

function outside(unit: Unit, counters: { count: number }, limits: KernelLimits): Item {
  if (unit.kind === "host") return { kind: "host", unit };
  const { loop, levels } = unit.inner!;
  const counter = counters.count++;
  loop.index = `params.loops[${counter}].x`;
  return { kind: "repeat", loop, counter, items: itemsOf({ levels }, counters, limits) };
}
