import type * as tf from "@tensorflow/tfjs-core";
import type { ScanAttributes } from "../../ir/control.js";
import { type Plan, planOf, type Step } from "../plan.js";
import type { Reading } from "../reading.js";
import { Cell, onHost, readAll } from "./cell.js";
import { failed, type Lowering, lower, lowerFirst, type Rule } from "./lowering.js";
import { type Rules, rulesOf } from "./rules.js";
import { runScan } from "./scan.js";

/** A plan with what one executable learns and keeps: its constants' tensors and how each tfjs rule is run. */
export interface Prepared {
  readonly plan: Plan;
  readonly constants: readonly Cell[];
  /** By step. */
  readonly lowerings: Lowering[];
  /** By step: the backend's rule, if it has one. */
  readonly rules: readonly (Rule | undefined)[];
  /** By step: the programs inside it. */
  readonly inner: readonly (readonly Prepared[])[];
}

function prepare(plan: Plan, rules: Rules): Prepared {
  return {
    plan,
    rules: plan.steps.map(({ equation }) => rules.ruleOf(equation.primitive)),
    constants: plan.program.constants.map(({ variable, elements }) => onHost(variable, elements, "executable")),
    lowerings: plan.steps.map(({ equation }) => (rules.isInexact?.(equation) ? "host" : "unknown")),
    inner: plan.steps.map((step) => step.inner.map((each) => prepare(each, rules))),
  };
}

/** Prepares a program for a backend. */
export function prepareProgram(program: Plan["program"], backend: string): Prepared {
  const rules = rulesOf(backend);
  return prepare(planOf(program, rules.hasRule), rules);
}

/** Frees the constants' tensors; the next run uploads them again. */
export function disposePrepared({ constants, inner }: Prepared): void {
  for (const constant of constants) {
    constant.tensor?.dispose();
    constant.tensor = undefined;
  }
  inner.flat().forEach(disposePrepared);
}

/** Runs a plan on inputs that stay the caller's; the results are the caller's to release. */
export function* execute(prepared: Prepared, inputs: readonly Cell[]): Reading<Cell[]> {
  const { plan, constants } = prepared;
  const cells = new Array<Cell | undefined>(plan.slots);
  for (let i = 0; i < inputs.length; i++) cells[i] = inputs[i];
  for (let i = 0; i < constants.length; i++) cells[inputs.length + i] = constants[i];
  try {
    for (let at = 0; at < plan.steps.length; at++) {
      const step = plan.steps[at]!;
      const operands = step.inputs.map((slot) => cells[slot]!);
      const results =
        (step.kind === "device" ? runOnDevice(prepared, at, operands) : undefined) ??
        (yield* runOtherwise(prepared, at, operands));
      for (let i = 0; i < results.length; i++) cells[step.outputs[i]!] = results[i];
      for (const slot of step.dead) {
        cells[slot]!.release();
        cells[slot] = undefined;
      }
    }
    return plan.outputs.map((slot) => cells[slot]!.retain());
  } finally {
    for (let slot = plan.firstIntermediate; slot < cells.length; slot++) cells[slot]?.release();
  }
}

/** Runs an equation's rule, or gives undefined if this backend cannot. */
function runOnDevice({ plan, lowerings, rules }: Prepared, at: number, operands: readonly Cell[]) {
  const { equation } = plan.steps[at]!;
  const rule = rules[at]!;
  if (lowerings[at] === "host") return undefined;
  const tensors = operands.map((cell) => cell.onDevice());
  let results: tf.Tensor[];
  if (lowerings[at] === "unknown") {
    const first = lowerFirst(rule, equation, tensors);
    lowerings[at] = first.lowering;
    if (first.lowering === "host") return undefined;
    results = first.results;
  } else
    try {
      results = lower(rule, equation, tensors, lowerings[at] === "scoped");
    } catch (error) {
      throw failed(equation, error);
    }
  return results.map((tensor, i) => new Cell(equation.outputs[i]!, tensor, undefined));
}

/** Runs an equation that needs values on the host. */
function* runOtherwise(prepared: Prepared, at: number, operands: readonly Cell[]): Reading<Cell[]> {
  const { equation, kind, inner }: Step = prepared.plan.steps[at]!;
  const { primitive, attributes, outputs } = equation;
  if (kind === "empty") return outputs.map((output) => onHost(output, new Float64Array(0)));
  if (kind === "scan") {
    const [body] = prepared.inner[at]!;
    const runBody = (inputs: readonly Cell[]) => execute(body!, inputs);
    return yield* runScan(attributes as ScanAttributes, operands, inner[0]!.sides, outputs, runBody);
  }
  if (kind === "cond") {
    const [predicate, ...rest] = operands;
    yield* readAll([predicate!]);
    return yield* execute(prepared.inner[at]![predicate!.elements![0] ? 0 : 1]!, rest);
  }
  yield* readAll(operands);
  const arrays = operands.map(({ type, elements }) => ({ shape: type.shape, dtype: type.dtype, elements: elements! }));
  return primitive.evaluate(arrays, attributes).map((elements, i) => onHost(outputs[i]!, elements));
}
