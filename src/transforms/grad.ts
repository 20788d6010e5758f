import { ElbowError } from "../errors.js";
import { build, builder, withSource } from "../ir/builder.js";
import { checkRecorded } from "../ir/checkRecorded.js";
import { interpret, restateConstant } from "../ir/interpret.js";
import type { Applied, MaybeZero, Primitive } from "../ir/primitive.js";
import { broadcastTo } from "../ir/primitives/axes.js";
import { add } from "../ir/primitives/elementwise.js";
import { assumeContinuous, stopGradient } from "../ir/primitives/marks.js";
import type { Program, Variable } from "../ir/program.js";
import type { Source } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { formatShape, sizeOf } from "../util/shapes.js";

/** A value, and whether it depends on the inputs that are differentiated. */
interface Tracked {
  readonly primal: Variable;
  /** Whether a cotangent passes. */
  readonly isActive: boolean;
  /** Whether it depends on them at all, also where something in between cuts the cotangent. */
  readonly isReached: boolean;
}

/**
 * One equation on the tape: all that its vjp needs. Cotangents belong to the tracked values, since a builder that simplifies
 * may give one variable to two of them: x − stopGradient(x) and y − stopGradient(y) are both zero.
 */
interface Step {
  readonly primitive: Primitive;
  readonly applied: Applied;
  readonly operands: readonly Tracked[];
  readonly results: readonly Tracked[];
  readonly source: Source | undefined;
}

/**
 * Reverse-mode differentiation: emits the program into the current builder and returns its outputs with the pullback,
 * which emits the cotangents of the inputs from those of the outputs. Inputs that are not active get no cotangent.
 *
 * @param isLast - whether the result will not be differentiated again: marks for derivatives are then left out
 */
export function vjpInto(
  program: Program,
  primals: readonly Variable[],
  isActive: readonly boolean[] = primals.map((primal) => primal.dtype === "float32"),
  isLast = false,
): { outputs: Variable[]; pullback: (cotangents: readonly MaybeZero[]) => MaybeZero[] } {
  const tape: Step[] = [];
  const inputs = primals.map((primal, i): Tracked => ({ primal, isActive: isActive[i]!, isReached: isActive[i]! }));
  const { outputs } = interpret<Tracked>(
    program,
    inputs,
    (constant) => ({ primal: restateConstant(constant), isActive: false, isReached: false }),
    ({ primitive, attributes, source }, operands) => {
      const isReached = operands.some((operand) => operand.isReached);
      if (isLast && primitive === stopGradient.primitive)
        return [{ primal: operands[0]!.primal, isActive: false, isReached }];
      if (isLast && primitive === assumeContinuous.primitive) return operands;
      const variables = operands.map((operand) => operand.primal);
      // what counts differentiations is asked even where all that it depends on is cut off
      if (!operands.some((operand) => operand.isActive) && !(primitive.limitsOrder && isReached))
        return builder()
          .emit(primitive, variables, attributes)
          .map((primal) => ({ primal, isActive: false, isReached }));
      const { outputs: found, residuals } = primitive.forward?.(variables, attributes) ?? {
        outputs: builder().emit(primitive, variables, attributes),
        residuals: [],
      };
      const isNeeded = operands.map((operand) => operand.isActive);
      const applied = { inputs: variables, outputs: found, attributes, residuals, isNeeded };
      const results = found.map((primal) => ({ primal, isActive: primal.dtype === "float32", isReached }));
      tape.push({ primitive, applied, operands, results, source });
      return results;
    },
  );
  const pullback = (cotangents: readonly MaybeZero[]): MaybeZero[] => {
    const total = new Map<Tracked, Variable>();
    const accumulate = (target: Tracked, cotangent: MaybeZero) => {
      if (!target.isActive || !cotangent) return;
      const sum = total.get(target);
      total.set(target, sum ? add(sum, cotangent) : cotangent);
    };
    outputs.forEach((output, i) => {
      accumulate(output, cotangents[i]);
    });
    for (const { primitive, applied, operands, results, source } of tape.toReversed()) {
      const received = results.map((result) => total.get(result));
      if (received.every((each) => each === undefined)) continue;
      withSource(source, () => {
        const passed = primitive.vjp(applied, received);
        operands.forEach((operand, i) => {
          accumulate(operand, passed[i]);
        });
      });
    }
    return inputs.map((input) => total.get(input));
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
  checkRecorded("valueAndGrad", program);
  checkOptionNames("valueAndGrad", options, ["wrt"]);
  const { wrt = program.inputs.flatMap((input, i) => (input.dtype === "float32" ? [i] : [])) } = options;
  const [value] = program.outputs;
  if (!value || sizeOf(value.shape) !== 1 || value.dtype !== "float32")
    throw new ElbowError("grad-of-non-scalar", {
      message: `the gradient needs a real scalar, and the program returns ${value ? `${value.dtype}${formatShape(value.shape)}` : "nothing"}`,
      hint: "Sum or average the result.",
    });
  return build(program.inputs, (...inputs) => valueAndGradInto(program, inputs, wrt));
}

/** Emits what {@link valueAndGrad} computes into the current builder. */
export function valueAndGradInto(
  program: Program,
  inputs: readonly Variable[],
  wrt: readonly number[],
  isLast = false,
): readonly Variable[] {
  const isActive = inputs.map((_, i) => wrt.includes(i));
  const { outputs, pullback } = vjpInto(program, inputs, isActive, isLast);
  const gradients = pullback([broadcastTo(builder().scalar(1, "float32"), program.outputs[0]!.shape)]);
  return [...outputs, ...wrt.map((i) => gradients[i] ?? zerosLike(inputs[i]!))];
}
