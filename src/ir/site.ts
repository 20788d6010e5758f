// Random choices in a program: the `sample` primitive, and the two interfaces it is made of. Distributions implement
// `Family`, gradient strategies implement `Strategy`; transforms know these interfaces and nothing behind them.
import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { range, type Shape } from "../util/shapes.js";
import { emit } from "./builder.js";
import { type Primitive, primitive } from "./primitive.js";
import { reshape } from "./primitives/axes.js";
import { slice } from "./primitives/slicing.js";
import type { Attributes, DType, Equation, Variable } from "./program.js";

/** Where the elements of a distribution's values live; how many form one event is its shape's matter. */
export type Support =
  | "real"
  | "positive"
  | "nonNegative"
  | "unitInterval"
  | "interval"
  | "boolean"
  | "nonNegativeInteger"
  | "categoryIndex"
  | "simplex"
  | "oneHot"
  | "positiveDefinite"
  | "correlationCholesky"
  | "lowerCholesky"
  | "sphere"
  | "ordered"
  | (string & {});

/** What a parameter of a distribution must satisfy. */
export interface Constraint {
  /** As it completes "must be …": "> 0", "a probability vector". */
  readonly name: string;
  /** How many trailing axes are looked at together (a simplex has 1). */
  readonly eventRank: number;
  /** Whether one event holds it: the elements of its trailing axes in row-major order, and their sizes. */
  readonly accepts: (event: ArrayLike<number>, shape: Shape) => boolean;
  /** The same on (traced) tensors, of the shape without the event axes. */
  readonly isMet: (parameter: Tensor) => Tensor;
}

/** What several parameters of a distribution must satisfy together (`low < high`). */
export interface Relation {
  /** As it completes "must satisfy …". */
  readonly name: string;
  /** Positions of the parameters; they are scalars per event. */
  readonly parameters: readonly number[];
  readonly accepts: (...values: readonly number[]) => boolean;
  readonly isMet: (...parameters: readonly Tensor[]) => Tensor;
}

/** One signed pair of a measure-valued derivative: ∂/∂φ E f = E c·(f(lanes[plus]) − f(lanes[minus])). */
export interface WeakTerm {
  /** The parameter φ, of the batch shape. */
  readonly parameter: Tensor;
  /** The constant c_φ, of the batch shape. */
  readonly constant: Tensor;
  /** Positions among the lanes; 0 is the drawn value itself, lane i of `lanes` is i + 1. Without `minus` it is zero. */
  readonly plus: number;
  readonly minus?: number;
}

/** A measure-valued (weak) derivative of a distribution in all its parameters. */
export interface WeakDerivative {
  /** Alternative values of the site, each of the shape of a draw. */
  readonly lanes: readonly Tensor[];
  readonly terms: readonly WeakTerm[];
}

