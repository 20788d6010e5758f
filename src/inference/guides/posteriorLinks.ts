// Which choices of a model the posterior links, and how: the blocks of the Hessian of its log density that are not zero.
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import { withoutDeadCode } from "../../transforms/deadCode.js";
import { followDependence, type SiteAxes } from "../../transforms/estimate/dependence.js";
import { valueAndGrad } from "../../transforms/grad.js";
import { simplify } from "../../transforms/simplify.js";
import { range, type Shape } from "../../util/shapes.js";
import { logJoint } from "./logJoint.js";
import type { Site } from "./sites.js";

/**
 * How the elements of two choices are linked: along so many leading axes element n of the one with element n of the other
 * alone, along the rest every one with every other. Undefined where they are independent given all other choices.
 */
export type Link = number | undefined;

/** Links between choices i and j, in both orders; `links[i][i]` is how the elements of one choice are linked with one another. */
export type Links = readonly (readonly Link[])[];

/** Follows what every derivative of the log density depends on. */
export function posteriorLinks(guide: string, model: Call, sites: readonly Site[], rest: Choices): Links {
  const slopes = withoutDeadCode(simplify(valueAndGrad(logJoint(guide, model, sites, rest))));
  const gradients = slopes.outputs.slice(1);
  const of = followDependence<number>(
    slopes,
    slopes.inputs.map(({ shape }, j) => new Map([[j, shape.map((_, axis) => axis)]])),
  );
  return sites.map((a, i) =>
    sites.map((b, j) => {
      const axes = [of(gradients[i]!).get(j), of(gradients[j]!).get(i)];
      if (axes.every((each) => each === undefined)) return i === j ? a.unconstrained.length : undefined;
      const most = common(a.unconstrained, b.unconstrained);
      return Math.min(most, ...axes.map((each) => (each ? leading(each) : most)));
    }),
  );
}

/** How many leading axes have the same sizes. */
function common(a: Shape, b: Shape): number {
  const end = range(Math.min(a.length, b.length)).findIndex((axis) => a[axis] !== b[axis]);
  return end < 0 ? Math.min(a.length, b.length) : end;
}

/** Axes from the first one on that lie where they were. */
function leading(axes: SiteAxes): number {
  const end = axes.findIndex((place, axis) => place !== axis);
  return end < 0 ? axes.length : end;
}

/**
 * The parents of every choice in a factorization of the posterior along their order: of a normal density with these links,
 * every choice depends on these of the earlier ones. Summing out a choice links those that it was linked with (as fill-in does
 * in a Cholesky factorization).
 */
export function parentsOf(links: Links): Links {
  const all = links.map((row) => [...row]);
  const meet = (a: number, b: number, own: Link): number => Math.min(a, b, own ?? Number.POSITIVE_INFINITY);
  for (const last of range(all.length).reverse())
    for (const a of range(last))
      for (const b of range(a + 1)) {
        const [toA, toB] = [all[last]![a], all[last]![b]];
        if (toA === undefined || toB === undefined) continue;
        // what the elements of the last one share, those of a and b share, too
        const within = Math.min(toA, toB, all[last]![last]!);
        all[a]![b] = meet(within, within, all[a]![b]);
        all[b]![a] = all[a]![b]!;
      }
  return all.map((row, i) => row.map((link, j) => (j <= i ? link : undefined)));
}
