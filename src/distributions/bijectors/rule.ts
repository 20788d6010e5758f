import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor, type TensorLike } from "../../ir/lifted.js";
import type { Constraint, Relation, Support } from "../../ir/site.js";
import { where } from "../../ops/where.js";
import { broadcastShapes, type Shape, sameShape } from "../../util/shapes.js";

type Map = (parameters: readonly Tensor[], value: Tensor) => Tensor;
type Condition = (parameters: readonly Tensor[], value: Tensor) => Tensor | undefined;
type Ends = readonly [TensorLike, TensorLike];

/** What is known of a monotone function of one number. */
export interface Monotone {
  /** 1 where it increases, −1 where it decreases. */
  readonly direction: (parameters: readonly Tensor[]) => Tensor | 1 | -1;
  /** The ends of the interval that it maps, and of what that becomes: they are not part of either. */
  readonly domain: (parameters: readonly Tensor[]) => Ends;
  readonly codomain: (parameters: readonly Tensor[]) => Ends;
  /** The inverse on all of the extended line: what lies beyond an end of the codomain becomes an end of the domain. */
  readonly extendedInverse: Map;
}

/**
 * What is known of a bijector apart from its tensors, which every function is given. All functions are on tfjs tensors and
 * defined everywhere: outside of domain and codomain they are arbitrary but finite, with finite derivatives.
 */
export interface BijectorRule {
  readonly name: string;
  readonly domain: Support;
  readonly codomain: Support;
  readonly domainRank: number;
  readonly codomainRank: number;
  readonly parameterNames: readonly string[];
  /** How many trailing axes of each parameter stand behind those that broadcast with the untransformed axes of x. */
  readonly parameterRanks: readonly number[];
  readonly forward: Map;
  readonly inverse: Map;
  readonly logDet: Map;
  readonly inverseLogDet: Map;
  /** Whether x is in the domain, of the shape without transformed axes; undefined if everything is. */
  readonly isInDomain: Condition;
  readonly isInCodomain: Condition;
  readonly forwardShape: (event: Shape) => Shape;
  readonly inverseShape: (event: Shape) => Shape;
  /** Whether f(x) = Ax + b, so that the mean of f(X) is f(E X), and log |det A| is the same everywhere. */
  readonly isAffine: boolean;
  /** Whether log |det f′(x)| is an affine function of x, so that its mean is its value at E X. */
  readonly hasAffineLogDet: boolean;
  /** The elementwise variance of f(X) from that of X, for affine f that do not mix elements. */
  readonly variance?: Map;
  readonly monotone?: Monotone;
  /** Whether a finite x may have an infinite f(x), or a finite y an infinite f⁻¹(y): numbers end where floats do. */
  readonly overflows: { readonly forward: boolean; readonly inverse: boolean };
  /** Whether the codomain moves with the parameters. */
  readonly movesCodomain: boolean;
  /** Per parameter: what it must satisfy. */
  readonly constraints: readonly (Constraint | undefined)[];
  readonly relations: readonly Relation[];
}

type Named<P extends string> = Readonly<Record<P, Tensor>>;

/** A rule stated with named parameters: what one file of this folder declares. */
export interface RuleParts<P extends string> {
  readonly name: string;
  readonly domain: Support;
  readonly codomain: Support;
  /** @defaultValue 0 */
  readonly domainRank?: number;
  /** @defaultValue that of the domain */
  readonly codomainRank?: number;
  /** @defaultValue none */
  readonly parameters?: readonly P[];
  /** @defaultValue 0 for all */
  readonly parameterRanks?: Readonly<Partial<Record<P, number>>>;
  readonly forward: (parameters: Named<P>, x: Tensor) => Tensor;
  readonly inverse: (parameters: Named<P>, y: Tensor) => Tensor;
  /** This or `inverseLogDet`; the other one is then its negative at the other point. */
  readonly logDet?: (parameters: Named<P>, x: Tensor) => Tensor;
  readonly inverseLogDet?: (parameters: Named<P>, y: Tensor) => Tensor;
  /** @defaultValue what lies between the ends of a monotone function, else everything */
  readonly isInDomain?: (parameters: Named<P>, x: Tensor) => Tensor;
  readonly isInCodomain?: (parameters: Named<P>, y: Tensor) => Tensor;
  /** @defaultValue the same */
  readonly forwardShape?: (event: Shape) => Shape;
  readonly inverseShape?: (event: Shape) => Shape;
  /** @defaultValue false */
  readonly isAffine?: boolean;
  /** @defaultValue `isAffine` */
  readonly hasAffineLogDet?: boolean;
  readonly variance?: (parameters: Named<P>, variance: Tensor) => Tensor;
  /** Ends and direction, for functions of one number. @defaultValue for `direction`: 1; for ends: ±∞ */
  readonly monotone?: {
    readonly direction?: (parameters: Named<P>) => Tensor;
    readonly domain?: (parameters: Named<P>) => Ends;
    readonly codomain?: (parameters: Named<P>) => Ends;
  };
  /** Where a finite number may become infinite. @defaultValue nowhere */
  readonly overflows?: "forward" | "both";
  /** @defaultValue false */
  readonly movesCodomain?: boolean;
  /** What parameters must satisfy. */
  readonly constraints?: Readonly<Partial<Record<P, Constraint>>>;
  /** What parameters must satisfy together. */
  readonly relations?: readonly (Omit<Relation, "parameters"> & { readonly parameters: readonly P[] })[];
}

