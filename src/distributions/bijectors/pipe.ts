import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { asTensor } from "../../ir/lifted.js";
import type { Support } from "../../ir/site.js";
import type { Shape } from "../../util/shapes.js";
import { type Bijector, bijector, type Fitting } from "./bijector.js";
import { type BijectorRule, both, directed, type Monotone } from "./rule.js";
import { fillsDomain, fits } from "./supports.js";
import { allLast, sumLast } from "./trailingAxes.js";

/** A step of a composition: where its parameters stand, and how many axes of events it works through one by one. */
interface Step {
  readonly rule: BijectorRule;
  /** Where its parameters begin. */
  readonly start: number;
  readonly parametersOf: (all: readonly Tensor[]) => readonly Tensor[];
  readonly extra: number;
}

/** The steps, and the rank of the first one's events: the least with which all find the axes that they need. */
function layOut(rules: readonly BijectorRule[]): { steps: Step[]; rank: number } {
  let rank = 0;
  let growth = 0;
  for (const { domainRank, codomainRank } of rules) {
    rank = Math.max(rank, domainRank - growth);
    growth += codomainRank - domainRank;
  }
  let own = rank;
  let start = 0;
  const steps = rules.map((rule): Step => {
    const [begin, end, extra] = [start, start + rule.parameterNames.length, own - rule.domainRank];
    start = end;
    own += rule.codomainRank - rule.domainRank;
    return { rule, start: begin, parametersOf: (all) => all.slice(begin, end), extra };
  });
  return { steps, rank };
}

/** All steps as monotone functions; undefined if one is none. */
function monotoneOf(steps: readonly Step[], forward: BijectorRule["forward"]): Monotone | undefined {
  const parts = steps.map(({ rule }) => rule.monotone);
  if (parts.some((part) => part === undefined)) return undefined;
  const [first, last] = [steps[0]!, steps.at(-1)!];
  const direction: Monotone["direction"] = (parameters) => {
    const factors = steps.map(({ rule, parametersOf }) => rule.monotone!.direction(parametersOf(parameters)));
    return factors.reduce((product, factor) =>
      product === 1 ? factor : factor === 1 ? product : tf.mul(product as Tensor, factor as Tensor),
    );
  };
  const domain: Monotone["domain"] = (parameters) => first.rule.monotone!.domain(first.parametersOf(parameters));
  const isOnto = steps.every(({ rule }, i) => i === 0 || fillsDomain(steps[i - 1]!.rule.codomain, rule.domain));
  return {
    direction,
    domain,
    codomain: (parameters) =>
      isOnto
        ? last.rule.monotone!.codomain(last.parametersOf(parameters))
        : directed(
            domain(parameters).map((end) => forward(parameters, asTensor(end))) as [Tensor, Tensor],
            direction(parameters),
          ),
    extendedInverse: (parameters, y) =>
      steps.reduceRight(
        (value, { rule, parametersOf }) => rule.monotone!.extendedInverse(parametersOf(parameters), value),
        y,
      ),
  };
}

function composed(rules: readonly BijectorRule[]): BijectorRule {
  const { steps, rank } = layOut(rules);
  const [first, last] = [rules[0]!, rules.at(-1)!];
  /** The values before every step, and behind the last one. */
  const forwards = (parameters: readonly Tensor[], x: Tensor): Tensor[] => {
    const values = [x];
    for (const { rule, parametersOf } of steps) values.push(rule.forward(parametersOf(parameters), values.at(-1)!));
    return values;
  };
  const backwards = (parameters: readonly Tensor[], y: Tensor): Tensor[] => {
    const values = [y];
    for (const { rule, parametersOf } of steps.toReversed())
      values.push(rule.inverse(parametersOf(parameters), values.at(-1)!));
    return values.reverse();
  };
  const forward: BijectorRule["forward"] = (parameters, x) => forwards(parameters, x).at(-1)!;
  const isAffineUpTo = (end: number) => rules.slice(0, end).every(({ isAffine }) => isAffine);
  const monotone = rank === 0 ? monotoneOf(steps, forward) : undefined;
  const hasVariance = rules.every(({ variance }) => variance);
  return {
    name: `pipe(${rules.map(({ name }) => name).join(", ")})`,
    domain: first.domain,
    codomain: last.codomain,
    domainRank: rank,
    codomainRank: rules.reduce((own, { domainRank, codomainRank }) => own + codomainRank - domainRank, rank),
    parameterNames: rules.flatMap(({ name, parameterNames }, i) => parameterNames.map((own) => `${i}.${name}.${own}`)),
    parameterRanks: steps.flatMap(({ rule, extra }) => rule.parameterRanks.map((own) => own + extra)),
    forward,
    inverse: (parameters, y) => backwards(parameters, y)[0]!,
    logDet: (parameters, x) => {
      const values = forwards(parameters, x);
      return total(
        steps.map(({ rule, parametersOf, extra }, i) =>
          sumLast(rule.logDet(parametersOf(parameters), values[i]!), extra),
        ),
      );
    },
    inverseLogDet: (parameters, y) => {
      const values = backwards(parameters, y);
      return total(
        steps.map(({ rule, parametersOf, extra }, i) =>
          sumLast(rule.inverseLogDet(parametersOf(parameters), values[i + 1]!), extra),
        ),
      );
    },
    isInDomain: (parameters, x) => {
      const values = forwards(parameters, x);
      return steps
        .map(({ rule, parametersOf, extra }, i) => {
          if (i > 0 && fillsDomain(steps[i - 1]!.rule.codomain, rule.domain)) return undefined;
          const inside = rule.isInDomain(parametersOf(parameters), values[i]!);
          return inside && allLast(inside, extra);
        })
        .reduce(both, undefined);
    },
    isInCodomain: (parameters, y) => {
      const values = backwards(parameters, y);
      return steps
        .map(({ rule, parametersOf, extra }, i) => {
          if (i < steps.length - 1 && fillsDomain(rule.codomain, steps[i + 1]!.rule.domain)) return undefined;
          const inside = rule.isInCodomain(parametersOf(parameters), values[i + 1]!);
          return inside && allLast(inside, extra);
        })
        .reduce(both, undefined);
    },
    forwardShape: (event) => steps.reduce((shape, { rule, extra }) => mapShape(shape, extra, rule.forwardShape), event),
    inverseShape: (event) =>
      steps.reduceRight((shape, { rule, extra }) => mapShape(shape, extra, rule.inverseShape), event),
    isAffine: isAffineUpTo(rules.length),
    hasAffineLogDet: rules.every((rule, i) => rule.isAffine || (rule.hasAffineLogDet && isAffineUpTo(i))),
    ...(hasVariance && {
      variance: (parameters, x) =>
        steps.reduce((value, { rule, parametersOf }) => rule.variance!(parametersOf(parameters), value), x),
    }),
    ...(monotone && { monotone }),
    constraints: rules.flatMap(({ constraints }) => constraints),
    relations: steps.flatMap(({ rule, start }) =>
      rule.relations.map((each) => ({ ...each, parameters: each.parameters.map((i) => start + i) })),
    ),
    overflows: {
      forward: rules.some(({ overflows }) => overflows.forward),
      inverse: rules.some(({ overflows }) => overflows.inverse),
    },
    movesCodomain: rules.some(
      ({ movesCodomain, domain, parameterNames }, i) =>
        movesCodomain || (i > 0 && parameterNames.length > 0 && !fillsDomain(rules[i - 1]!.codomain, domain)),
    ),
  };
}

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((sum, term) => tf.add(sum, term));

