import { builder } from "../ir/builder.js";
import { interpret, restateConstant } from "../ir/interpret.js";
import type { MaybeZero } from "../ir/primitive.js";
import type { Program, Variable } from "../ir/program.js";

/** A value with its tangent. */
interface Dual {
  readonly primal: Variable;
  readonly tangent: MaybeZero;
  /** Whether it is computed from a differentiated input at all, be it through operations that cut the derivative. */
  readonly isActive: boolean;
}

/**
 * Forward-mode differentiation: emits the program on dual values into the current builder.
 * The emitted equations are ordinary ones, so it can be applied again for derivatives of any order.
 */
export function jvpInto(
  program: Program,
  primals: readonly Variable[],
  tangents: readonly MaybeZero[],
): { outputs: Variable[]; tangents: MaybeZero[] } {
  const { outputs } = interpret<Dual>(
    program,
    primals.map((primal, i) => ({ primal, tangent: tangents[i], isActive: tangents[i] !== undefined })),
    (constant) => ({ primal: restateConstant(constant), tangent: undefined, isActive: false }),
    ({ primitive, attributes }, duals) => {
      const inputs = duals.map((dual) => dual.primal);
      const isActive = duals.some((dual) => dual.isActive);
      const results = builder().emit(primitive, inputs, attributes);
      const isMoving = duals.some((dual) => dual.tangent !== undefined) || (primitive.limitsOrder && isActive);
      if (!isMoving) return results.map((primal) => ({ primal, tangent: undefined, isActive }));
      const applied = { inputs, outputs: results, attributes, residuals: [], isNeeded: inputs.map(() => true) };
      const found = primitive.jvp(
        applied,
        duals.map((dual) => dual.tangent),
      );
      return results.map((primal, i) => ({
        primal,
        tangent: primal.dtype === "float32" ? found[i] : undefined,
        isActive,
      }));
    },
  );
  return { outputs: outputs.map((dual) => dual.primal), tangents: outputs.map((dual) => dual.tangent) };
}