const line = (): Ends => [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** Both conditions, where there are any. */
export const both = (a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined =>
  a && b ? tf.logicalAnd(a, b) : (a ?? b);

/** Whether x lies between two ends, strictly; undefined if everything does. */
export function isBetween(x: Tensor, [low, high]: Ends): Tensor | undefined {
  const above = low === Number.NEGATIVE_INFINITY ? undefined : tf.greater(x, asTensor(low));
  const below = high === Number.POSITIVE_INFINITY ? undefined : tf.less(x, asTensor(high));
  return both(above, below);
}

/** The ends, exchanged where a function between them decreases. */
export const directed = ([low, high]: Ends, direction: Tensor | 1 | -1): Ends =>
  direction === 1
    ? [low, high]
    : direction === -1
      ? [high, low]
      : [where(tf.greater(direction, 0), low, high), where(tf.greater(direction, 0), high, low)];

/** Makes a rule from one with named parameters. */
export function bijectorRule<const P extends string = never>(parts: RuleParts<P>): BijectorRule {
  const { domainRank = 0, codomainRank = domainRank, isAffine = false, movesCodomain = false } = parts;
  const names = parts.parameters ?? [];
  const parameterRanks = names.map((name) => parts.parameterRanks?.[name] ?? 0);
  const named = (values: readonly Tensor[]) =>
    Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<P, Tensor>;
  // parameters may have leading axes that x lacks, and a determinant need not depend on all of either
  const leading = (parameters: readonly Tensor[], x: Tensor, rank: number) =>
    broadcastShapes(
      x.shape.slice(0, x.rank - rank),
      ...parameters.map(({ shape }, i) => shape.slice(0, Math.max(0, shape.length - parameterRanks[i]!))),
    );
  const broadcast =
    (rank: number, map: (parameters: Named<P>, x: Tensor) => Tensor): Map =>
    (parameters, x) => {
      const result = map(named(parameters), x);
      const full = leading(parameters, x, rank);
      return full && !sameShape(full, result.shape) ? tf.broadcastTo(result, full) : result;
    };
  const forward: Map = (parameters, x) => parts.forward(named(parameters), x);
  const inverse: Map = (parameters, y) => parts.inverse(named(parameters), y);
  const { variance, isInDomain, isInCodomain, logDet, inverseLogDet } = parts;
  const monotone = parts.monotone && monotoneParts(parts.monotone, named, inverse);
  const inside = (ends: Monotone["domain"] | undefined): Condition =>
    ends ? (parameters, x) => isBetween(x, ends(parameters)) : () => undefined;
  return {
    name: parts.name,
    domain: parts.domain,
    codomain: parts.codomain,
    domainRank,
    codomainRank,
    parameterNames: names,
    parameterRanks,
    forward,
    inverse,
    logDet: logDet
      ? broadcast(domainRank, logDet)
      : (parameters, x) => tf.neg(broadcast(codomainRank, inverseLogDet!)(parameters, forward(parameters, x))),
    inverseLogDet: inverseLogDet
      ? broadcast(codomainRank, inverseLogDet)
      : (parameters, y) => tf.neg(broadcast(domainRank, logDet!)(parameters, inverse(parameters, y))),
    isInDomain: isInDomain ? (parameters, x) => isInDomain(named(parameters), x) : inside(monotone?.domain),
    isInCodomain: isInCodomain ? (parameters, y) => isInCodomain(named(parameters), y) : inside(monotone?.codomain),
    forwardShape: parts.forwardShape ?? ((event) => event),
    inverseShape: parts.inverseShape ?? ((event) => event),
    isAffine,
    hasAffineLogDet: parts.hasAffineLogDet ?? isAffine,
    ...(variance && { variance: (parameters, x) => variance(named(parameters), x) }),
    ...(monotone && { monotone }),
    overflows: { forward: parts.overflows !== undefined, inverse: parts.overflows === "both" },
    movesCodomain,
    constraints: names.map((name) => parts.constraints?.[name]),
    relations: (parts.relations ?? []).map(({ parameters, ...relation }) => ({
      ...relation,
      parameters: parameters.map((name) => names.indexOf(name)),
    })),
  };
}

function monotoneParts<P extends string>(
  { direction, domain = line, codomain = line }: NonNullable<RuleParts<P>["monotone"]>,
  named: (values: readonly Tensor[]) => Named<P>,
  inverse: Map,
): Monotone {
  const directionOf: Monotone["direction"] = (parameters) => direction?.(named(parameters)) ?? 1;
  return {
    direction: directionOf,
    domain: (parameters) => domain(named(parameters)),
    codomain: (parameters) => codomain(named(parameters)),
    extendedInverse: (parameters, y) => {
      const [low, high] = codomain(named(parameters));
      const [first, last] = directed(domain(named(parameters)), directionOf(parameters));
      let x = inverse(parameters, y);
      if (low !== Number.NEGATIVE_INFINITY) x = where(tf.lessEqual(y, asTensor(low)), first, x);
      if (high !== Number.POSITIVE_INFINITY) x = where(tf.greaterEqual(y, asTensor(high)), last, x);
      return x;
    },
  };
}
