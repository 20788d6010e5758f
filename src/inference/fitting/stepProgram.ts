import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { inline } from "../../ir/interpret.js";
import type { DType, Program, Type } from "../../ir/program.js";
import { emitOnTensors, trace } from "../../ir/tracing.js";
import { valueAndGrad } from "../../transforms/grad.js";
import { simplify, withoutDeadCode } from "../../transforms/simplify.js";
import { withStream } from "../../transforms/streams.js";
import { range } from "../../util/shapes.js";
import { type GradientTransform, globalNorm } from "../optimizers/clip.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { Prepared } from "../prepare.js";

/** What a step computes, apart from shapes. */
export interface StepRules {
  readonly optimizer: Optimizer;
  readonly direction: "maximize" | "minimize";
  readonly clip: GradientTransform | undefined;
}

/** How a step's data come from the tensors that it is given. Traced. */
export type SelectData = (inputs: readonly Tensor[], step: Tensor) => readonly Tensor[];

/** The types of everything that a step is given. */
export interface StepTypes {
  readonly parameters: readonly Type[];
  /** Per parameter. */
  readonly slots: readonly (readonly Type[])[];
  /** What the data are selected from. */
  readonly data: readonly Type[];
}

/**
 * One whole step of a fit as one program, so that an engine can run many of them in one call.
 *
 * Inputs: [carried…: parameters, slots, strategy states, step, sums (3) | root key, shift, data…]; outputs: the carried
 * ones. The sums are those of (objective − shift), of its square, and of the gradient's norm.
 */
export interface StepProgram {
  readonly program: Program;
  readonly carried: number;
  /** For looking into a step that failed. Same inputs; outputs: [objective, gradients…, parameters…]. */
  readonly diagnosis: Program;
}

export const sumCount = 3;
const scalar = (dtype: DType): Type => ({ shape: [], dtype });
const keyType: Type = { shape: [2], dtype: "int32" };

/** Joins estimator, gradient, clipping, optimizer and running sums into one program. */
export function buildStep(prepared: Prepared, types: StepTypes, rules: StepRules, select: SelectData): StepProgram {
  const { optimizer, direction, clip = (gradients) => gradients } = rules;
  const stateTypes = prepared.initialStates.map(() => scalar("float32"));
  const sumTypes = range(sumCount).map(() => scalar("float32"));
  const carriedTypes = [...types.parameters, ...types.slots.flat(), ...stateTypes, scalar("int32"), ...sumTypes];
  // the keys are the same at every step, which draws from its own stream
  const gradient = withStream(
    valueAndGrad(prepared.program, { wrt: range(prepared.parameterCount).map((i) => i + 1) }),
  );

  const whole = trace([...carriedTypes, keyType, scalar("float32"), ...types.data], (...inputs) => {
    const parameters = inputs.splice(0, types.parameters.length);
    const slots = types.slots.map((each) => inputs.splice(0, each.length));
    const states = inputs.splice(0, stateTypes.length);
    const [step, sum, sumOfSquares, sumOfNorms, rootKey, shift, ...given] = inputs as Seven;

    const operands = [rootKey, ...parameters, ...select(given, step), ...states, step];
    const [objective, ...rest] = emitOnTensors(operands, (...variables) => inline(gradient, variables));
    const nextStates = rest.splice(0, stateTypes.length);
    const norm = globalNorm(rest);
    const descent = clip(direction === "maximize" ? rest.map((each) => tf.neg(each)) : rest);
    const updates = parameters.map((parameter, i) =>
      optimizer.update({ parameter, gradient: descent[i]!, slots: slots[i]!, step }),
    );
    const moved = updates.map((update) => update.parameter);
    const difference = tf.sub(objective!, shift);
    return [
      ...moved,
      ...updates.flatMap((update) => update.slots),
      ...nextStates,
      tf.add(step, tf.scalar(1, "int32")),
      tf.add(sum, difference),
      tf.add(sumOfSquares, tf.square(difference)),
      tf.add(sumOfNorms, norm),
      objective!,
      ...rest,
    ];
  });

  const carried = carriedTypes.length;
  const simple = simplify(whole);
  const outputs = simple.outputs.slice(0, carried);
  return {
    program: withoutDeadCode({ ...simple, outputs }),
    carried,
    diagnosis: { ...simple, outputs: [...simple.outputs.slice(carried), ...outputs.slice(0, types.parameters.length)] },
  };
}

type Seven = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, ...Tensor[]];
