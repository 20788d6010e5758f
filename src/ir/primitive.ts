import type { Applied, AxisMap, AxisPlace, MaybeZero, NDArray, Primitive } from "./program.js";

export type { Applied, AxisMap, AxisPlace, MaybeZero, NDArray, Primitive };

/** A primitive may be given by its essential rules; the rest has sound defaults. */
export type PrimitiveRules = Pick<Primitive, "name" | "infer" | "evaluate" | "batch"> & Partial<Primitive>;

/** Derivative rule of operations without one: piecewise constant ones. */
const zeros = (count: number): MaybeZero[] => new Array<MaybeZero>(count).fill(undefined);

/** Completes a primitive: zero derivatives, mixed axes, discontinuous, not linear, pure, host-evaluated unless stated. */
export function primitive(rules: PrimitiveRules): Primitive {
  return {
    jvp: ({ outputs }) => zeros(outputs.length),
    vjp: ({ inputs }) => zeros(inputs.length),
    axes: (inputs, _, outputs) => outputs.map(() => inputs.map((input) => input.shape.map(() => null))),
    isContinuousIn: () => false,
    linearIn: [],
    isElementwise: false,
    isRandom: false,
    isPure: true,
    ...rules,
  };
}

/** A function that emits an operation, with the operation itself. */
export type Operation<F> = F & { readonly primitive: Primitive };

export const operation = <F extends object>(emitter: F, primitive: Primitive): Operation<F> =>
  Object.assign(emitter, { primitive });
