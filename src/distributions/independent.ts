import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Family } from "../ir/site.js";
import { checkInteger } from "../util/expected.js";
import { formatShape, range, type Shape } from "../util/shapes.js";
import { checkDistribution } from "./checkDistribution.js";
import type { Distribution } from "./distribution.js";

/** Moves the last batch axes to the event. */
function moveAxes(name: string, { batch, event }: { batch: Shape; event: Shape }, ranks: number) {
  const kept = batch.length - ranks;
  if (!Number.isInteger(ranks) || ranks < 0 || kept < 0)
    throw new ElbowError("shape", {
      message: `independent cannot turn ${ranks} batch axes of ${name} into event axes\n  batch shape: ${formatShape(batch)}`,
      hint: "Take as many of the batch axes as there are, or fewer; iid(n, d) makes some.",
    });
  return { batch: batch.slice(0, kept), event: [...batch.slice(kept), ...event] };
}

function joined(inner: Family, ranks: number): Family {
  const {
    supportValues: _,
    weakDerivative: __,
    probability: ___,
    cdf: ____,
    quantile: _____,
    logCdf: ______,
    logSurvival: _______,
    upperQuantile: ________,
    supportEvents: _________,
    entropy,
    ...rest
  } = inner;
  const summed = (elementwise: Tensor): Tensor =>
    tf.sum(
      elementwise,
      range(ranks).map((i) => elementwise.rank - ranks + i),
    );
  return {
    ...rest,
    name: `independent(${inner.name})`,
    wraps: { kind: "independent", family: inner, ranks },
    parameterEventRanks: inner.parameterEventRanks.map((rank) => rank + ranks),
    shapes: (parameters) => moveAxes(inner.name, inner.shapes(parameters), ranks),
    logDensity: (parameters, value) => summed(inner.logDensity(parameters, value)),
    ...(entropy && { entropy: (parameters) => summed(entropy(parameters)) }),
    draw: (parameters, key, batch) => {
      const own = inner.shapes(parameters.map(({ shape }) => shape)).batch;
      return inner.draw(parameters, key, [...batch, ...own.slice(own.length - ranks)]);
    },
  };
}

/**
 * Independent values as one event: turns the last batch axes of a distribution into event axes, over which the log
 * density is summed.
 *
 * Offers reparam, reinforce, muProp and quadrature where the distribution itself does. A strategy chosen for it is kept.
 *
 * @param of - a distribution of batch shape [...batch, ...axes]
 * @param ranks - how many axes @defaultValue 1
 * @throws ElbowError if there are fewer batch axes, or the strategy already chosen cannot treat vectors
 * @example
 * ```ts
 * import { independent, normal, run, sample } from "elbow";
 * const w = run(0, sample("w", independent(normal([0, 1, 2], 1))));
 * console.log(w.shape); // => [ 3 ]
 * ```
 */
export function independent<T extends Tensor, Offers extends string>(
  of: Distribution<T, Offers>,
  ranks = 1,
): Distribution<T, Extract<Offers, "reparam" | "reinforce" | "muProp" | "quadrature">> {
  checkDistribution("independent", of);
  checkInteger("independent", "the number of axes", ranks, 0);
  const family = joined(of.family, ranks);
  const objection = of.strategy?.objection(family);
  if (objection !== undefined)
    throw new ElbowError("strategy", {
      message: `${of.strategy?.name} was chosen for ${of.family.name}, but cannot stand inside independent: ${objection}`,
      hint: "Choose reparam or reinforce for the whole vector: reinforce(independent(d)).",
    });
  return { ...moveAxes(of.family.name, of, ranks), family, parameters: of.parameters, strategy: of.strategy };
}
