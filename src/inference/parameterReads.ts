// Which parameters a program asks for that there are not: a missing one is undefined, and fails much later.
import { ElbowError } from "../errors.js";
import { nearestTo } from "../util/nearest.js";
import { leavesOf, type Tree } from "../util/tree.js";

/** A structure that notes what was read of it and is not there. */
export function watchedTree<T extends object>(tree: T): { readonly tree: T; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const watch = (node: unknown, path: readonly string[]): unknown => {
    if (typeof node !== "object" || node === null) return node;
    const prototype: unknown = Object.getPrototypeOf(node);
    if (prototype !== Object.prototype && prototype !== null) return node;
    const inner = Object.fromEntries(
      Object.entries(node).map(([name, child]) => [name, watch(child, [...path, name])]),
    );
    return new Proxy(inner, {
      get: (target, name) => {
        if (typeof name === "string" && !(name in target)) missing.push([...path, name].join("."));
        return Reflect.get(target, name);
      },
    });
  };
  return { tree: watch(tree, []) as T, missing };
}

/** An error that came of a parameter that there is not says so. */
export function withMissingParameter(error: unknown, missing: readonly string[], parameters: object): unknown {
  const codes = ["not-a-tensor", "tensor-operation"];
  const isItsFault = error instanceof TypeError || (error instanceof ElbowError && codes.includes(error.code));
  const name = missing.at(-1);
  if (!isItsFault || name === undefined || !/undefined|null/.test(error.message)) return error;
  const names = leavesOf(parameters as Tree<unknown>).map(({ path }) => path.join("."));
  const nearest = nearestTo(name, names);
  return new ElbowError("parameters", {
    message: `the parameter "${name}" is used, and is not among the parameters\n  parameters: ${names.join(", ") || "none"}`,
    hint: nearest === undefined ? "Give it a starting value." : `Give it a starting value; or is "${nearest}" meant?`,
    at: error instanceof ElbowError ? { source: error.at.source } : {},
    cause: error,
  });
}
