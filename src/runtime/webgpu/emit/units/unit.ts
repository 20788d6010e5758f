// What writers of units have in common.
import type { Variable } from "../../../../ir/program.js";
import { type Shape, stridesOf } from "../../../../util/shapes.js";
import type { Root } from "../../plan/roots.js";
import type { Emitter } from "../emitter.js";
import { index, sum, times } from "../indices.js";

/** Threads of a workgroup. */
export const threads = 256;

/** Arrays of a word for each thread, `shared_0`, …, that kernels fold in. */
export const sharedArrays = 4;

/** A bound that compilers do not know, lest they unroll the loop: kernels would take many times as long to compile. */
export const opaque = (bound: number): string => `(${bound}u ^ params.zero)`;

/** Writes the body of a unit's function, which has the parameters w (the workgroup's number) and lid (the thread's). */
export interface Written {
  readonly workgroups: number;
}

/** Where a part's element stands in the whole. */
function inWhole(emitter: Emitter, { part, targets }: Root, value: Variable, e: string): string {
  const strides = stridesOf(targets[0]!.shape);
  const coordinates = emitter.coordinatesOf({ shape: value.shape, flat: e });
  return emitter.define(
    coordinates.reduce(
      (all, each, axis) => sum(all, times(axis === part!.axis ? sum(each, index(part!.start)) : each, strides[axis]!)),
      "0u",
    ),
  );
}

/** Computes and writes what stands at element `e` of every map. */
export function writeTails(emitter: Emitter, tails: readonly Root[], e: string): void {
  for (const root of tails) {
    const { value, targets, part } = root;
    const access = { shape: value!.shape, flat: e };
    const [target] = targets as [Variable];
    const isOwn = target === value && emitter.graph.materialized.has(value);
    const name = isOwn ? emitter.computed(value, access) : emitter.value(value!, access);
    emitter.store(target, part ? inWhole(emitter, root, value!, e) : e, name);
    if (!part) emitter.bind(target, e, name);
  }
}

/** Coordinates in a batch that broadcasts to the result's. */
export const batchOf = (own: Shape, coordinates: readonly string[]): string[] => {
  const skipped = coordinates.length - own.length;
  return own.map((size, axis) => (size === 1 ? "0u" : coordinates[axis + skipped]!));
};

/** Code under a name of its own, computed here. */
export function fixed(emitter: Emitter, code: string, prefix = "b"): string {
  const name = emitter.fresh(prefix);
  emitter.line(`let ${name} = ${code};`);
  return name;
}
