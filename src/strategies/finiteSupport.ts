// Tables over the finite support of a site's elements: what strategies for categories and coins have in common.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Family, SiteContext } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";
import { where } from "../ops/where.js";
import { formatShape, range, sizeOf } from "../util/shapes.js";

/** The largest number of lanes. */
const laneLimit = 65536;

/** Why a family has no finite support, or undefined if it has. */
export const finiteObjection = ({ supportValues }: Family): string | undefined =>
  supportValues ? undefined : "it has no finite support; use reinforce";

/** All values of one element, in order. */
export const valuesOf = ({ family, parameters }: Pick<SiteContext, "family" | "parameters">): readonly number[] =>
  family.supportValues!(parameters.map((parameter) => parameter.shape));

/** Why a family has no finite support of numbers or vectors, or undefined if it has. */
export const eventObjection = (family: Family): string | undefined =>
  family.supportEvents ? undefined : finiteObjection(family);

/** All values of one element, in order: vectors, or numbers as vectors of one. */
export function eventsOf({
  family,
  parameters,
}: Pick<SiteContext, "family" | "parameters">): readonly (readonly number[])[] {
  const shapes = parameters.map((parameter) => parameter.shape);
  return family.supportEvents?.(shapes) ?? family.supportValues!(shapes).map((value) => [value]);
}

/** The probability of every value, [lanes, ...batch] like the values. */
export const probabilityOf = ({ family, parameters }: SiteContext, value: Tensor): Tensor =>
  tf.broadcastTo(
    family.probability?.(parameters, value) ?? tf.exp(family.logDensity(parameters, value)),
    value.shape as number[],
  );

/** All values with their probabilities: [K, ...batch] both. */
export function probabilityTable(site: SiteContext): { values: Tensor; probability: Tensor } {
  const numbers = valuesOf(site);
  const column = tf.tensor([...numbers], [numbers.length, ...site.batch.map(() => 1)], "float32");
  const values = tf.broadcastTo(column, [numbers.length, ...site.batch]);
  return { values, probability: probabilityOf(site, values) };
}

/** The batch shape with size 1 along axes that no leaf mixes, and the number of elements in it. */
export function mixedElements({ batch, isMixed }: SiteContext): { shape: number[]; elements: number } {
  const shape = batch.map((size, axis) => (isMixed[axis] ? size : 1));
  return { shape, elements: sizeOf(shape) };
}

/** Refuses lanes beyond any reason. @throws ElbowError "too-many-lanes" */
export function checkLanes(strategy: string, lanes: number, { address, batch, ...site }: SiteContext): void {
  if (lanes <= laneLimit) return;
  const { elements } = mixedElements({ address, batch, ...site });
  throw new ElbowError("too-many-lanes", {
    message: `${strategy}: a leaf of the objective mixes ${elements} elements of "${address}" (batch shape ${formatShape(batch)}), which needs ${lanes} lanes; the limit is ${laneLimit}`,
    hint: "Use reinforce with copies (for coins disarm), or write the cost so that it stays separate along this axis.",
    at: { address },
  });
}

/**
 * Candidates of every element, [k, ...batch], as lanes. Elements that all leaves keep apart share lanes; of those that
 * some leaf mixes all combinations are taken, kᴹ for M of them.
 *
 * @returns how many lanes, and what spreads a tensor [k, ...batch] over them: [lanes, ...batch]
 * @throws ElbowError "too-many-lanes"
 */
export function combinations(
  strategy: string,
  candidates: number,
  site: SiteContext,
): { lanes: number; spread: (table: Tensor) => Tensor; product: (table: Tensor) => Tensor } {
  const { shape, elements } = mixedElements(site);
  const lanes = candidates ** elements;
  checkLanes(strategy, lanes, site);
  if (elements === 1) return { lanes, spread: (table) => table, product: (table) => table };
  const digits = range(lanes).flatMap((lane) =>
    range(elements).map((element) => Math.floor(lane / candidates ** element) % candidates),
  );
  const chosen = tf.tensor(digits, [lanes, ...shape], "int32");
  const spread = (table: Tensor): Tensor =>
    tf.unstack(table).reduce((others, own, i) => where(tf.equal(chosen, i), own, others));
  const mixed = shape.flatMap((_, axis) => (site.isMixed[axis] ? [axis + 1] : []));
  return { lanes, spread, product: (table) => tf.prod(spread(table), mixed, true) };
}

/** The cost, without what is infinite in lanes that have no weight. */
export const voidless = (weight: Tensor, cost: Tensor): Tensor =>
  where(tf.logicalAnd(tf.equal(stopGradient(weight), 0), tf.logicalNot(tf.isFinite(stopGradient(cost)))), 0, cost);
