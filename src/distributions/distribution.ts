import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError, withPlace } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import type { Constraint, Family, Relation, Strategy, Support } from "../ir/site.js";
import { checkArray, checkFunction, checkObject, checkText } from "../util/expected.js";
import { captureSource } from "../util/location.js";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../util/shapes.js";
import { checkDistribution } from "./checkDistribution.js";
import { checkNew, checkUsed } from "./parameters.js";

/** Phantom marks: they exist for the compiler only. */
declare const supportMark: unique symbol;
declare const offersMark: unique symbol;

/** A tensor whose support the compiler knows. */
export type Supported<S extends Support> = Tensor & { readonly [supportMark]?: S };
/** The support that the compiler knows of a tensor type. */
export type SupportOf<T> = T extends { readonly [supportMark]?: infer S } ? S : never;

export type Real = Supported<"real">;
export type Positive = Supported<"positive">;
export type NonNegative = Supported<"nonNegative">;
export type UnitInterval = Supported<"unitInterval">;
export type Interval = Supported<"interval">;
export type Bool = Supported<"boolean">;
export type Count = Supported<"nonNegativeInteger">;
export type CategoryIndex = Supported<"categoryIndex">;
export type Simplex = Supported<"simplex">;
/** Unit vectors: 1 at one place, 0 at all others. */
export type OneHot = Supported<"oneHot">;
export type PositiveDefinite = Supported<"positiveDefinite">;
export type CorrelationCholesky = Supported<"correlationCholesky">;
export type UnitSphere = Supported<"sphere">;

/** Names of the gradient strategies that a distribution may offer. */
export type StrategyName =
  | "reparam"
  | "reinforce"
  | "muProp"
  | "enumerate"
  | "measureValued"
  | "quadrature"
  | CoinStrategyName
  | CategoryStrategyName;

/** What coins and categories offer beside enumeration, scores and weak derivatives. */
export type CategoryStrategyName =
  | "gumbelSoftmax"
  | "localExpectation"
  | "rebar"
  | "relax"
  | "straightThrough"
  | "topK"
  | "unorderedSet";

/** What coins alone offer beside that. */
export type CoinStrategyName = "arm" | "disarm";

/**
 * A distribution: a family with parameters.
 *
 * @typeParam T - type of its values, with their support
 * @typeParam Offers - the gradient strategies that are legal for it; `never` once one has been chosen
 */
export interface Distribution<T extends Tensor = Tensor, Offers extends string = string> {
  readonly family: Family;
  /** In the order of the family's parameter names. */
  readonly parameters: readonly Tensor[];
  /** Shape of independent, elementwise evaluated draws; the log density has this shape. */
  readonly batch: Shape;
  /** Shape of one draw. */
  readonly event: Shape;
  /** The chosen gradient strategy; undefined leaves it to the estimator. */
  readonly strategy: Strategy | undefined;
  /** Type marks only, never present. */
  readonly [supportMark]?: T;
  readonly [offersMark]?: (offers: Offers) => void;
}