/** A family of distributions: what is known of it apart from its parameters. All functions are on tfjs tensors. */
export interface Family {
  readonly name: string;
  readonly support: Support;
  /** dtype of the values. */
  readonly dtype: DType;
  readonly parameterNames: readonly string[];
  /** Per parameter: how many of its trailing axes belong to one event rather than to the batch (a covariance has 2). */
  readonly parameterEventRanks: readonly number[];
  /** Batch and event shape from the parameters' shapes. @throws ElbowError if they do not fit */
  readonly shapes: (parameters: readonly Shape[]) => { readonly batch: Shape; readonly event: Shape };
  /** Log density of the batch shape, elementwise; −∞ outside the support. */
  readonly logDensity: (parameters: readonly Tensor[], value: Tensor) => Tensor;
  /** Draws of shape [...batch, ...event], where `batch` may have more leading axes than the parameters. */
  readonly draw: (parameters: readonly Tensor[], key: Tensor, batch: Shape) => Tensor;
  /** What `draw` makes of standard normal noise of its result's shape, if it is a smooth function of that alone. */
  readonly fromNormal?: (parameters: readonly Tensor[], noise: Tensor) => Tensor;
  /** Whether `draw` carries the derivative in the parameters (pathwise gradients). */
  readonly isPathwise: boolean;
  /** Whether the support does not move with the parameters, which the score function needs. */
  readonly isScorable: boolean;
  /** Positions of parameters that bound the support (a count of trials, the end of an interval). @defaultValue none */
  readonly supportParameters?: readonly number[];
  /** The ends of the interval where scalar values lie, elementwise, where the name of the support does not tell them. */
  readonly bounds?: (parameters: readonly Tensor[]) => readonly [Tensor, Tensor];
  /**
   * The probability of a value, of the batch shape, for finite supports whose parameters are probabilities: unlike
   * exp(logDensity) it has a derivative where it is 0. @defaultValue exp(logDensity)
   */
  readonly probability?: (parameters: readonly Tensor[], value: Tensor) => Tensor;
  /** All values of a finite scalar support, in order. */
  readonly supportValues?: (parameters: readonly Shape[]) => readonly number[];
  /** All values of a finite support of vectors, in order. */
  readonly supportEvents?: (parameters: readonly Shape[]) => readonly (readonly number[])[];
  readonly weakDerivative?: (parameters: readonly Tensor[], value: Tensor, key: Tensor, batch: Shape) => WeakDerivative;
  /** Elementwise, of the draws' shape; ±∞ and NaN where there is none. */
  readonly mean?: (parameters: readonly Tensor[]) => Tensor;
  readonly variance?: (parameters: readonly Tensor[]) => Tensor;
  /** −E log p(X) in nats, of the batch shape. */
  readonly entropy?: (parameters: readonly Tensor[]) => Tensor;
  /** P(X ≤ x) for scalar events, of the batch shape. */
  readonly cdf?: (parameters: readonly Tensor[], value: Tensor) => Tensor;
  /** The smallest x with P(X ≤ x) ≥ p for scalar events, of the batch shape. */
  readonly quantile?: (parameters: readonly Tensor[], probability: Tensor) => Tensor;
  /** log P(X ≤ x), where it keeps digits that the logarithm of `cdf` loses. @defaultValue that */
  readonly logCdf?: (parameters: readonly Tensor[], value: Tensor) => Tensor;
  /** log P(X > x), where 1 − `cdf` has no digits left. @defaultValue log(1 − cdf) */
  readonly logSurvival?: (parameters: readonly Tensor[], value: Tensor) => Tensor;
  /** The x with P(X > x) = q of continuous laws, where 1 − q has no digits left. @defaultValue quantile(1 − q) */
  readonly upperQuantile?: (parameters: readonly Tensor[], probability: Tensor) => Tensor;
  /** Per parameter: what it must satisfy. */
  readonly constraints?: readonly (Constraint | undefined)[];
  readonly relations?: readonly Relation[];
  /** The family that this one is a wrapper of, whose parameters come first: divergences see through it. */
  readonly wraps?: Wrapping;
}

/** How a family is made of another one. */
export type Wrapping =
  | { readonly kind: "iid"; readonly family: Family }
  /** `ranks` of its batch axes are event axes. */
  | { readonly kind: "independent"; readonly family: Family; readonly ranks: number }
  /** Its values are mapped one to one; the same map has the same identity. */
  | { readonly kind: "transformed"; readonly family: Family; readonly by: unknown };

/** What a strategy sees of the site that it draws. */
export interface SiteContext {
  readonly address: string;
  readonly family: Family;
  readonly parameters: readonly Tensor[];
  /** The strategy's own operands, in the order in which it declared them. */
  readonly operands: readonly Tensor[];
  readonly key: Tensor;
  readonly batch: Shape;
  readonly event: Shape;
  /** Per batch axis: whether some leaf of the objective mixes the elements along it. */
  readonly isMixed: readonly boolean[];
}

