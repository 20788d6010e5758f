import type { Tensor } from "@tensorflow/tfjs-core";
import { inline } from "../../ir/interpret.js";
import { neg, square, sub } from "../../ir/primitives/arithmetic.js";
import { reduceSum } from "../../ir/primitives/axes.js";
import { add } from "../../ir/primitives/elementwise.js";
import { sqrt } from "../../ir/primitives/exponential.js";
import { type DType, type Program, type Type, typeOf, type Variable } from "../../ir/program.js";
import { trace } from "../../ir/tracing.js";
import { valueAndGradInto } from "../../transforms/grad.js";
import { buildSimple, withoutDeadCode } from "../../transforms/simplify.js";
import { withStream } from "../../transforms/streams.js";
import { range } from "../../util/shapes.js";
import type { GradientTransform } from "../optimizers/clip.js";
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
  const { optimizer, direction, clip } = rules;
  const stateTypes = prepared.initialStates.map(() => scalar("float32"));
  const sumTypes = range(sumCount).map(() => scalar("float32"));
  const carriedTypes = [...types.parameters, ...types.slots.flat(), ...stateTypes, scalar("int32"), ...sumTypes];
  // the keys are the same at every step, which draws from its own stream
  const estimator = withStream(prepared.program);
  const differentiated = range(prepared.parameterCount).map((i) => i + 1);

  const simple = buildSimple([...carriedTypes, keyType, scalar("float32"), ...types.data], (...inputs) => {
    const parameters = inputs.splice(0, types.parameters.length);
    const slots = types.slots.map((each) => inputs.splice(0, each.length));
    const states = inputs.splice(0, stateTypes.length);
    const [step, sum, sumOfSquares, sumOfNorms, rootKey, shift, ...given] = inputs as Seven;

    const data = inlineTraced([...given, step], (...tensors) => select(tensors.slice(0, -1), tensors.at(-1)!));
    const operands = [rootKey, ...parameters, ...data, ...states, step];
    const [objective, ...gradients] = valueAndGradInto(estimator, operands, differentiated, true);
    const nextStates = gradients.splice(0, stateTypes.length);
    const descent = direction === "maximize" ? gradients.map((each) => neg(each)) : gradients;
    const update = updater(optimizer);
    const updates = (clip ? inlineTraced(descent, (...each) => clip(each)) : descent).map((gradient, i) =>
      update(parameters[i]!, gradient, step, slots[i]!),
    );
    const difference = sub(objective!, shift);
    return [
      ...updates.map(([parameter]) => parameter!),
      ...updates.flatMap(([, ...next]) => next),
      ...nextStates,
      add(step, 1),
      add(sum, difference),
      add(sumOfSquares, square(difference)),
      add(sumOfNorms, norm(gradients)),
      objective!,
      ...gradients,
    ];
  });

  const carried = carriedTypes.length;
  const outputs = simple.outputs.slice(0, carried);
  return {
    program: withoutDeadCode({ ...simple, outputs }),
    carried,
    diagnosis: { ...simple, outputs: [...simple.outputs.slice(carried), ...outputs.slice(0, types.parameters.length)] },
  };
}

type Seven = [Variable, Variable, Variable, Variable, Variable, Variable, ...Variable[]];

/** Records a function of tensors and emits what it does with these variables. */
const inlineTraced = (inputs: readonly Variable[], body: Parameters<typeof trace>[1]): Variable[] =>
  inline(trace(inputs.map(typeOf), body), inputs);

/** Emits an optimizer's update, recorded once for parameters of the same type. Gives [parameter, slots…]. */
function updater({ update }: Optimizer) {
  const recorded = new Map<string, Program>();
  return (parameter: Variable, gradient: Variable, step: Variable, slots: readonly Variable[]): Variable[] => {
    const inputs = [parameter, gradient, step, ...slots];
    const key = [parameter, ...slots].map(({ shape, dtype }) => `${dtype}[${shape}]`).join();
    const record = () =>
      trace(inputs.map(typeOf), (...tensors) => {
        const [at, slope, steps, ...rest] = tensors as [Tensor, Tensor, Tensor, ...Tensor[]];
        const next = update({ parameter: at, gradient: slope, slots: rest, step: steps });
        return [next.parameter, ...next.slots];
      });
    const program = recorded.get(key) ?? record();
    recorded.set(key, program);
    return inline(program, inputs);
  };
}

/** The Euclidean norm of all gradients together. */
const norm = (gradients: readonly Variable[]): Variable =>
  sqrt(gradients.map((gradient) => reduceSum(square(gradient))).reduce((sum, each) => add(sum, each)));
