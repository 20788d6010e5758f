// Shapes of families that have a location vector and a scale of one or two axes.
import { ElbowError } from "../errors.js";
import { formatShape, type Shape } from "../util/shapes.js";
import { batchOf } from "./distribution.js";

/**
 * Batch and event shape, from `loc` [..., n], a scale parameter whose last `rank` axes have size n, and the batch shapes
 * of other parameters.
 */
export const locScaleShapes =
  (family: string, name: string, rank: number) =>
  (loc: Shape, scale: Shape, others: Readonly<Record<string, Shape>> = {}): { batch: Shape; event: Shape } => {
    const n = loc.at(-1);
    const own = scale.slice(-rank);
    if (n === undefined || own.length < rank || own.some((size) => size !== n))
      throw new ElbowError("shape", {
        message:
          `${family}: the parameters do not fit\n  expected: loc [..., n], ${name} [...${", n".repeat(rank)}]\n` +
          `  received: loc ${formatShape(loc)}, ${name} ${formatShape(scale)}`,
      });
    const names = ["loc", name, ...Object.keys(others)];
    return {
      batch: batchOf(family, names, [loc.slice(0, -1), scale.slice(0, -rank), ...Object.values(others)]),
      event: [n],
    };
  };
