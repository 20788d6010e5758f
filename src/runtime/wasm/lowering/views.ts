// Values seen through transpositions, reshapes, broadcasts and slices: other shapes and steps over the same memory.
import type { Equation, Variable } from "../../../ir/program.js";
import { type Shape, stridesOf } from "../../../util/shapes.js";
import type { View } from "../kernels/view.js";

/** All of a value in its own order. */
export const wholeOf = ({ shape }: { readonly shape: Shape }): View => ({ shape, steps: stridesOf(shape), offset: 0 });

export const permuted = ({ shape, steps, offset }: View, permutation: readonly number[]): View => ({
  shape: permutation.map((axis) => shape[axis]!),
  steps: permutation.map((axis) => steps[axis]!),
  offset,
});

/** The view whose permutation is this one. */
export const unpermuted = (view: View, permutation: readonly number[]): View =>
  permuted(
    view,
    permutation.map((_, axis) => permutation.indexOf(axis)),
  );

export const stretched = ({ shape, steps, offset }: View, to: Shape): View => {
  const added = to.length - shape.length;
  return {
    shape: to,
    steps: to.map((size, axis) => (shape[axis - added] === size ? steps[axis - added]! : 0)),
    offset,
  };
};

const sliced = ({ steps, offset }: View, begin: readonly number[], size: readonly number[]): View => ({
  shape: size,
  steps,
  offset: begin.reduce((sum, first, axis) => sum + first * steps[axis]!, offset),
});

/** The same elements in the same order under another shape, if that has even steps along every axis. */
export function reshaped({ shape, steps, offset }: View, to: Shape): View | undefined {
  if (shape.includes(0)) return undefined;
  const runs: { size: number; step: number }[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const step = steps[axis]!;
    const last = runs.at(-1);
    if (last && last.step === size * step) runs.splice(-1, 1, { size: last.size * size, step });
    else runs.push({ size, step });
  });
  const result = to.map(() => 0);
  let { size: left, step } = runs.pop() ?? { size: 1, step: 0 };
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const size = to[axis]!;
    if (size === 1) continue;
    if (left === 1) ({ size: left, step } = runs.pop()!);
    if (left % size !== 0) return undefined;
    result[axis] = step;
    left /= size;
    step *= size;
  }
  return { shape: to, steps: result, offset };
}

/** A value as a view of another one that is in memory. */
export interface Seen {
  readonly source: Variable;
  readonly view: View;
}

/** Looks through the equations that only rearrange. */
export function seenThrough(variable: Variable, producerOf: (variable: Variable) => Equation | undefined): Seen {
  const itself = { source: variable, view: wholeOf(variable) };
  const producer = producerOf(variable);
  const rule = producer && rules[producer.primitive.name];
  if (!rule) return itself;
  const { source, view } = seenThrough(producer.inputs[0]!, producerOf);
  const moved = rule(view, producer);
  return moved ? { source, view: moved } : itself;
}

const rules: Readonly<Record<string, (view: View, equation: Equation) => View | undefined>> = {
  transpose: (view, { attributes: { permutation } }) => permuted(view, permutation),
  reshape: (view, { outputs: [y] }) => reshaped(view, y!.shape),
  broadcastTo: (view, { outputs: [y] }) => stretched(view, y!.shape),
  slice: (view, { attributes: { begin, size } }) => sliced(view, begin, size),
  stopGradient: (view) => view,
};