/** A family stated with named parameters: what one file of this folder declares. */
export interface FamilyRules<P extends string> extends Pick<Family, "name" | "support"> {
  readonly parameters: readonly P[];
  /** @defaultValue "float32" */
  readonly dtype?: Family["dtype"];
  /** Trailing axes of parameters that belong to one event rather than to the batch. @defaultValue 0 for all */
  readonly eventRanks?: Readonly<Partial<Record<P, number>>>;
  /** @defaultValue the broadcast of all parameters, without the axes of one event, and a scalar event */
  readonly shapes?: (parameters: Readonly<Record<P, Shape>>) => { readonly batch: Shape; readonly event: Shape };
  readonly logDensity: (parameters: Readonly<Record<P, Tensor>>, value: Tensor) => Tensor;
  readonly draw: (parameters: Readonly<Record<P, Tensor>>, key: Tensor, batch: Shape) => Tensor;
  /** What `draw` makes of standard normal noise of its result's shape, if it is a smooth function of that alone. */
  readonly fromNormal?: (parameters: Readonly<Record<P, Tensor>>, noise: Tensor) => Tensor;
  /** @defaultValue true */
  readonly isPathwise?: boolean;
  /** @defaultValue true */
  readonly isScorable?: boolean;
  /** Parameters that bound the support. @defaultValue none */
  readonly supportParameters?: readonly P[];
  /** The ends of the interval where scalar values lie, where the name of the support does not tell them. */
  readonly bounds?: (parameters: Readonly<Record<P, Tensor>>) => readonly [Tensor, Tensor];
  /** The probability of a value where it is more than exp(logDensity): with a derivative where it is 0. */
  readonly probability?: (parameters: Readonly<Record<P, Tensor>>, value: Tensor) => Tensor;
  readonly supportValues?: (parameters: Readonly<Record<P, Shape>>) => readonly number[];
  readonly supportEvents?: (parameters: Readonly<Record<P, Shape>>) => readonly (readonly number[])[];
  readonly weakDerivative?: (
    parameters: Readonly<Record<P, Tensor>>,
    value: Tensor,
    key: Tensor,
    batch: Shape,
  ) => ReturnType<NonNullable<Family["weakDerivative"]>>;
  /** Elementwise, of the draws' shape; ±∞ and NaN where there is none. */
  readonly mean?: (parameters: Readonly<Record<P, Tensor>>) => Tensor;
  readonly variance?: (parameters: Readonly<Record<P, Tensor>>) => Tensor;
  /** −E log p(X) in nats, of the batch shape. */
  readonly entropy?: (parameters: Readonly<Record<P, Tensor>>) => Tensor;
  /** P(X ≤ x) for scalar events, of the batch shape. */
  readonly cdf?: (parameters: Readonly<Record<P, Tensor>>, value: Tensor) => Tensor;
  /** The smallest x with P(X ≤ x) ≥ p for scalar events, of the batch shape. */
  readonly quantile?: (parameters: Readonly<Record<P, Tensor>>, probability: Tensor) => Tensor;
  /** log P(X ≤ x), where it keeps digits that the logarithm of `cdf` loses. @defaultValue that */
  readonly logCdf?: (parameters: Readonly<Record<P, Tensor>>, value: Tensor) => Tensor;
  /** log P(X > x), where 1 − `cdf` has no digits left. @defaultValue log(1 − cdf) */
  readonly logSurvival?: (parameters: Readonly<Record<P, Tensor>>, value: Tensor) => Tensor;
  /** The x with P(X > x) = q of continuous laws, where 1 − q has no digits left. @defaultValue quantile(1 − q) */
  readonly upperQuantile?: (parameters: Readonly<Record<P, Tensor>>, probability: Tensor) => Tensor;
  /** What parameters must satisfy. */
  readonly constraints?: Readonly<Partial<Record<P, Constraint>>>;
  /** What parameters must satisfy together. */
  readonly relations?: readonly (Omit<Relation, "parameters"> & { readonly parameters: readonly P[] })[];
}

const familyHint = 'Write family({ name: "mine", support: "real", parameters: ["loc"], logDensity, draw }).';

/** Makes a family from rules with named parameters. @throws ElbowError "argument" for rules without what a family needs */
export function family<const P extends string>(rules: FamilyRules<P>): Family {
  checkObject("family", "the rules", rules, ["name", "support", "parameters"], familyHint);
  checkText("family", "the name", rules.name, familyHint);
  checkArray("family", "the names of the parameters", rules.parameters, familyHint);
  checkFunction("family", "logDensity", rules.logDensity, familyHint);
  checkFunction("family", "draw", rules.draw, familyHint);
  const { parameters: names, dtype = "float32", isPathwise = true, isScorable = true } = rules;
  const named = <T>(values: readonly T[]) =>
    Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<P, T>;
  const { fromNormal, probability, supportValues, supportEvents, weakDerivative, mean, variance, entropy } = rules;
  const { cdf, quantile, logCdf, logSurvival, upperQuantile, bounds, constraints, relations } = rules;
  const parameterEventRanks = names.map((name) => rules.eventRanks?.[name] ?? 0);
  const shapesOf = (shapes: readonly Shape[]) => {
    const leading = shapes.map((shape, i) => shape.slice(0, Math.max(0, shape.length - parameterEventRanks[i]!)));
    return rules.shapes?.(named(shapes)) ?? { batch: batchOf(rules.name, names, leading), event: [] };
  };
  return {
    name: rules.name,
    support: rules.support,
    dtype,
    parameterNames: names,
    parameterEventRanks,
    isPathwise,
    isScorable,
    ...(bounds && { bounds: (parameters) => bounds(named(parameters)) }),
    ...(rules.supportParameters && { supportParameters: rules.supportParameters.map((name) => names.indexOf(name)) }),
    shapes: shapesOf,
    // observed counts and booleans come as int32 and bool, too
    logDensity: (parameters, value) => {
      const density = rules.logDensity(named(parameters), value.dtype === dtype ? value : tf.cast(value, dtype));
      // a density that does not depend on the value may have come out without some of the batch axes
      const { event } = shapesOf(parameters.map((parameter) => parameter.shape));
      const full = broadcastShapes(density.shape, value.shape.slice(0, Math.max(0, value.rank - event.length)));
      return full && !sameShape(full, density.shape) ? tf.broadcastTo(density, full) : density;
    },
    draw: (parameters, key, batch) => rules.draw(named(parameters), key, batch),
    ...(fromNormal && { fromNormal: (parameters, noise) => fromNormal(named(parameters), noise) }),
    ...(probability && { probability: (parameters, value) => probability(named(parameters), value) }),
    ...(supportValues && { supportValues: (shapes) => supportValues(named(shapes)) }),
    ...(supportEvents && { supportEvents: (shapes) => supportEvents(named(shapes)) }),
    ...(weakDerivative && {
      weakDerivative: (parameters, value, key, batch) => weakDerivative(named(parameters), value, key, batch),
    }),
    ...(mean && { mean: (parameters) => mean(named(parameters)) }),
    ...(variance && { variance: (parameters) => variance(named(parameters)) }),
    // an entropy that does not depend on all parameters comes out without some of the batch axes
    ...(entropy && {
      entropy: (parameters) => {
        const value = entropy(named(parameters));
        const { batch } = shapesOf(parameters.map(({ shape }) => shape));
        return sameShape(batch, value.shape) ? value : tf.broadcastTo(value, [...batch]);
      },
    }),
    ...(cdf && { cdf: (parameters, value) => cdf(named(parameters), value) }),
    ...(quantile && { quantile: (parameters, probability) => quantile(named(parameters), probability) }),
    ...(logCdf && { logCdf: (parameters, value) => logCdf(named(parameters), value) }),
    ...(logSurvival && { logSurvival: (parameters, value) => logSurvival(named(parameters), value) }),
    ...(upperQuantile && {
      upperQuantile: (parameters, probability) => upperQuantile(named(parameters), probability),
    }),
    ...(constraints && { constraints: names.map((name) => constraints[name]) }),
    ...(relations && {
      relations: relations.map(({ parameters, ...relation }) => ({
        ...relation,
        parameters: parameters.map((name) => names.indexOf(name)),
      })),
    }),
  };
}