/** A site's value as a strategy draws it. */
export interface Drawn {
  /** Shape [...batch, ...event]; with `lanes`, one more leading axis of that size: alternatives that are run side by side. */
  readonly value: Tensor;
  readonly lanes?: number;
  /**
   * What `contract` needs, by name: tensors of the batch shape (or of size 1 along some of its axes), behind the lane
   * axis if there is one. For every leaf they are summed over the axes that the leaf mixes and aligned with the others;
   * those of additive strategies are summed up along axes of which the leaf needs the elements up to its own.
   */
  readonly keep: Readonly<Record<string, Tensor>>;
}

/** What a strategy sees of a leaf when it turns the costs of its lanes into one estimate. */
export interface Contraction {
  /** The cost of the leaf, [lanes?, ...leaf]. */
  readonly cost: Tensor;
  /** What `draw` kept, [lanes?, ...leaf or broadcastable to it]. */
  readonly keep: Readonly<Record<string, Tensor>>;
  /** The state of this site and leaf, a scalar, if the strategy has one. */
  readonly state: Tensor | undefined;
  /** Per batch axis of the site: whether this leaf mixes the elements along it. */
  readonly isMixed: readonly boolean[];
  /** Whether some leaf does: `isMixed` of the {@link SiteContext}. */
  readonly isMixedBySome: readonly boolean[];
}

/** What a strategy makes of a leaf. */
export interface Contracted {
  /** The estimate, of the leaf's shape. */
  readonly estimate: Tensor;
  /** The next state, a scalar. */
  readonly state?: Tensor;
  /**
   * What `fit` minimises beside the objective, whichever way that goes; its elements are summed, for all sites and
   * leaves. It trains what serves the estimate without being part of it (a learned baseline): it moves only the
   * parameters that the estimate's own derivative does not reach. Estimates of the objective leave it out.
   */
  readonly auxiliaryLoss?: Tensor;
}

/** A gradient strategy of a site. */
export interface Strategy {
  readonly name: string;
  /** Whether the expected gradient is the gradient of the expectation. */
  readonly isUnbiased: boolean;
  /**
   * Of estimates without variance that are not unbiased: the degree of polynomial costs (of the site's noise) up to which
   * they are exact.
   */
  readonly exactDegree?: number;
  /** Whether the estimate has no variance of its own, so that joining costs before contracting is free. */
  readonly isExact?: boolean;
  /** How often the estimate may be differentiated. */
  readonly maximumOrder: number;
  /** Whether the value carries the derivative, so that everything it flows through must be continuous. */
  readonly isPathwise: boolean;
  /** Why this family cannot be estimated this way, or undefined if it can. */
  readonly objection: (family: Family) => string | undefined;
  /** Tensors that the strategy needs besides the distribution's parameters (a baseline, say). */
  readonly operands?: readonly Tensor[];
  /**
   * Per operand: how many of its trailing axes belong to one event; the others broadcast against the batch shape from the
   * right, as those of parameters do, and element n of the site needs their element n alone. @defaultValue all axes
   */
  readonly operandEventRanks?: readonly number[];
  /**
   * Whether what it keeps adds up, over elements and over choices, as log densities do. Costs that need the elements up to
   * their own then get running sums, and a loop over such a choice stays a loop, in which every lane goes its own way:
   * `draw` gets parameters that have the lane axis in front already, and `contract` the running sums over the steps.
   */
  readonly isAdditive?: boolean;
  /** Starting value of the scalar state that is carried from step to step for every leaf. */
  readonly initialState?: number;
  readonly draw: (site: SiteContext) => Drawn;
  /** @defaultValue the cost itself */
  readonly contract?: (contraction: Contraction) => Contracted;
}

/** Attributes of a `sample` equation. Its inputs are [key, parameters…, strategy operands…]. */
export interface SampleAttributes {
  readonly address: string;
  readonly family: Family;
  /** The user's choice; undefined leaves it to the estimator. */
  readonly strategy: Strategy | undefined;
  /** Whether the strategy was filled in by the estimator. */
  readonly isDefault?: boolean;
  /** Why the site has this strategy, if it does not just name it. */
  readonly reason?: string;
  /** Where the derivative of a pathwise value jumps on its way to the objective, filled in by the estimator. */
  readonly kink?: Equation;
  readonly parameterShapes: readonly Shape[];
  readonly batch: Shape;
  readonly event: Shape;
}

