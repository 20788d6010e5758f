import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { Objective } from "elbow";
import { leavesOf, type PathLeaf, type Tree } from "../../src/util/tree.js";

/**
 * One evaluation of a loss and its gradient, written by hand. Parameters and gradient are the leaves of the workload's
 * parameters, one after the other.
 */
export interface HandWritten {
  /** Standard normals that one evaluation takes. */
  readonly noise: number;
  /** Uniform numbers that it takes. @defaultValue 0 */
  readonly uniforms?: number;
  /** Returns the loss and overwrites the gradient; allocates nothing. */
  readonly gradient: (
    parameters: Float64Array,
    noise: Float64Array,
    gradient: Float64Array,
    uniforms: Float64Array,
  ) => number;
}

/** A nested structure of tensors. */
export type Parameters = Tree<Tensor>;

/** The parameters of a variant with their names. */
export const leaves = ({ parameters }: Pick<Variant, "parameters">): PathLeaf<Tensor>[] => leavesOf(parameters);

/** The compared run: how many steps, and by how much the losses of the same work may differ through noise. */
export interface Comparison {
  /** The losses of the last tenth are averaged. */
  readonly steps: number;
  readonly tolerance: number;
}

/** One size of a workload: the same loss three times over. */
export interface Variant {
  readonly name: string;
  readonly parameters: Parameters;
  readonly data: readonly Tensor[];
  /** fit's `draws`. */
  readonly draws: number;
  readonly learningRate: number;
  /** The loss is −objective/scale. */
  readonly scale: number;
  readonly comparison: Comparison;
  /** For a quick run. */
  readonly quickComparison: Comparison;
  /** A new objective, which nothing has traced yet. */
  readonly objective: () => Objective<object, readonly Tensor[]>;
  readonly handWritten: () => HandWritten;
  /** The loss with tf operations; runs inside tf.variableGrads. */
  readonly eager: (parameters: Parameters, ...data: Tensor[]) => Scalar;
  /** Arithmetic of one step in GFLOP, to leave out what would take minutes. */
  readonly gigaflops: number;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly variants: readonly Variant[];
}

/** A variant whose parameters and data have types of their own. */
interface TypedVariant<P extends object, D extends readonly Tensor[]>
  extends Omit<Variant, "parameters" | "data" | "objective" | "eager" | "draws" | "scale"> {
  readonly parameters: P;
  readonly data: D;
  readonly objective: () => Objective<P, D>;
  readonly eager: (parameters: P, ...data: D) => Tensor;
  readonly draws?: number;
  readonly scale?: number;
}

/** Checks a variant's types, and forgets them. */
export const variant = <P extends object, D extends readonly Tensor[]>(of: TypedVariant<P, D>): Variant =>
  ({ draws: 1, scale: 1, ...of }) as unknown as Variant;
