import type { Equation, Program, Variable } from "../../ir/program.js";
import { sampleAttributes } from "../../ir/site.js";
import type { Shape } from "../../util/shapes.js";
import type { Dependence, SiteAxes } from "./dependence.js";
import type { Leaf } from "./tail.js";

/** What the estimator found out about a leaf of the objective: a tensor of costs that are estimated each on its own. */
export interface LeafReport {
  readonly shape: Shape;
  /** The primitive that computes it; undefined for a parameter, data or a constant that is a cost itself. */
  readonly operation: string | undefined;
  readonly source: string | undefined;
  /** The random choices that it depends on, in order. Those that stay inside loops are not among them. */
  readonly sites: readonly {
    readonly address: string;
    /** Per batch axis of the site: the leaf's axis whose elements need the site's element alone, null where they are mixed. */
    readonly axes: SiteAxes;
  }[];
  /** Copies of it that are run side by side, over the alternatives of all these choices. */
  readonly lanes: number;
}

/** Reports the leaves of a program's tail, those of equal variables once. */
export function reportLeaves(
  { equations }: Program,
  leaves: readonly Leaf[],
  dependence: (variable: Variable) => Dependence,
  lanesOf: (variable: Variable) => number,
): LeafReport[] {
  const producers = new Map(
    equations.flatMap((equation) => equation.outputs.map((output): [Variable, Equation] => [output, equation])),
  );
  return [...new Set(leaves.map(({ variable }) => variable))].map((variable) => {
    const producer = producers.get(variable);
    return {
      shape: variable.shape,
      operation: producer?.primitive.name,
      // to find the line takes its time: whoever reads it waits
      get source() {
        return producer?.source?.line;
      },
      sites: [...dependence(variable)].map(([site, axes]) => ({ address: sampleAttributes(site).address, axes })),
      lanes: lanesOf(variable),
    };
  });
}