const mapShape = (event: Shape, extra: number, map: (event: Shape) => Shape): Shape => [
  ...event.slice(0, extra),
  ...map(event.slice(extra)),
];

/** Whether two supports differ, so that a step behind the other one moves what it makes of it. */
type Differ<A, B> = [A] extends [B] ? ([B] extends [A] ? false : true) : true;

/** Accepts a bijector that can follow itself: many of a kind need not be counted. */
type Following<B> = B extends Bijector<infer From, infer To> ? Fitting<To, From> : never;

type S = Support;
type M = boolean;

/**
 * Several bijectors one after the other, the first one first: `pipe(f, g)` maps x to g(f(x)).
 *
 * @throws ElbowError "support-mismatch" if what one makes does not lie where the next one takes it from
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const b = bijectors.pipe(bijectors.affine(1, 2), bijectors.exp);
 * console.log(b.forward(-0.5).dataSync()[0]); // => 1
 * ```
 */
export function pipe<A extends S, B extends S, MA extends M>(first: Bijector<A, B, MA>): Bijector<A, B, MA>;
export function pipe<B extends Bijector<S, S, false>>(...steps: readonly (B & Following<B>)[]): B;
export function pipe<A extends S, B extends S, C extends S, D extends S, MA extends M, MB extends M>(
  first: Bijector<A, B, MA>,
  second: Bijector<C, D, MB> & Fitting<B, C>,
): Bijector<A, D, MA | MB | Differ<B, C>>;
export function pipe<
  A extends S,
  B extends S,
  C extends S,
  D extends S,
  E extends S,
  F extends S,
  MA extends M,
  MB extends M,
  MC extends M,
>(
  first: Bijector<A, B, MA>,
  second: Bijector<C, D, MB> & Fitting<B, C>,
  third: Bijector<E, F, MC> & Fitting<D, E>,
): Bijector<A, F, MA | MB | MC | Differ<B, C> | Differ<D, E>>;
export function pipe<
  A extends S,
  B extends S,
  C extends S,
  D extends S,
  E extends S,
  F extends S,
  G extends S,
  H extends S,
  MA extends M,
  MB extends M,
  MC extends M,
  MD extends M,
>(
  first: Bijector<A, B, MA>,
  second: Bijector<C, D, MB> & Fitting<B, C>,
  third: Bijector<E, F, MC> & Fitting<D, E>,
  fourth: Bijector<G, H, MD> & Fitting<F, G>,
): Bijector<A, H, MA | MB | MC | MD | Differ<B, C> | Differ<D, E> | Differ<F, G>>;
export function pipe(...steps: readonly Bijector[]): Bijector {
  if (steps.length === 0)
    throw new ElbowError("option", {
      message: "pipe takes at least one bijector",
      hint: "identity() maps x to itself.",
    });
  for (const [i, { rule }] of steps.entries()) {
    const before = steps[i - 1]?.rule;
    if (before && !fits(before.codomain, rule.domain))
      throw new ElbowError("support-mismatch", {
        message: `pipe: ${rule.name} cannot follow ${before.name}\n  expected: ${rule.domain}\n  received: ${before.codomain}`,
      });
  }
  return bijector(
    composed(steps.map(({ rule }) => rule)),
    steps.flatMap(({ parameters }) => parameters),
  );
}
