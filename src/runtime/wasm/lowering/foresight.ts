// What a step can know ahead: values that depend on nothing carried but step counters.
import type { Equation, Program, Variable } from "../../../ir/program.js";
import { usedEquations } from "../../../ir/usedEquations.js";
import { sizeOf } from "../../../util/shapes.js";
import { laneRules } from "../elementwise.js";
import { elementsOf } from "../random.js";
import { isSmall, smallLimit } from "./schedule.js";

/** The equations of a program, by when they are computed. Those of `ahead` and `during` have small values alone. */
export interface Foresight {
  /** Carried integers to which every step adds the same. */
  readonly counters: ReadonlyMap<Variable, number>;
  /** What depends on nothing that is carried, as a program of its own: from inputs to what the others need of it. */
  readonly setup: Program;
  /** What depends on counters and can be computed for several steps at once, a step in each lane. In order. */
  readonly ahead: readonly Equation[];
  /** In every step, in order. */
  readonly during: readonly Equation[];
}

const isScalar = (variable: Variable): boolean => sizeOf(variable.shape) === 1;
const isKey = ({ shape, dtype }: Variable): boolean => dtype === "int32" && shape.length === 1 && shape[0] === 2;

/** Whether a step in each lane is a way to compute the equation. */
function fitsLanes({ primitive: { name }, inputs, outputs, attributes }: Equation): boolean {
  if (name in elementsOf)
    return isKey(inputs[0]!) && inputs.slice(1).every(isScalar) && isSmallDraw(sizeOf(attributes.shape));
  if (name === "foldIn") return isKey(inputs[0]!) && isScalar(inputs[1]!) && isKey(outputs[0]!);
  return (name in laneRules || name === "reshape") && [...inputs, ...outputs].every(isScalar);
}

const isSmallDraw = (size: number): boolean => size > 0 && size <= smallLimit;

/** The counters among the carried inputs: those whose output is the input and a constant. */
function countersOf({ inputs, outputs, constants, equations }: Program, carried: number): Map<Variable, number> {
  const constant = new Map(constants.map(({ variable, elements }) => [variable, elements]));
  const counters = new Map<Variable, number>();
  inputs.slice(0, carried).forEach((input, i) => {
    if (input.dtype !== "int32" || !isScalar(input)) return;
    const made = equations.find((equation) => equation.outputs[0] === outputs[i]);
    if (made?.primitive.name !== "add" || !made.inputs.includes(input)) return;
    const [step] = constant.get(made.inputs.find((other) => other !== input) ?? input) ?? [];
    if (step !== undefined) counters.set(input, step);
  });
  return counters;
}

/** Sorts the equations of a step, or undefined if not all of its values are small. */
export function foresee(program: Program, carried: number): Foresight | undefined {
  const counters = countersOf(program, carried);
  const changing = new Set(program.inputs.slice(0, carried).filter((input) => !counters.has(input)));
  const counted = new Set(counters.keys());
  const [fixed, ahead, during]: [Equation[], Equation[], Equation[]] = [[], [], []];
  for (const equation of usedEquations(program).used) {
    const { primitive, inputs, outputs } = equation;
    const isChanging = inputs.some((input) => changing.has(input));
    if (!isChanging && !inputs.some((input) => counted.has(input))) {
      fixed.push(equation);
      continue;
    }
    const canBeAhead = !isChanging && fitsLanes(equation);
    if (!canBeAhead && !isSmall(equation) && primitive.name !== "reshape") return undefined;
    (canBeAhead ? ahead : during).push(equation);
    for (const output of outputs) (canBeAhead ? counted : changing).add(output);
  }
  const needed = new Set([...[...ahead, ...during].flatMap(({ inputs }) => inputs), ...program.outputs]);
  return { counters, setup: setupOf(program, carried, fixed, needed), ahead, during };
}

function setupOf(
  { inputs, constants }: Program,
  carried: number,
  equations: readonly Equation[],
  needed: ReadonlySet<Variable>,
): Program {
  const used = new Set(equations.flatMap((equation) => equation.inputs));
  return {
    inputs: inputs.slice(carried),
    constants: constants.filter(({ variable }) => used.has(variable)),
    equations,
    outputs: equations.flatMap(({ outputs }) => outputs).filter((output) => needed.has(output)),
  };
}
