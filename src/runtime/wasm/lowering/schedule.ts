// The order in which equations are executed, and what is executed in one loop.
import type { Equation, Program, Variable } from "../../../ir/program.js";
import { type Shape, sameShape, sizeOf } from "../../../util/shapes.js";
import { laneRules } from "../elementwise.js";
import { foldOf } from "../kernels/reductions.js";

/** What is emitted at once. */
export type Item =
  /** Values of a few elements, kept in locals. */
  | { readonly kind: "small"; readonly equation: Equation }
  /** The same elements under another shape: nothing to do. */
  | { readonly kind: "alias"; readonly equation: Equation }
  /** Elementwise operations of one shape, in one loop. */
  | { readonly kind: "loop"; readonly equations: readonly Equation[]; readonly shape: Shape }
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

/** Equations that some output depends on, in order. */
export function usedEquations({ equations, outputs }: Program): Equation[] {
  const needed = new Set<Variable>(outputs);
  const used = equations.toReversed().filter((equation) => {
    const isUsed = equation.outputs.some((output) => needed.has(output));
    if (isUsed) for (const input of equation.inputs) needed.add(input);
    return isUsed;
  });
  return used.toReversed();
}

/**
 * Orders the equations so that elementwise operations of one shape come together: small values as early as possible, then
 * kernels, and a loop only when nothing else is ready, so that it gathers all that it can.
 */
export function schedule(program: Program): Item[] {
  let remaining = usedEquations(program);
  const done = new Set<Variable>([...program.inputs, ...program.constants.map(({ variable }) => variable)]);
  const items: Item[] = [];
  const isReady = ({ inputs }: Equation): boolean => inputs.every((input) => done.has(input));
  const finish = (equation: Equation): void => {
    for (const output of equation.outputs) done.add(output);
  };
  /** Emits what is ready and passes the test, in order; tells whether there was any. */
  const take = (test: (equation: Equation) => Item | undefined): boolean => {
    const before = remaining.length;
    remaining = remaining.filter((equation) => {
      const item = isReady(equation) ? test(equation) : undefined;
      if (!item) return true;
      items.push(item);
      finish(equation);
      return false;
    });
    return remaining.length < before;
  };
  while (remaining.length > 0) {
    const light = (equation: Equation): Item | undefined => {
      if (equation.primitive.name === "reshape") return { kind: "alias", equation };
      return isSmall(equation) ? { kind: "small", equation } : undefined;
    };
    while (take(light));
    if (take((equation) => (isElementwise(equation) || light(equation) ? undefined : { kind: "kernel", equation })))
      continue;
    const first = remaining.find(isReady);
    if (!first) break;
    const { shape } = first.outputs[0]!;
    const group: Equation[] = [];
    remaining = remaining.filter((equation) => {
      if (!isElementwise(equation) || !sameShape(equation.outputs[0]!.shape, shape) || !isReady(equation)) return true;
      group.push(equation);
      finish(equation);
      return false;
    });
    items.push({ kind: "loop", equations: group, shape });
  }
  return items;
}
