import { innerPrograms } from "../ir/control.js";
import type { Equation, Program, Variable } from "../ir/program.js";
import {
  both,
  type HasRule,
  type InnerPlan,
  isHostResult,
  placeEquations,
  type Sides,
  type StepKind,
  wanted,
} from "./placement.js";

/** One equation, ready to execute: its operands and results by slot. */
export interface Step {
  readonly equation: Equation;
  readonly kind: StepKind;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Slots of intermediate values that nothing reads after this step. */
  readonly dead: readonly number[];
  /** Plans of the programs inside a scan (its body) or cond (when true, when false). */
  readonly inner: readonly Plan[];
}

/**
 * How a program is executed, whatever the backend. Every variable has a slot: the inputs first, in order, then the
 * constants, then intermediate values. An output may be an input's or a constant's slot, or stand twice.
 */
export interface Plan extends InnerPlan {
  readonly program: Program;
  readonly slots: number;
  /** Slots from here on are intermediate values, which the execution owns. */
  readonly firstIntermediate: number;
  readonly steps: readonly Step[];
  readonly outputs: readonly number[];
  /** By slot: where equations need the value, and for an intermediate one also where it comes into being. */
  readonly sides: readonly Sides[];
  /** By output: whether it is a constant or comes into being on the host. */
  readonly isHostOutput: readonly boolean[];
}

const plans = new WeakMap<HasRule, WeakMap<Program, Plan>>();

/** What every tfjs backend can run: primitives with a rule of tfjs operations. */
export const hasTfjsRule: HasRule = ({ tfjs }) => tfjs !== undefined;

/**
 * The plan of a program; equations whose results nobody uses are left out of it.
 *
 * @param hasRule - which primitives run on the device
 */
export function planOf(program: Program, hasRule: HasRule = hasTfjsRule): Plan {
  const ofDevice = plans.get(hasRule) ?? new WeakMap<Program, Plan>();
  plans.set(hasRule, ofDevice);
  const plan = ofDevice.get(program) ?? makePlan(program, hasRule);
  ofDevice.set(program, plan);
  return plan;
}

function makePlan(program: Program, hasRule: HasRule): Plan {
  const equations = usedEquations(program);
  const inner = new Map(
    equations.map((equation) => [equation, innerPrograms(equation).map((each) => planOf(each, hasRule))]),
  );
  const innerOf = (equation: Equation) => inner.get(equation)!;
  const kinds = placeEquations(program, equations, innerOf, hasRule);

  const slotOf = new Map<Variable, number>();
  const give = (variable: Variable) => slotOf.set(variable, slotOf.size);
  program.inputs.forEach(give);
  for (const { variable } of program.constants) give(variable);
  const firstIntermediate = slotOf.size;
  for (const { outputs } of equations) outputs.forEach(give);
  const slot = (variable: Variable): number => slotOf.get(variable)!;

  const lastUse = new Map<number, number>();
  equations.forEach(({ inputs, outputs }, at) => {
    for (const variable of [...inputs, ...outputs]) lastUse.set(slot(variable), at);
  });
  for (const variable of program.outputs) lastUse.delete(slot(variable));
  const dead = equations.map((): number[] => []);
  for (const [at, step] of lastUse) if (at >= firstIntermediate) dead[step]!.push(at);

  const uses = wanted(equations, kinds, innerOf);
  const sides = [...slotOf.keys()].map((variable) => uses.get(variable) ?? { onHost: false, onDevice: false });
  const onHost = new Set(program.constants.map(({ variable }) => variable));
  for (const equation of equations)
    equation.outputs.forEach((variable, i) => {
      const isHost = isHostResult(equation, kinds.get(equation)!, i, innerOf(equation));
      if (isHost) onHost.add(variable);
      sides[slot(variable)] = both(sides[slot(variable)]!, { onHost: isHost, onDevice: !isHost });
    });

  return {
    program,
    slots: slotOf.size,
    firstIntermediate,
    steps: equations.map((equation, at) => ({
      equation,
      kind: kinds.get(equation)!,
      inputs: equation.inputs.map(slot),
      outputs: equation.outputs.map(slot),
      dead: dead[at]!,
      inner: innerOf(equation),
    })),
    outputs: program.outputs.map(slot),
    sides,
    isHostOutput: program.outputs.map((variable) => onHost.has(variable)),
  };
}

/** The equations that the outputs depend on, and those that are not pure. */
function usedEquations({ equations, outputs }: Program): Equation[] {
  const isUsed = new Set<Variable>(outputs);
  const kept: Equation[] = [];
  for (const equation of equations.toReversed()) {
    if (equation.primitive.isPure && !equation.outputs.some((output) => isUsed.has(output))) continue;
    kept.push(equation);
    for (const input of equation.inputs) isUsed.add(input);
  }
  return kept.reverse();
}