export const samplePrimitive: Primitive = primitive({
  name: "sample",
  isPure: false,
  infer: (_, attributes) => {
    const { family, batch, event } = attributes as SampleAttributes;
    return [{ shape: [...batch, ...event], dtype: family.dtype }];
  },
  evaluate: (_, attributes) => refuse(attributes),
  jvp: ({ attributes }) => refuse(attributes),
  vjp: ({ attributes }) => refuse(attributes),
  batch: (inputs, attributes, rank) => batchSite(inputs, attributes as SampleAttributes, rank),
  axes: (inputs, attributes) => [
    inputs.map((input, i) => parameterAxes(input.shape, i - 1, attributes as SampleAttributes)),
  ],
  isContinuousIn: () => true,
});

/**
 * The same choice in every lane, made independently: one choice with the lanes as leading batch axes, as a plate has it.
 * The keys of the lanes must differ; the choice is drawn with that of the first one, which nothing else uses.
 */
function batchSite([keys, ...operands]: readonly Variable[], attributes: SampleAttributes, rank: number): Variable[] {
  const { address, family, strategy, parameterShapes, batch, event } = attributes;
  const lanes = range(rank).map((axis) => Math.max(...[keys!, ...operands].map(({ shape }) => shape[axis]!)));
  const refused = (message: string) =>
    new ElbowError("random-program", {
      message: `the random choice "${address}" cannot be made in lanes: ${message}`,
      at: { address },
    });
  if (keys!.shape.some((size, axis) => axis < rank && size !== lanes[axis]))
    throw refused("they share their random key");
  const key = reshape(
    slice(
      keys!,
      keys!.shape.map(() => 0),
      [...lanes.map(() => 1), 2],
    ),
    [2],
  );
  // axes of size 1 stand between the lanes and what broadcasts with the batch from the right
  const padded = (operand: Variable, eventRank: number | undefined): Variable => {
    const own = operand.shape.slice(rank);
    if (operand.shape.slice(0, rank).every((size) => size === 1)) return reshape(operand, own);
    if (eventRank === undefined) throw refused(`what ${strategy?.name} needs differs between them`);
    const missing = new Array<number>(batch.length + eventRank - own.length).fill(1);
    return reshape(operand, [...operand.shape.slice(0, rank), ...missing, ...own]);
  };
  const ranks = [
    ...family.parameterEventRanks.slice(0, parameterShapes.length),
    ...(strategy?.operandEventRanks ?? []),
  ];
  const inputs = operands.map((operand, i) => padded(operand, ranks[i]));
  const shapes = { batch: [...lanes, ...batch], event };
  const batched: SampleAttributes = {
    ...attributes,
    ...shapes,
    family: { ...family, shapes: () => shapes },
    parameterShapes: inputs.slice(0, parameterShapes.length).map(({ shape }) => shape),
  };
  return emit(samplePrimitive, [key, ...inputs], { ...batched });
}

/** Parameters and operands broadcast against the batch shape from the right; axes that belong to events mix. */
function parameterAxes(
  shape: Shape,
  position: number,
  { family, strategy, parameterShapes, batch }: SampleAttributes,
): (number | null)[] {
  const ranks = [
    ...family.parameterEventRanks.slice(0, parameterShapes.length),
    ...(strategy?.operandEventRanks ?? []),
  ];
  const own = shape.length - (ranks[position] ?? shape.length);
  return shape.map((size, axis) => {
    const at = axis + batch.length - own;
    return axis < own && batch[at] === size ? at : null;
  });
}

function refuse({ address }: Attributes): never {
  throw new ElbowError("random-program", {
    message: `the program still holds the random choice "${address}"`,
    hint: "Apply estimate or forward to it first.",
    at: { address },
  });
}

export const sampleAttributes = (equation: Equation): SampleAttributes => equation.attributes as SampleAttributes;
export const isSample = (equation: Equation): boolean => equation.primitive === samplePrimitive;
