// What of a nest is to be computed now, and what is left to a later one.
import { type Nest, restrictNest } from "./nest.js";
import type { Order } from "./order.js";
import { relationOf } from "./relation.js";

/** What there is, and what comes whatever the nest does. */
export interface Future {
  readonly order: Order;
  /** 1 for equations that have been computed. */
  readonly isDone: Uint8Array;
  /** 1 for equations that can be computed soon. */
  readonly soon: Uint8Array;
  /** How many operands of the equation at each place are neither known nor come soon. */
  readonly waiting: Uint16Array;
}

/** A part of a nest. It stays the same until one of the missing equations is done. */
export interface Timely {
  readonly nest: Nest;
  readonly missing: readonly number[];
}

/**
 * The steps that somebody waits for. What is only used by equations that wait for yet other values, which do not depend on
 * this nest, would have to be kept in memory until then: it is left to a later nest. Nobody waits for what comes soon.
 */
export function timelyPart(nest: Nest, future: Future): Timely {
  const { order, waiting } = future;
  const { users, isOutput, places } = order;
  const missing = new Set<number>();
  let kept = nest.steps.map(({ equation }) => places.get(equation)!);
  for (;;) {
    const got = reach(kept, future, missing);
    const isKept = new Uint8Array(got.length);
    const isNeeded = new Uint8Array(got.length);
    for (let i = 0; i < kept.length; i++) isKept[kept[i]!] = 1;
    let count = 0;
    for (let i = kept.length - 1; i >= 0; i--) {
      const place = kept[i]!;
      const those = users[place]!;
      let isWanted = isOutput[place] === 1;
      for (let k = 0; k < those.length && !isWanted; k++) {
        const user = those[k]!;
        isWanted = isKept[user] === 1 ? isNeeded[user] === 1 : got[user] === waiting[user];
      }
      if (!isWanted) continue;
      isNeeded[place] = 1;
      count++;
    }
    if (count < kept.length) count += addFolds(kept, isNeeded, order);
    if (count === kept.length) return { nest: restrictNest(nest, kept, places), missing: [...missing] };
    kept = kept.filter((place) => isNeeded[place] === 1);
  }
}

/**
 * Computes what can be computed when some equations have been, and nothing else that is independent of them. Gives how many
 * operands each equation gets that it waits for, and adds the equations that others wait for in vain.
 */
function reach(kept: readonly number[], { order, isDone, soon, waiting }: Future, missing: Set<number>): Uint16Array {
  const { users, producers } = order;
  const got = new Uint16Array(users.length);
  const within = new Uint8Array(users.length);
  const list = [...kept];
  for (let i = 0; i < kept.length; i++) within[kept[i]!] = 1;
  const reached: number[] = [];
  // what is added on the way is visited too
  for (let i = 0; i < list.length; i++) {
    const those = users[list[i]!]!;
    const share = soon[list[i]!] === 1 ? 0 : 1;
    for (let k = 0; k < those.length; k++) {
      const user = those[k]!;
      if (got[user] === 0) reached.push(user);
      got[user]! += share;
      if (got[user] !== waiting[user] || within[user] === 1) continue;
      within[user] = 1;
      list.push(user);
    }
  }
  for (let i = 0; i < reached.length; i++) {
    const user = reached[i]!;
    if (got[user] === waiting[user]) continue;
    const missed = producers[user]!.find(
      (each) => each >= 0 && within[each] === 0 && isDone[each] === 0 && soon[each] !== 1,
    );
    if (missed !== undefined) missing.add(missed);
  }
  return got;
}

/** Adds the folds of needed values, and tells how many equations that are: later they would be read from memory. */
function addFolds(kept: readonly number[], isNeeded: Uint8Array, { equations, producers }: Order): number {
  const isLeft = (place: number): boolean => isNeeded[place] === 0;
  const folds = kept.filter((place) => isLeft(place) && relationOf(equations[place]!)!.kind === "fold");
  if (folds.length === 0) return 0;
  const among = new Set(kept);
  const producersOf = (place: number): number[] => producers[place]!.filter((each) => among.has(each));
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
