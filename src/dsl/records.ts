// The records of a run as lists of tensors, and those of several programs in a common structure.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { sameShape } from "../util/shapes.js";
import { leavesOf, type Tree, withLeaves } from "../util/tree.js";
import { addressesOf, at, type Choices, isTensor, put } from "./choices.js";
import type { CallRecord, Earlier, Records } from "./meaning.js";

const kinds = ["choices", "logDensities", "logObserved", "branches"] as const;

export const noCalls: ReadonlyMap<string, CallRecord> = new Map();

/** The tensors of a structure; none where there is no structure. */
export const tensorsOf = (tree: Tree<Tensor> | undefined): Tensor[] =>
  tree === undefined ? [] : leavesOf(tree).map(({ leaf }) => leaf);

/** A structure of tensors with other ones. */
export const withTensors = <T>(tree: T, tensors: readonly Tensor[]): T =>
  withLeaves(tree as Tree<Tensor>, tensors) as T;

/** The records alone, of an object that has more. */
export const recordsOf = ({ choices, logDensities, logObserved, branches }: Records): Records => ({
  choices,
  logDensities,
  logObserved,
  branches,
});

/** All tensors of records. */
export const recordedIn = (records: Records): Tensor[] => tensorsOf(recordsOf(records) as unknown as Tree<Tensor>);

/** How many tensors there are. */
export const countOf = (records: Records): number => recordedIn(records).length;

/**
 * What is kept of the run of another branch: the choices that both have by name and shape, unless they stand in a branch again.
 *
 * @param own - the structure of the branch that ran, with those of all others where they were stacked
 * @param next - that of the branch that is to run
 */
export function common(earlier: Earlier, own: Records, next: Records): Earlier {
  const inner = Object.keys(own.branches);
  const isAlike = (address: string) =>
    (["choices", "logDensities"] as const).every((kind) => {
      const [before, after] = [own, next].map((each) => at(each[kind], address));
      return (
        isTensor(before) && isTensor(after) && before.dtype === after.dtype && sameShape(before.shape, after.shape)
      );
    });
  const names = addressesOf(own.choices).filter(
    (address) =>
      isAlike(address) &&
      !inner.some((branch) => address.startsWith(`${branch}/`)) &&
      at(earlier.choices, address) !== undefined,
  );
  const [choices, logDensities] = (["choices", "logDensities"] as const).map((kind) =>
    names.reduce<Choices>((all, address) => put(all, address, at(earlier[kind], address)!), {}),
  );
  return { choices: choices!, logDensities: logDensities!, logObserved: {}, branches: {}, calls: noCalls };
}

/** The addresses of all branches. */
export function unionOf(all: readonly Records[]): Records {
  const join = (trees: readonly Choices[]): Choices =>
    trees.reduce((joined, tree) =>
      addressesOf(tree).reduce(
        (grown, address) => (at(grown, address) ? grown : put(grown, address, at(tree, address)!)),
        joined,
      ),
    );
  const [choices, logDensities, logObserved, branches] = kinds.map((kind) => join(all.map((each) => each[kind])));
  return { choices: choices!, logDensities: logDensities!, logObserved: logObserved!, branches: branches! };
}

/** What a branch left behind, in the order of all addresses, zeros where it has none. */
export const tensorsIn = (records: Records, union: Records): Tensor[] =>
  kinds.flatMap((kind) =>
    addressesOf(union[kind]).map((address) => {
      const { shape, dtype } = at(union[kind], address) as Tensor;
      return (at(records[kind], address) as Tensor | undefined) ?? tf.zeros(shape, dtype as "float32");
    }),
  );

/** The structure of all addresses with these tensors. */
export function fill(union: Records, tensors: readonly Tensor[]): Records {
  const rest = [...tensors];
  const [choices, logDensities, logObserved, branches] = kinds.map((kind) =>
    addressesOf(union[kind]).reduce<Choices>((all, address) => put(all, address, rest.shift()!), {}),
  );
  return { choices: choices!, logDensities: logDensities!, logObserved: logObserved!, branches: branches! };
}

/** What an earlier run did under an address. */
export function earlierBelow(earlier: Earlier, address: string): Earlier {
  const below = (records: Choices): Choices => {
    const inner = records[address];
    return inner === undefined || isTensor(inner) ? {} : inner;
  };
  return {
    choices: below(earlier.choices),
    logDensities: below(earlier.logDensities),
    logObserved: below(earlier.logObserved),
    branches: below(earlier.branches),
    calls: earlier.calls.get(address)?.outcome.calls ?? noCalls,
  };
}

/** The part of a structure at these names. */
export const named = (records: Choices, names: readonly string[]): Choices =>
  Object.fromEntries(Object.entries(records).filter(([name]) => names.includes(name)));
