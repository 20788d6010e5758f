// What a marked leaf asks for when a site is taken away from it.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { applyEmitter } from "../../ir/lifted.js";
import { type LeafRule, leaf } from "../../ir/primitives/leaf.js";
import { stopGradient } from "../../ir/primitives/marks.js";
import type { Equation, Variable } from "../../ir/program.js";
import { type SampleAttributes, type Strategy, sampleAttributes } from "../../ir/site.js";
import type { Dependence, SiteAxes } from "./dependence.js";

/** The rule of a leaf and, for `scored` ones, what the operand depends on whose choices count. */
export interface Marking {
  readonly rule: LeafRule;
  readonly like: Dependence | undefined;
}

/** The marking of a leaf, from the equation that computes it. */
export function markingOf(
  equation: Equation | undefined,
  dependence: (variable: Variable) => Dependence,
): Marking | undefined {
  if (equation?.primitive !== leaf.primitive) return undefined;
  const [, like] = equation.inputs;
  return { rule: equation.attributes.rule as LeafRule, like: like && dependence(like) };
}

/** @throws ElbowError "not-pathwise" where a cost is marked as pathwise and depends on a choice that is not */
export function checkMark(
  { attributes }: Equation,
  dependence: Dependence,
  sites: readonly { readonly equation: Equation; readonly attributes: SampleAttributes }[],
): void {
  if (attributes.rule !== "pathwise") return;
  const other = sites.find((site) => dependence.has(site.equation) && !site.attributes.strategy!.isPathwise);
  if (!other) return;
  const { address, strategy, family } = other.attributes;
  throw new ElbowError("not-pathwise", {
    message:
      `an objective whose gradient holds for pathwise derivatives alone depends on another choice\n` +
      `  site: ${strategy!.name}(${family.name}) "${address}" ${other.equation.source?.line ?? ""}`,
    hint: "Use reparam for it, or the objective's standard gradient.",
    at: { address, source: other.equation.source?.line },
  });
}

/** What is done to a cost at one site. */
export type Treatment = "plain" | "leaveOneOut" | undefined;

/**
 * How a site is taken away from a cost, and along which axes. Exact and pathwise strategies have no score to control; a
 * scored cost needs the exact sums of what it depends on itself.
 */
export function treat(
  marking: Marking | undefined,
  dependence: Dependence,
  site: Equation,
  strategy: Strategy,
): { readonly axes: SiteAxes; readonly treatment: Treatment } {
  const axes = dependence.get(site)!;
  if (!marking || strategy.isExact || strategy.isPathwise) return { axes, treatment: undefined };
  const { rule, like } = marking;
  if (rule === "plain") return { axes, treatment: "plain" };
  if (rule === "scored") {
    const scored = like?.get(site);
    return scored ? { axes: scored, treatment: undefined } : { axes, treatment: "plain" };
  }
  const isAlong = axes.some((axis, i) => axis === 0 && sampleAttributes(site).batch[i] !== 1);
  return { axes, treatment: rule === "leaveOneOut" && isAlong ? "leaveOneOut" : undefined };
}

type Contract = NonNullable<Strategy["contract"]>;

const fixed = (x: Tensor): Tensor => applyEmitter((v) => [stopGradient(v!)], [x])[0]!;

/** A strategy's contraction under a treatment. */
export function treated(contract: Contract, treatment: Treatment, hasLanes: boolean): Contract {
  // contract(s) without the derivative that its score has at a fixed s; it needs no baseline
  if (treatment === "plain")
    return ({ state, ...contraction }) => {
      const at = (cost: Tensor) => contract({ ...contraction, cost, state: state && tf.scalar(0) }).estimate;
      const scored = at(fixed(contraction.cost));
      return { estimate: tf.sub(at(contraction.cost), tf.sub(scored, fixed(scored))) };
    };
  // contract(s − b) + b for the mean b of what the others cost
  if (treatment === "leaveOneOut")
    return (contraction) => {
      const { cost } = contraction;
      const drawn = fixed(hasLanes ? tf.mean(cost, 0) : cost);
      const others = tf.div(tf.sub(tf.sum(drawn, 0, true), drawn), drawn.shape[0]! - 1);
      const baseline = tf.where(tf.isFinite(others), others, tf.zerosLike(others));
      const { estimate, ...rest } = contract({ ...contraction, cost: tf.sub(cost, baseline) });
      return { estimate: tf.add(estimate, baseline), ...rest };
    };
  return contract;
}
