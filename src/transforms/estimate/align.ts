import { build } from "../../ir/builder.js";
import { reduceSum, reshape, transpose } from "../../ir/primitives/axes.js";
import { cumsum } from "../../ir/primitives/cumulative.js";
import type { Variable } from "../../ir/program.js";
import type { SampleAttributes } from "../../ir/site.js";
import { range, type Shape } from "../../util/shapes.js";
import { type Lanes, ownShape, runInLanes } from "../lanes.js";
import type { SiteAxes } from "./dependence.js";

/**
 * A site's axes as its strategy may use them: elements that a leaf needs up to its own are kept apart where the strategy
 * adds up what it keeps, and are mixed for others.
 */
export const usableAxes = ({ strategy }: SampleAttributes, axes: SiteAxes): SiteAxes =>
  strategy?.isAdditive ? axes : axes.map((place) => (typeof place === "number" ? place : null));

/** Whether a leaf needs several elements along an axis of a site at once. */
export const isMixedPlace = (place: SiteAxes[number] | undefined): boolean => typeof place !== "number";

/**
 * Brings what a site kept, [...batch], to a leaf's axes: summed over mixed axes, summed up along running ones, and moved
 * into place.
 */
export function align(lanes: Lanes, batch: Shape, axes: SiteAxes, leaf: Shape): Lanes {
  const shape = ownShape(lanes);
  const placeOf = (axis: number) => axes[axis + batch.length - shape.length]!;
  const mixed = range(shape.length).filter((axis) => placeOf(axis) === null);
  const program = build([{ shape, dtype: lanes.variable.dtype }], (x) => {
    const running = range(shape.length).reduce<Variable>((sums, axis) => {
      const place = placeOf(axis);
      const isRunning = place !== null && typeof place !== "number" && shape[axis] !== 1;
      return isRunning ? cumsum(sums, { axis, reverse: place.reverse }) : sums;
    }, x!);
    const summed = reduceSum(running, mixed);
    const places = range(shape.length).flatMap((axis) => {
      const place = placeOf(axis);
      return place === null ? [] : [typeof place === "number" ? place : place.axis];
    });
    const order = range(places.length).toSorted((a, b) => places[a]! - places[b]!);
    const moved = transpose(summed, order);
    const size = new Map(order.map((from, to) => [places[from]!, moved.shape[to]!]));
    return [
      reshape(
        moved,
        leaf.map((_, axis) => size.get(axis) ?? 1),
      ),
    ];
  });
  return runInLanes(program, [lanes])[0]!;
}
