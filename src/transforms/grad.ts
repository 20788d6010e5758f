import { ElbowError } from "../errors.js";
import { build, builder, withSource } from "../ir/builder.js";
import { interpret, restateConstant } from "../ir/interpret.js";
import type { Applied, MaybeZero, Primitive } from "../ir/primitive.js";
import { broadcastTo } from "../ir/primitives/axes.js";
import { add } from "../ir/primitives/elementwise.js";
import type { Program, Variable } from "../ir/program.js";
import type { Source } from "../util/location.js";
import { formatShape, sizeOf } from "../util/shapes.js";

/** One equation on the tape: all that its vjp needs. */
interface Step {
  readonly primitive: Primitive;
  readonly applied: Applied;
  readonly source: Source | undefined;
}

/** A value, and whether it depends on the inputs that are differentiated. */
interface Tracked {
  readonly primal: Variable;
  readonly isActive: boolean;
}

/**
 * Reverse-mode differentiation: emits the program into the current builder and returns its outputs with the pullback,
 * which emits the cotangents of the inputs from those of the outputs. Inputs that are not active get no cotangent.
 */
export function vjpInto(
  program: Program,
  primals: readonly Variable[],
  isActive: readonly boolean[] = primals.map((primal) => primal.dtype === "float32"),
): { outputs: Variable[]; pullback: (cotangents: readonly MaybeZero[]) => MaybeZero[] } {
  const tape: Step[] = [];
  const { outputs } = interpret<Tracked>(
    program,
    primals.map((primal, i) => ({ primal, isActive: isActive[i]! })),
    (constant) => ({ primal: restateConstant(constant), isActive: false }),
    ({ primitive, attributes, source }, operands) => {
      const inputs = operands.map((operand) => operand.primal);
      if (!operands.some((operand) => operand.isActive))
        return builder()
          .emit(primitive, inputs, attributes)
          .map((primal) => ({ primal, isActive: false }));
      const { outputs: results, residuals } = primitive.forward?.(inputs, attributes) ?? {
        outputs: builder().emit(primitive, inputs, attributes),
        residuals: [],
      };
      const isNeeded = operands.map((operand) => operand.isActive);
      tape.push({ primitive, applied: { inputs, outputs: results, attributes, residuals, isNeeded }, source });
      return results.map((primal) => ({ primal, isActive: primal.dtype === "float32" }));
    },
  );
  const pullback = (cotangents: readonly MaybeZero[]): MaybeZero[] => {
    const total = new Map<Variable, Variable>();
    const accumulate = (target: Variable, cotangent: Variable) => {
      const sum = total.get(target);
      total.set(target, sum ? add(sum, cotangent) : cotangent);
    };
    outputs.forEach(({ primal, isActive: active }, i) => {
      if (active && cotangents[i]) accumulate(primal, cotangents[i]);
    });
    for (const { primitive, applied, source } of tape.toReversed()) {
      const received = applied.outputs.map((output) => total.get(output));
      if (received.every((each) => each === undefined)) continue;
      withSource(source, () => {
        const passed = primitive.vjp(applied, received);
        applied.inputs.forEach((input, i) => {
          if (applied.isNeeded[i] && passed[i]) accumulate(input, passed[i]);
        });
      });
    }
    return primals.map((primal, i) => (isActive[i] ? total.get(primal) : undefined));
  };
  return { outputs: outputs.map((output) => output.primal), pullback };
}

/** Zeros of a variable's type. */
export const zerosLike = ({ shape, dtype }: Variable): Variable => broadcastTo(builder().scalar(0, dtype), shape);

/** Which inputs to differentiate in. */
export interface GradOptions {
  /** Positions of the inputs to differentiate in. @defaultValue all float32 inputs */
  readonly wrt?: readonly number[];
}

/**
 * The program that computes all outputs of `program` and then the gradient of the first one, which must be a scalar,
 * one tensor per differentiated input. Applying it to its own result gives higher derivatives.
 */
export function valueAndGrad(program: Program, options: GradOptions = {}): Program {
  const { wrt = program.inputs.flatMap((input, i) => (input.dtype === "float32" ? [i] : [])) } = options;
  const [value] = program.outputs;
  if (!value || sizeOf(value.shape) !== 1 || value.dtype !== "float32")
    throw new ElbowError("grad-of-non-scalar", {
      message: `the gradient needs a real scalar, and the program returns ${value ? `${value.dtype}${formatShape(value.shape)}` : "nothing"}`,
      hint: "Sum or average the result.",
    });
  return build(program.inputs, (...inputs) => {
    const { outputs, pullback } = vjpInto(
      program,
      inputs,
      inputs.map((_, i) => wrt.includes(i)),
    );
    const one = broadcastTo(builder().scalar(1, "float32"), value.shape);
    const gradients = pullback([one]);
    return [...outputs, ...wrt.map((i) => gradients[i] ?? zerosLike(inputs[i]!))];
  });
}
