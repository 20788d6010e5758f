import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { emit, withSource } from "../ir/builder.js";
import { type SampleAttributes, type Support, samplePrimitive } from "../ir/site.js";
import { emitOnTensors, isTracing } from "../ir/tracing.js";
import { stopGradient } from "../ops/marks.js";
import { heldStrategy } from "../strategies/held.js";
import type { Source } from "../util/location.js";
import { formatShape, sameShape } from "../util/shapes.js";
import { type Choices, isTensor } from "./choices.js";
import { sitesSoFar } from "./siteLog.js";

/** The support of values that came out of a distribution, so that a guide's value is not scored where it cannot live. */
const supports = new WeakMap<Tensor, Support>();
/** Where values were drawn. */
const origins = new WeakMap<Tensor, Source>();

/** The line where a value was drawn, or the first that is known of nested values. */
export function originOf(value: Tensor | Choices): Source | undefined {
  if (isTensor(value)) return origins.get(value);
  for (const inner of Object.values(value ?? {})) {
    if (typeof inner !== "object" || inner === null) continue;
    const origin = originOf(inner);
    if (origin) return origin;
  }
  return undefined;
}

export const supportOf = (value: Tensor): Support | undefined => supports.get(value);

/** Draws a value: a `sample` equation while tracing, a real tensor otherwise. */
export function drawValue(
  address: string,
  distribution: Distribution<Tensor, never>,
  key: Tensor,
  source: Source,
): Tensor {
  const { family, parameters, batch, event, strategy } = distribution;
  const value = withSource(source, () => {
    if (!isTracing()) return tf.tidy(() => family.draw(parameters, key, batch));
    const parameterShapes = parameters.map((parameter) => parameter.shape);
    const attributes: SampleAttributes = { address, family, strategy, parameterShapes, batch, event };
    return emitOnTensors([key, ...parameters, ...(strategy?.operands ?? [])], (...inputs) =>
      emit(samplePrimitive, inputs, { ...attributes }),
    )[0]!;
  });
  supports.set(value, family.support);
  origins.set(value, source);
  return value;
}

/** Draws a value that no derivative goes through: it may reach costs in any way. */
export function drawHeld(...[address, distribution, key, source]: Parameters<typeof drawValue>): Tensor {
  const value = drawValue(address, { ...distribution, strategy: heldStrategy }, key, source);
  if (!isTracing()) return value;
  const held = withSource(source, () => stopGradient(value));
  supports.set(held, distribution.family.support);
  origins.set(held, source);
  return held;
}

/** @throws ElbowError unless a value has the shape and the support of its distribution */
export function checkValue(
  address: string,
  { family, batch, event }: Distribution<Tensor, never>,
  value: Tensor,
  source: Source,
): void {
  const expected = [...batch, ...event];
  if (!sameShape(value.shape, expected))
    throw new ElbowError("value-shape", {
      message: `the value at "${address}" does not have the shape of its distribution\n  expected: ${formatShape(expected)} (${family.name})\n  received: ${formatShape(value.shape)}${sitesSoFar()}`,
      hint: "Nothing is broadcast here: reshape the value, or give the distribution parameters of this shape.",
      at: { address, source: source.line },
    });
  const support = supportOf(value);
  if (support !== undefined && !isWithin(support, family.support))
    throw new ElbowError("support-mismatch", {
      message: `the value at "${address}" comes from another support than its distribution has\n  expected: ${family.support} (${family.name})\n  received: ${support}${sitesSoFar()}`,
      hint: "Let the guide sample from a distribution with the model's support.",
      at: { address, source: source.line },
    });
}

/** The log density of a value, of the batch shape, after checking that the value fits. */
export function scoreValue(
  address: string,
  distribution: Distribution<Tensor, never>,
  value: Tensor,
  source: Source,
): Tensor {
  checkValue(address, distribution, value, source);
  const { family, parameters } = distribution;
  return withSource(source, () => {
    const real = value.dtype === "float32" ? value : tf.cast(value, "float32");
    return family.logDensity(parameters, real);
  });
}

/** Whether values of one support may be scored under another: the same one; unspecific ones fit everywhere. */
function isWithin(inner: Support, outer: Support): boolean {
  return inner === outer || inner === "any" || outer === "any";
}
