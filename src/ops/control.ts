// Loops and branches on tensors: recorded as one equation while tracing, executed step by step otherwise.

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { build, withSource } from "../ir/builder.js";
import { checkTensor, checkTensors } from "../ir/checkTensor.js";
import { inline } from "../ir/interpret.js";
import type { DType, Type, Variable } from "../ir/program.js";
import { emitOnTensors, isTracing, type Traced, tensorOf, traceInner } from "../ir/tracing.js";
import { cond as emitCond } from "../transforms/cond.js";
import { scan as emitScan } from "../transforms/scan.js";
import { checkFunction, checkObject } from "../util/expected.js";
import type { Source } from "../util/location.js";
import { checkOptionNames } from "../util/options.js";
import { range } from "../util/shapes.js";

/** One step of a loop on lists of tensors. */
export type Step = (
  carry: readonly Tensor[],
  elements: readonly Tensor[],
) => { carry: readonly Tensor[]; outputs: readonly Tensor[] };

export interface LoopOptions {
  /** Number of steps; needed where there is no sequence. */
  readonly length?: number;
  /** Whether the sequences are walked from last to first. @defaultValue false */
  readonly reverse?: boolean;
  /** Whether every step is executed on its own, also where it could be recorded once for all. @defaultValue false */
  readonly isUnrolled?: boolean;
  /** The user's line that asks for the loop. @defaultValue where this function is called */
  readonly source?: Source;
}

const typeOfTensor = ({ shape, dtype }: Tensor): Type => ({ shape, dtype: dtype as DType });

/**
 * Runs a step over the first axis of sequences, handing a carry on. Inside a traced function it is one equation, and
 * differentiable to any order. For steps that make random choices use `scan`.
 *
 * @param initial - the first carry; a step must return it with the same shapes
 * @param sequences - tensors of the same first size, or none with `length`
 * @returns the last carry, and the outputs of all steps stacked along a new first axis
 * @throws ElbowError "scan-length", "scan-carry"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { loop } from "elbow";
 * const sums = loop(([total], [x]) => ({ carry: [total.add(x)], outputs: [total] }), [tf.scalar(0)], [tf.tensor1d([1, 2, 3])]);
 * console.log(sums.carry[0].dataSync()[0], sums.outputs[0].arraySync()); // => 6 [ 0, 1, 3 ]
 * ```
 */
export function loop(
  step: Step,
  initial: readonly Tensor[],
  sequences: readonly Tensor[],
  options: LoopOptions = {},
): { carry: Tensor[]; outputs: Tensor[] } {
  checkFunction("loop", "the step", step, "Write (carry, elements) => ({ carry: […], outputs: […] }).");
  checkTensors("loop", "the first carry", initial);
  checkTensors("loop", "the sequences", sequences);
  checkOptionNames("loop", options, ["length", "reverse", "isUnrolled", "source"]);
  const { length = sequences[0]?.shape[0], reverse = false, isUnrolled = false, source } = options;
  if (length === undefined || sequences.some((sequence) => sequence.shape[0] !== length))
    throw new ElbowError("scan-length", {
      message: `the sequences of a scan differ in length: ${sequences.map((sequence) => `[${sequence.shape}]`).join(", ") || "there are none"}`,
      hint: "Every sequence needs the number of steps as its first axis; without sequences give the number of steps.",
    });
  if (!isTracing() || isUnrolled) return eagerLoop(checkedStep(step), initial, sequences, length, reverse);
  const elements = sequences.map(({ shape, dtype }): Type => ({ shape: shape.slice(1), dtype: dtype as DType }));
  const { program, captured } = traceInner([...initial.map(typeOfTensor), ...elements], (...inputs) => {
    const { carry, outputs } = checkedStep(step)(inputs.slice(0, initial.length), inputs.slice(initial.length));
    return [...carry, ...outputs];
  });
  const outer = captured.map(tensorOf);
  const attributes = { body: program, constants: captured.length, carries: initial.length, length, reverse };
  const results = withSource(source, () =>
    emitOnTensors([...outer, ...initial, ...sequences], (...inputs) => emitScan(inputs, attributes)),
  );
  return { carry: results.slice(0, initial.length), outputs: results.slice(initial.length) };
}

/** @throws ElbowError "argument" unless the step returns a carry and outputs */
const checkedStep =
  (step: Step): Step =>
  (carry, elements) => {
    const result = step(carry, elements);
    const hint = "Write (carry, elements) => ({ carry: […], outputs: […] }).";
    checkObject("loop", "what the step returns", result, ["carry", "outputs"], hint);
    checkTensors("loop", "the carry that the step returns", result.carry);
    checkTensors("loop", "the outputs that the step returns", result.outputs);
    return result;
  };

function eagerLoop(
  step: Step,
  initial: readonly Tensor[],
  sequences: readonly Tensor[],
  length: number,
  reverse: boolean,
) {
  const outputs: (readonly Tensor[])[] = [];
  let carry = initial;
  for (const t of reverse ? range(length).toReversed() : range(length)) {
    const result = step(
      carry,
      sequences.map((sequence) => tf.squeeze(tf.slice(sequence, t, 1), [0])),
    );
    carry = result.carry;
    outputs[t] = result.outputs;
  }
  return { carry: [...carry], outputs: (outputs[0] ?? []).map((_, i) => tf.stack(outputs.map((each) => each[i]!))) };
}

/**
 * Runs one of two functions. Both must return tensors of the same types. Inside a traced function it is one equation. For
 * programs with random choices use `cond`.
 *
 * @param predicate - a boolean scalar
 * @throws ElbowError "cond-branches", "cond-predicate"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { branch } from "elbow";
 * const x = tf.scalar(3);
 * const [y] = branch(x.greater(0), () => [x.sqrt()], () => [tf.scalar(0)]);
 * console.log(y.dataSync()[0].toFixed(3)); // => 1.732
 * ```
 */
export function branch(
  predicate: Tensor,
  whenTrue: () => readonly Tensor[],
  whenFalse: () => readonly Tensor[],
  source?: Source,
): Tensor[] {
  checkTensor("branch", "the predicate", predicate);
  for (const [what, side] of [
    ["what runs when true", whenTrue],
    ["what runs when false", whenFalse],
  ] as const)
    checkFunction("branch", what, side, "Write branch(x.greater(0), () => [x], () => [y]).");
  const [ifTrue, ifFalse] = [whenTrue, whenFalse].map((side) => () => {
    const results = side();
    checkTensors("branch", "what a side returns", results);
    return results;
  }) as [() => readonly Tensor[], () => readonly Tensor[]];
  if (!isTracing()) return [...(predicate.dataSync()[0] ? ifTrue() : ifFalse())];
  const first = traceInner([], ifTrue);
  const second = traceInner([], ifFalse);
  const operands = [...new Set([...first.captured, ...second.captured])];
  const over = ({ program, captured }: Traced) =>
    build(operands, (...inputs) =>
      inline(
        program,
        captured.map((each): Variable => inputs[operands.indexOf(each)]!),
      ),
    );
  const test = predicate.dtype === "bool" ? predicate : tf.cast(predicate, "bool");
  return withSource(source, () =>
    emitOnTensors([test, ...operands.map(tensorOf)], (predicateVariable, ...rest) =>
      emitCond(predicateVariable!, rest, { whenTrue: over(first), whenFalse: over(second) }),
    ),
  );
}
