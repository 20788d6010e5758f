// What wrappers of a distribution with parameters of their own have in common.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Constraint, Family, Relation } from "../ir/site.js";
import type { Shape } from "../util/shapes.js";
import { batchOf } from "./distribution.js";
import type { Law } from "./intervalMass.js";

/** The wrapped distribution's parameters, and those that follow. */
export const split = (inner: Family, parameters: readonly Tensor[]): readonly [Law, ...Tensor[]] => {
  const count = inner.parameterNames.length;
  return [{ family: inner, parameters: parameters.slice(0, count) }, ...parameters.slice(count)];
};

/** Observed counts and booleans come as int32 and bool, too. */
export const asFloat = (value: Tensor): Tensor => (value.dtype === "float32" ? value : tf.cast(value, "float32"));

/** Names, shapes and constraints of a family with further scalar parameters, which broadcast with the batch. */
export function withParameters(
  name: string,
  inner: Family,
  added: Readonly<Record<string, Constraint>>,
  relations: readonly Relation[] = [],
): Pick<Family, "name" | "dtype" | "parameterNames" | "parameterEventRanks" | "shapes" | "constraints" | "relations"> {
  const count = inner.parameterNames.length;
  const names = Object.keys(added);
  return {
    name: `${name}(${inner.name})`,
    dtype: inner.dtype,
    parameterNames: [...inner.parameterNames, ...names],
    parameterEventRanks: [...inner.parameterEventRanks, ...names.map(() => 0)],
    shapes: (parameters: readonly Shape[]) => {
      const { batch, event } = inner.shapes(parameters.slice(0, count));
      return { batch: batchOf(name, [inner.name, ...names], [batch, ...parameters.slice(count)]), event };
    },
    constraints: [...(inner.constraints ?? inner.parameterNames.map(() => undefined)), ...Object.values(added)],
    relations: [...(inner.relations ?? []), ...relations],
  };
}

/** @throws ElbowError unless the family has scalar events, a distribution function and, where asked for, quantiles */
export function checkScalar(
  wrapper: string,
  inner: Family,
  event: Shape,
  needs: readonly ("cdf" | "quantile")[],
): void {
  const lacking = needs.filter((each) => !inner[each]);
  if (event.length === 0 && lacking.length === 0) return;
  throw new ElbowError("wrapper", {
    message:
      event.length > 0
        ? `${wrapper} is for distributions of scalars, and ${inner.name} has events of ${event.length} axes`
        : `${wrapper} needs the ${lacking.join(" and the ")} of ${inner.name}, which has none`,
    hint: "Wrap the scalar distribution first, and make events of it with independent.",
  });
}
