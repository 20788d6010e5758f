// The order in which equations are executed, and what is executed together.
import type { Equation, Program } from "../../../ir/program.js";
import { range, sizeOf } from "../../../util/shapes.js";
import { laneRules } from "../elementwise.js";
import { foldOf } from "../kernels/reductions.js";
import { chooseNest, isNestable, newMemory } from "./chooseNest.js";
import type { Nest } from "./nest.js";
import { orderOf } from "./order.js";

/** What is emitted at once. */
export type Item =
  /** Values of a few elements, kept in locals. */
  | { readonly kind: "small"; readonly equation: Equation }
  /** The same elements under another shape: nothing to do. */
  | { readonly kind: "alias"; readonly equation: Equation }
  /** A value without elements. */
  | { readonly kind: "empty"; readonly equation: Equation }
  /** Equations that are computed together, in loops around all of them. */
  | { readonly kind: "nest"; readonly nest: Nest }
  /** Anything else. */
  | { readonly kind: "kernel"; readonly equation: Equation };

/** Values of up to this many elements are kept in locals. */
export const smallLimit = 32;

const isElementwise = ({ primitive }: Equation): boolean => primitive.name in laneRules;

/** Whether the equation's values are kept in locals. */
export function isSmall(equation: Equation): boolean {
  const { primitive, inputs, outputs } = equation;
  const [output] = outputs;
  const size = sizeOf(output!.shape);
  const fits = inputs.every((input) => sizeOf(input.shape) <= smallLimit);
  if (!fits || size > smallLimit || size === 0) return false;
  // an operand is repeated as a whole or not at all: then chunks correspond
  if (isElementwise(equation)) return inputs.every(({ shape }) => sizeOf(shape) === 1 || sizeOf(shape) === size);
  return size === 1 && sizeOf(inputs[0]?.shape ?? []) > 0 && foldOf(primitive.name, inputs[0]!) !== undefined;
}

/**
 * Orders the equations so that as many as possible come together in one nest: small values as early as possible, then
 * kernels, and a nest only when nothing else is ready, so that it gathers all that it can.
 */
export function schedule(program: Program): Item[] {
  const order = orderOf(program);
  const { equations, users } = order;
  const items: Item[] = [];
  const memory = newMemory();
  let remaining: readonly number[] = range(equations.length);
  const isDone = new Uint8Array(equations.length);
  /** Operands of each equation that are not known yet. */
  const waiting = new Uint16Array(equations.length);
  for (const those of users) for (const user of those) waiting[user]!++;
  const finish = (place: number): void => {
    isDone[place] = 1;
    for (const user of users[place]!) waiting[user]!--;
  };
  /** Emits what is ready and passes the test, in order; tells whether there was any. */
  const take = (test: (equation: Equation) => Item | undefined): boolean => {
    const before = remaining.length;
    remaining = remaining.filter((place) => {
      const item = waiting[place] === 0 ? test(equations[place]!) : undefined;
      if (!item) return true;
      items.push(item);
      finish(place);
      return false;
    });
    return remaining.length < before;
  };
  const known = new Map<Equation, Item | undefined>();
  const light = (equation: Equation): Item | undefined => {
    if (!known.has(equation)) known.set(equation, lightItem(equation));
    return known.get(equation);
  };
  while (remaining.length > 0) {
    while (take(light));
    if (take((equation) => (light(equation) || isNestable(equation) ? undefined : { kind: "kernel", equation })))
      continue;
    const nest = chooseNest({ remaining, waiting, isDone, order, memory });
    if (nest) {
      items.push(itemOf(nest));
      for (const { equation } of nest.steps) finish(order.places.get(equation)!);
      remaining = remaining.filter((place) => isDone[place] === 0);
    } else if (!take((equation) => (isElementwise(equation) ? undefined : { kind: "kernel", equation }))) break;
  }
  return items;
}

/** What needs no loop. */
function lightItem(equation: Equation): Item | undefined {
  if (equation.primitive.name === "reshape") return { kind: "alias", equation };
  if (isElementwise(equation) && sizeOf(equation.outputs[0]!.shape) === 0) return { kind: "empty", equation };
  return isSmall(equation) ? { kind: "small", equation } : undefined;
}

/** A single equation is better off with its kernel if it has one, unless it folds a few elements each. */
function itemOf(nest: Nest): Item {
  const [first, second] = nest.steps;
  if (second || isElementwise(first!.equation)) return { kind: "nest", nest };
  const foldsFew = first!.folded.length > 0 && !first!.isExit;
  return foldsFew ? { kind: "nest", nest } : { kind: "kernel", equation: first!.equation };
}

/** The equations of an item, in order. */
export const equationsOf = (item: Item): readonly Equation[] =>
  item.kind === "nest" ? item.nest.steps.map(({ equation }) => equation) : [item.equation];
