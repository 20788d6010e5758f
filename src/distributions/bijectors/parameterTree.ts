import type { Tensor } from "@tensorflow/tfjs-core";
import { leavesOf, type Tree, withLeaves } from "../../util/tree.js";

/** The tensors of a nested object, what they are called and how many axes they have, and the object of others like them. */
export interface ParameterTree<P> {
  readonly names: readonly string[];
  readonly ranks: readonly number[];
  readonly tensors: readonly Tensor[];
  readonly rebuilt: (tensors: readonly Tensor[]) => P;
}

/** Takes the parameters of a flow apart, so that its rule can be given them one by one. */
export function parameterTree<P extends object>(parameters: P): ParameterTree<P> {
  const tree = parameters as Tree<Tensor>;
  const leaves = leavesOf(tree);
  return {
    names: leaves.map(({ path }) => path.join(".")),
    ranks: leaves.map(({ leaf }) => leaf.rank),
    tensors: leaves.map(({ leaf }) => leaf),
    rebuilt: (tensors) => withLeaves(tree, tensors) as P,
  };
}
