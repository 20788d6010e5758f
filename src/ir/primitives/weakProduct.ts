// The product that measure-valued estimates are made of, which knows how often it may be differentiated.
import { ElbowError } from "../../errors.js";
import { builder, emitOne } from "../builder.js";
import { type MaybeZero, operation, type Primitive, primitive } from "../primitive.js";
import type { Attributes, Variable } from "../program.js";
import { broadcastTo, sumTo } from "./axes.js";
import { alignOwnRanks, elementwise, mul } from "./elementwise.js";
import { mulLoop } from "./loops.js";

/** Attributes of {@link weakProduct}. */
export interface WeakProductAttributes {
  /** How often it may still be differentiated. */
  readonly remaining: number;
  /** What a person reads who differentiates once more. */
  readonly message: string;
}

const frame = elementwise({
  name: "weakProduct",
  evaluate: (w, c) => w * c,
  loop: mulLoop,
  tfjs: "Multiply",
  continuousIn: () => true,
});

function lowered(attributes: Attributes): Attributes {
  const { remaining, message } = attributes as WeakProductAttributes;
  if (remaining <= 0)
    throw new ElbowError("derivative-order", {
      message,
      hint: "Take a strategy that may be differentiated as often as you like, enumerate, reinforce or reparam, or first derivatives alone.",
    });
  return { remaining: remaining - 1, message };
}

const zero = (like: Variable): Variable => broadcastTo(builder().scalar(0, like.dtype), like.shape);

/**
 * w·c for a weight w that is zero in value: its derivative dw·c estimates a derivative of c's distribution. It is exact
 * to a stated order only, so whatever is derived from it is again such a product with one order less, and an error at
 * the end. d(w·c) = dw·c
 */
const weakProductPrimitive: Primitive = primitive({
  ...frame,
  limitsOrder: true,
  jvp: ({ inputs: [weight, cost], outputs: [out], attributes }, [tangent]) => {
    // a weight that does not move stays as a factor of 0, so that a derivative of it in something else is refused
    const next = { ...lowered(attributes), isIdle: tangent === undefined };
    return [broadcastTo(emitOne(weakProductPrimitive, [tangent ?? mul(weight!, 0), cost!], next), out!.shape)];
  },
  vjp: ({ inputs: [weight, cost], attributes, isNeeded }, [ct]): MaybeZero[] => {
    // an idle weight that no cotangent reaches belongs to parameters that are fixed in every lane: nothing is missing
    if (!ct || (attributes.isIdle && !isNeeded[0] && !isNeeded[1])) return [undefined, undefined];
    const next = lowered(attributes);
    const toWeight = isNeeded[0] ? sumTo(emitOne(weakProductPrimitive, [ct, cost!], next), weight!.shape) : undefined;
    // w·ct is zero, but not its derivative in w: it is kept, so that a mixed second derivative is refused too
    const one = broadcastTo(builder().scalar(1, "float32"), cost!.shape);
    const toCost = isNeeded[1]
      ? sumTo(emitOne(weakProductPrimitive, [mul(ct, weight!), one], next), cost!.shape)
      : undefined;
    return [toWeight, toCost];
  },
  batch: (inputs, attributes, rank) => [emitOne(weakProductPrimitive, alignOwnRanks(inputs, rank), attributes)],
  // a weight that is constantly zero belongs to a parameter that does not move
  simplify: ({ inputs: [weight], outputs: [out] }, elementsOf) =>
    elementsOf(weight!)?.every((each) => each === 0) ? [zero(out!)] : undefined,
});

export const weakProduct = operation(
  (weight: Variable, cost: Variable, { remaining, message }: WeakProductAttributes): Variable =>
    emitOne(weakProductPrimitive, [weight, cost], { remaining, message }),
  weakProductPrimitive,
);
