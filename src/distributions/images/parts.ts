import { ElbowError } from "../../errors.js";
import type { Family } from "../../ir/site.js";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../../util/shapes.js";
import type { BijectorRule } from "../bijectors/rule.js";

/** What a transformed distribution is made of, and how its parameters are told apart. */
export interface Parts {
  readonly base: Family;
  readonly rule: BijectorRule;
  /** How many axes of the base's events the bijector works through one by one. */
  readonly extra: number;
  readonly ofBase: <E>(all: readonly E[]) => E[];
  readonly ofRule: <E>(all: readonly E[]) => E[];
}

/** Batch and event shape, from the shapes of all parameters. */
export function shapesOf({ base, rule, extra, ofBase, ofRule }: Parts, parameters: readonly Shape[]) {
  const { batch, event } = base.shapes(ofBase(parameters));
  const parts = ofRule(parameters).map((shape, i) => {
    const kept = shape.slice(0, Math.max(0, shape.length - rule.parameterRanks[i]!));
    return {
      own: kept.slice(0, Math.max(0, kept.length - extra)),
      event: kept.slice(Math.max(0, kept.length - extra)),
    };
  });
  const full = broadcastShapes(batch, ...parts.map(({ own }) => own));
  const outer = event.slice(0, extra);
  const stretched = broadcastShapes(outer, ...parts.map((part) => part.event));
  if (!full || !stretched || !sameShape(stretched, outer))
    throw new ElbowError("shape", {
      message: `the parameters of ${rule.name} do not fit the distribution that it transforms\n  ${base.name}: batch ${formatShape(batch)}, event ${formatShape(event)}\n  parameters: ${ofRule(parameters).map(formatShape).join(", ")}`,
    });
  return { batch: full, event: [...outer, ...rule.forwardShape(event.slice(extra))] };
}