/** The batch shape of parameters that broadcast against each other. */
export function batchOf(name: string, names: readonly string[], shapes: readonly Shape[]): Shape {
  const batch = broadcastShapes(...shapes);
  if (batch) return batch;
  const described = names.map((parameter, i) => `  ${parameter}: ${formatShape(shapes[i]!)}`).join("\n");
  throw new ElbowError("shape", {
    message: `the parameters of ${name} do not broadcast\n${described}`,
    hint: "Sizes are compared from the last axis on, and must be equal or 1: reshape one of them.",
  });
}

/**
 * A family with parameters.
 *
 * @throws ElbowError "shape" if the parameters' shapes do not fit; "parameter" if known ones break the family's constraints: at
 *   once, or inside a program where the distribution is sampled or observed
 */
export function distribution<T extends Tensor, Offers extends string>(
  of: Family,
  parameters: readonly TensorLike[],
): Distribution<T, Offers> {
  checkObject(
    "distribution",
    "the family",
    of,
    ["logDensity", "draw", "parameterNames"],
    "Write distribution(family({ … }), [1, 2]).",
    "a family",
  );
  checkArray(
    "distribution",
    "the parameters",
    parameters,
    "Give them in the order of the family's names: [loc, scale].",
  );
  if (parameters.length !== of.parameterNames.length)
    throw new ElbowError("parameters", {
      message: `${of.name} has other parameters\n  expected: ${of.parameterNames.join(", ") || "none"}\n  received: ${parameters.length}`,
      hint: "Give them in the order of the family's names.",
    });
  const tensors = parameters.map((parameter, i) => {
    const tensor = asTensor(parameter, "float32", `${of.name}: ${of.parameterNames[i]}`);
    return tensor.dtype === "float32" ? tensor : tf.cast(tensor, "float32");
  });
  const shapes = locatedShapes(of, tensors);
  checkNew({ family: of, parameters: tensors });
  return { family: of, parameters: tensors, ...shapes, strategy: undefined };
}

/** The user's line is looked for only when there is something wrong on it. */
function locatedShapes(of: Family, parameters: readonly Tensor[]): ReturnType<Family["shapes"]> {
  try {
    return of.shapes(parameters.map(({ shape }) => shape));
  } catch (error) {
    throw withPlace(error, captureSource());
  }
}

/** Log density of a value, of the batch shape. The value must have the shape [...batch, ...event] up to leading axes of draws. */
export const logDensity = <T extends Tensor>(distribution: Distribution<T, never>, given: Tensor): Tensor => {
  checkDistribution("logDensity", distribution);
  const { family: of, parameters } = distribution;
  const value = asTensor(given, "float32", "logDensity: the value");
  checkUsed({ family: of, parameters });
  return of.logDensity(parameters, value);
};
