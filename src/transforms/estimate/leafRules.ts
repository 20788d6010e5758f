// What a marked leaf asks for when a site is taken away from it.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { applyEmitter } from "../../ir/lifted.js";
import { type LeafRule, leaf } from "../../ir/primitives/leaf.js";
import { stopGradient } from "../../ir/primitives/marks.js";
import type { Equation, Variable } from "../../ir/program.js";
import type { SampleAttributes, Strategy } from "../../ir/site.js";
import type { Shape } from "../../util/shapes.js";
import { type Lanes, ownShape } from "../lanes.js";
import type { Dependence, SiteAxes } from "./dependence.js";

/** The rule of a leaf and, for `scored` and `plain` ones, what the operand depends on whose choices count. */
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

/** What a rule asks of a site that was drawn. */
interface Site {
  readonly equation: Equation;
  readonly attributes: SampleAttributes;
  readonly keep: Readonly<Record<string, Lanes>>;
}

/**
 * How a site is taken away from a cost, and along which axes. Exact and pathwise strategies have no score to control; a
 * scored cost needs the exact sums of what it depends on itself. The same goes for strategies that keep one number for
 * elements that they treat together.
 */
export function treat(
  marking: Marking | undefined,
  dependence: Dependence,
  site: Site,
): { readonly axes: SiteAxes; readonly treatment: Treatment } {
  const axes = dependence.get(site.equation)!;
  const { strategy, batch } = site.attributes;
  if (!marking || strategy!.isExact || strategy!.isPathwise) return { axes, treatment: undefined };
  const { rule, like } = marking;
  if (rule === "scored" || rule === "plain") {
    const scored = like?.get(site.equation);
    if (!scored) return { axes, treatment: "plain" };
    if (!Object.values(site.keep).every((keep) => isPerElement(keep, scored, batch)))
      return { axes, treatment: undefined };
    return { axes: scored, treatment: rule === "plain" ? "plain" : undefined };
  }
  const isAlong = axes.some((axis, i) => axis === 0 && batch[i] !== 1);
  return { axes, treatment: rule === "leaveOneOut" && isAlong ? "leaveOneOut" : undefined };
}

/** Whether what a site keeps has a number of its own for every element along the axes that are aligned. */
function isPerElement(keep: Lanes, axes: SiteAxes, batch: Shape): boolean {
  const shape = ownShape(keep);
  const offset = batch.length - shape.length;
  return axes.every((axis, i) => typeof axis !== "number" || batch[i] === 1 || shape[i - offset] === batch[i]);
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
