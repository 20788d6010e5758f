import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { builder, withSource } from "../../ir/builder.js";
import { inline } from "../../ir/interpret.js";
import type { MaybeZero } from "../../ir/primitive.js";
import { neg, square, sub } from "../../ir/primitives/arithmetic.js";
import { reduceSum } from "../../ir/primitives/axes.js";
import { add } from "../../ir/primitives/elementwise.js";
import { sqrt } from "../../ir/primitives/exponential.js";
import { type DType, type Program, type Type, typeOf, type Variable } from "../../ir/program.js";
import { trace } from "../../ir/tracing.js";
import { withoutDeadCode } from "../../transforms/deadCode.js";
import { vjpInto, zerosLike } from "../../transforms/grad.js";
import { buildSimple } from "../../transforms/simplify.js";
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
    const { outputs, pullback } = vjpInto(
      estimator,
      operands,
      operands.map((_, i) => differentiated.includes(i)),
      true,
    );
    const gradientOf = (output: number): MaybeZero[] => {
      const cotangents = pullback(outputs.map((_, i) => (i === output ? builder().scalar(1, "float32") : undefined)));
      return differentiated.map((i) => cotangents[i]);
    };
    const [objective, ...nextStates] = outputs;
    if (prepared.hasAuxiliaryLoss) nextStates.pop();
    const reached = gradientOf(0);
    const trained = prepared.hasAuxiliaryLoss ? auxiliaryOnly(gradientOf(outputs.length - 1), reached) : [];
    const gradients = parameters.map((parameter, i) => reached[i] ?? trained[i] ?? zerosLike(parameter));
    // each of the two is clipped as if it stood alone
    const clipped = (of: readonly MaybeZero[]): Variable[] => {
      const all = parameters.map((parameter, i) => of[i] ?? zerosLike(parameter));
      return clip ? inlineTraced(all, (...each) => clip(each)) : all;
    };
    const descent = clipped(reached.map((each) => each && (direction === "maximize" ? neg(each) : each)));
    const training = prepared.hasAuxiliaryLoss ? clipped(trained) : [];
    const update = updater(optimizer);
    const updates = parameters.map((parameter, i) =>
      update(parameter, trained[i] ? training[i]! : descent[i]!, step, slots[i]!),
    );
    const difference = sub(objective!, shift);
    return [
      ...updates.map(([parameter]) => parameter!),
      ...updates.flatMap(([, ...next]) => next),
      ...nextStates,
      add(step, 1),
      add(sum, difference),
      add(sumOfSquares, square(difference)),
      add(sumOfNorms, norm(parameters.map((parameter, i) => reached[i] ?? zerosLike(parameter)))),
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

/**
 * The gradient of the auxiliary loss in the parameters that the objective's own gradient does not reach: it must not
 * change where those go that it does reach.
 */
function auxiliaryOnly(auxiliary: readonly MaybeZero[], reached: readonly MaybeZero[]): MaybeZero[] {
  const own = auxiliary.map((gradient, i) => (reached[i] ? undefined : gradient));
  if (own.some((gradient) => gradient)) return own;
  throw new ElbowError("learned-baseline", {
    message: auxiliary.some((gradient) => gradient)
      ? "a learned baseline has no parameters of its own: the objective reaches all that it is computed from"
      : "a learned baseline does not depend on any parameter, so that there is nothing to learn",
    hint: "Compute it from parameters of its own, beside those of the objective, or pass it as a fixed baseline.",
  });
}

/** Records a function of tensors, which may be the user's own. */
const record = (types: readonly Type[], body: Parameters<typeof trace>[1]): Program =>
  withSource(undefined, () => trace(types, body));

/** Records a function of tensors and emits what it does with these variables. */
const inlineTraced = (inputs: readonly Variable[], body: Parameters<typeof trace>[1]): Variable[] =>
  inline(record(inputs.map(typeOf), body), inputs);

/**
 * Emits an optimizer's update, recorded once for parameters of the same type, or as that of a scalar for all of them. Gives
 * [parameter, slots…].
 */
function updater({ update, isElementwise = false }: Optimizer) {
  const recorded = new Map<string, Program>();
  return (parameter: Variable, gradient: Variable, step: Variable, slots: readonly Variable[]): Variable[] => {
    const inputs = [parameter, gradient, step, ...slots];
    const recordFor = (types: readonly Type[]): Program => {
      const key = types.map(({ shape, dtype }) => `${dtype}[${shape}]`).join();
      const program = recorded.get(key) ?? record(types, apply);
      recorded.set(key, program);
      return program;
    };
    const ofScalars = isElementwise ? recordFor(inputs.map(({ dtype }) => scalar(dtype))) : undefined;
    const isForAll = ofScalars?.equations.every(({ primitive }) => primitive.isElementwise);
    return inline(isForAll ? ofScalars! : recordFor(inputs.map(typeOf)), inputs);
  };

  function apply(...tensors: Tensor[]): readonly Tensor[] {
    const [parameter, gradient, step, ...slots] = tensors as [Tensor, Tensor, Tensor, ...Tensor[]];
    const next = update({ parameter, gradient, slots, step });
    return [next.parameter, ...next.slots];
  }
}

/** The Euclidean norm of all gradients together. */
const norm = (gradients: readonly Variable[]): Variable =>
  sqrt(gradients.map((gradient) => reduceSum(square(gradient))).reduce((sum, each) => add(sum, each)));
