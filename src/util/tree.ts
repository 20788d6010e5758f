// Nested objects and arrays with leaves of one kind.

/** A nested readonly structure with leaves of type T. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

/** A leaf with the path that leads to it. */
export interface PathLeaf<T> {
  readonly path: readonly string[];
  readonly leaf: T;
}

const isBranch = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));

/** The leaves of a structure, depth first, in order of insertion. Anything that is no plain object or array is a leaf. */
export function leavesOf<T>(tree: Tree<T>, path: readonly string[] = []): PathLeaf<T>[] {
  if (!isBranch(tree)) return [{ path, leaf: tree as T }];
  return Object.entries(tree).flatMap(([name, child]) => leavesOf(child as Tree<T>, [...path, name]));
}

/** The same structure with other leaves, given in the order of {@link leavesOf}. */
export function withLeaves<T, U>(tree: Tree<T>, leaves: readonly U[]): Tree<U> {
  const queue = [...leaves];
  const rebuild = (node: unknown): Tree<U> => {
    if (!isBranch(node)) return queue.shift() as U;
    if (Array.isArray(node)) return node.map(rebuild);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, rebuild(child)]));
  };
  return rebuild(tree);
}

/** The same structure with every leaf replaced. */
export const mapLeaves = <T, U>(tree: Tree<T>, change: (leaf: T, path: readonly string[]) => U): Tree<U> =>
  withLeaves(
    tree,
    leavesOf(tree).map(({ leaf, path }) => change(leaf, path)),
  );
