import type { Tensor } from "@tensorflow/tfjs-core";
import type { Source } from "../util/location.js";
import type { Shape } from "../util/shapes.js";

/** Element types. Random keys are int32 tensors of shape […, 2]. */
export type DType = "float32" | "int32" | "bool";

/** What is known of a value before it is computed: everything but its elements. */
export interface Type {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A value of a program, assigned exactly once. Identity is object identity; `id` serves printing and hashing. */
export interface Variable extends Type {
  readonly id: number;
}

/** Elements of a tensor in row-major order, as plain double-precision numbers whatever the dtype. */
export type Elements = Float64Array;

/** A constant's elements, known when the program is built. */
export interface Constant {
  readonly variable: Variable;
  readonly elements: Elements;
}

// biome-ignore lint/suspicious/noExplicitAny: attributes are typed by each primitive's own rules
export type Attributes = Readonly<Record<string, any>>;

/** One application of a primitive. */
export interface Equation {
  readonly primitive: Primitive;
  readonly inputs: readonly Variable[];
  readonly attributes: Attributes;
  readonly outputs: readonly Variable[];
  /** The user's line that caused this equation, also when a transform derived it. */
  readonly source: Source | undefined;
}

/** A traced function: static shapes, equations in execution order, every variable assigned once. */
export interface Program {
  readonly inputs: readonly Variable[];
  readonly constants: readonly Constant[];
  readonly equations: readonly Equation[];
  readonly outputs: readonly Variable[];
}

/** A tangent or cotangent; undefined is a symbolic zero. */
export type MaybeZero = Variable | undefined;

/** A concrete array of the reference semantics (double precision). */
export interface NDArray extends Type {
  readonly elements: Elements;
}

/** What a derivative rule sees of the equation it differentiates. */
export interface Applied {
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  readonly attributes: Attributes;
  /** What `forward` kept besides the outputs. */
  readonly residuals: readonly Variable[];
  /** Which inputs' cotangents somebody will use; a `vjp` rule may leave the others out. */
  readonly isNeeded: readonly boolean[];
}

/** An output axis that runs along with an input's: elements at p need positions up to p, or from p on if `reverse`. */
export interface RunningAxis {
  readonly axis: number;
  readonly reverse: boolean;
}

/**
 * What becomes of an input axis. An output axis j promises that output elements at position p of j depend on no other
 * position than p of the input axis; {@link RunningAxis} that they depend on none on its other side; null nothing.
 */
export type AxisPlace = number | RunningAxis | null;

/** For one input: the place of each of its axes. No two of them have a place on the same output axis. */
export type AxisMap = readonly AxisPlace[];

/** Everything that Elbow knows of one operation. Transforms look rules up here and know no operation by name. */
export interface Primitive {
  readonly name: string;
  /** Shape rule: the types of the outputs, or an error in the user's terms. */
  readonly infer: (inputs: readonly Type[], attributes: Attributes) => Type[];
  /** Reference semantics in double precision: plain loops. */
  readonly evaluate: (inputs: readonly NDArray[], attributes: Attributes) => Elements[];
  /** Of elementwise operations: one element, in double precision. Engines without a rule of their own call it. */
  readonly scalar?: (...x: number[]) => number;
  /** Tangents of the outputs from those of the inputs. */
  readonly jvp: (applied: Applied, tangents: readonly MaybeZero[]) => MaybeZero[];
  /** Cotangents of the inputs from those of the outputs. */
  readonly vjp: (applied: Applied, cotangents: readonly MaybeZero[]) => MaybeZero[];
  /** How the operation is emitted for reverse mode, if its `vjp` wants more than inputs and outputs. */
  readonly forward?: (
    inputs: readonly Variable[],
    attributes: Attributes,
  ) => { outputs: Variable[]; residuals: Variable[] };
  /** Whether its derivative rules must be asked although no tangent reaches it, because it counts differentiations. */
  readonly limitsOrder?: boolean;
  /**
   * Batching rule. Every input carries `rank` leading batch axes, each of the batch's size or of size 1; the outputs carry
   * them broadcast against each other.
   */
  readonly batch: (inputs: readonly Variable[], attributes: Attributes, rank: number) => Variable[];
  /** Axis dependence, `[output][input]`; undefined for inputs that the output does not depend on. */
  readonly axes: (
    inputs: readonly Type[],
    attributes: Attributes,
    outputs: readonly Type[],
  ) => (AxisMap | undefined)[][];
  /** Whether the outputs are continuous in input i (and differentiable almost everywhere). */
  readonly isContinuousIn: (input: number) => boolean;
  /** Whether its derivative jumps where it is itself continuous: then a pathwise estimate is exact to first order only. */
  readonly hasKinks?: boolean;
  /** Sets of inputs in which the operation is jointly linear when all others are held fixed. */
  readonly linearIn: readonly (readonly number[])[];
  /** Runs the operation on tfjs tensors with tfjs kernels; absent: the host evaluates `evaluate`. */
  readonly tfjs?: (inputs: readonly Tensor[], attributes: Attributes) => Tensor[];
  /** Whether every element of the result comes from the elements at its place in the operands, which broadcast. */
  readonly isElementwise: boolean;
  /** True for operations that work on random keys: engines may run them on the host. */
  readonly isRandom: boolean;
  /** Whether two applications to equal inputs may be merged and an unused one dropped. */
  readonly isPure: boolean;
  /** An equivalent, cheaper way to write an application, or undefined; `elementsOf` tells the elements of constants. */
  readonly simplify?: (
    equation: Equation,
    elementsOf: (variable: Variable) => Elements | undefined,
  ) => Variable[] | undefined;
}

let lastId = 0;

/** A fresh variable. */
export const variable = (shape: Shape, dtype: DType): Variable => ({ id: ++lastId, shape: [...shape], dtype });

export const typeOf = ({ shape, dtype }: Type): Type => ({ shape, dtype });
