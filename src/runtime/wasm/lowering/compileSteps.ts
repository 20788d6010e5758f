// A step of small values alone, and the loop around it: a function that runs several steps in one call.
import type { Equation, Program, Variable } from "../../../ir/program.js";
import type { Local } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { v128 } from "../assembler/v128.js";
import type { Operand } from "../kernels/kernel.js";
import { type Guard, guarded } from "../math/guarded.js";
import { compileFunction } from "./compileFunction.js";
import { AheadStore, stepsAhead } from "./emitAhead.js";
import { emitSmall } from "./emitSmall.js";
import type { Foresight } from "./foresight.js";
import { stepState } from "./stepState.js";
import type { Unit } from "./unit.js";
import { ValueStore } from "./valueStore.js";

/** Steps as a function of their number, which runs from carried inputs to carried outputs in the same memory. */
export interface CompiledSteps {
  readonly fn: StepFunction;
  /** The most steps of one call. */
  readonly most: number;
  /** To be called before the first steps on other inputs than the carried ones. */
  readonly setup: Fn;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

type StepFunction = FunctionBuilder<readonly ["i32"], undefined>;
type Fn = FunctionBuilder<readonly [], undefined>;

/** A step program with places in memory, for the functions that compute it. */
interface Plan extends Foresight {
  readonly program: Program;
  /** Inputs, constants and results of the setup. */
  readonly operands: ReadonlyMap<Variable, Operand>;
  readonly outputs: readonly Operand[];
  /** Those of them that no step changes. */
  readonly fixed: ReadonlySet<Variable>;
  /** What is read in every step. */
  readonly needed: ReadonlySet<Variable>;
}

const isAlias = ({ primitive }: Equation): boolean => primitive.name === "reshape";

/**
 * Compiles a step and the loop over up to `stepsAhead` of them. The loop leaves out special cases of functions; a step in
 * which one arises is computed by a function of its own, before it has changed anything.
 */
export function compileSteps(unit: Unit, program: Program, carried: number, foresight: Foresight): CompiledSteps {
  const inputs = program.inputs.map((variable) => unit.layout.allocate(variable));
  const setup = compileFunction(unit, foresight.setup, inputs.slice(carried));
  const plan = planOf(unit, program, inputs, setup.outputs, foresight, carried);
  const { during, needed, fixed, counters, operands } = plan;
  const steps = unit.module.function({ params: ["i32"] });
  // the parameter makes no difference to those who only write code
  const fn = steps as unknown as Fn;
  const ahead = new AheadStore(fn, unit.layout);
  for (const variable of new Set(plan.ahead.flatMap((equation) => equation.inputs))) {
    const address = operands.get(variable)?.address;
    const increment = counters.get(variable);
    if (increment !== undefined) ahead.placeCounter(variable, address!, increment);
    else if (fixed.has(variable)) ahead.placeFixed(variable, address!);
  }
  for (const equation of plan.ahead) {
    ahead.emit(equation);
    if (needed.has(equation.outputs[0]!)) ahead.prepare(equation.outputs[0]!);
  }
  const probe = unit.probe;
  probe?.mark(fn, probe.add({ kind: "ahead", equations: plan.ahead, repeats: stepsAhead }));

  const values = fixedValues(fn, unit, plan);
  const state = stepState(fn, values, plan, inputs, carried);
  const finish = (): void => {
    storeOutputs(values, plan);
    state.advance();
  };
  const isGuarded = during.some(({ primitive }) => primitive.name in guarded);
  fn.loop(steps.params[0], (slot) => {
    if (!isGuarded) {
      emitStep(fn, plan, values, ahead, slot);
      finish();
      return;
    }
    let special: Local<"v128"> | undefined;
    emitStep(fn, plan, values, ahead, slot, (violated) => {
      if (special) fn.set(special, v128.or(special, violated));
      else special = fn.let(violated);
    });
    const repeat = (): void => {
      fn.call(wholeStep(unit, plan, ahead), slot);
      state.load();
    };
    fn.if(v128.anyTrue(special!), repeat, finish);
  });
  probe?.mark(fn, probe.add({ kind: "steps", equations: during, repeats: stepsAhead }));
  return { fn: steps, most: stepsAhead, setup: setup.fn, inputs, outputs: plan.outputs };
}

function planOf(
  { layout, constants }: Unit,
  program: Program,
  inputs: readonly Operand[],
  prepared: readonly Operand[],
  foresight: Foresight,
  carried: number,
): Plan {
  const { setup, during } = foresight;
  const needed = new Set([
    ...[...foresight.ahead, ...during].flatMap((equation) => equation.inputs),
    ...program.outputs,
  ]);
  const known = program.constants
    .filter(({ variable }) => needed.has(variable))
    .map(({ variable, elements }): [Variable, Operand] => {
      const operand = layout.allocateLasting(variable);
      constants.push({ operand, elements });
      return [variable, operand];
    });
  const given = program.inputs.map((variable, i): [Variable, Operand] => [variable, inputs[i]!]);
  const fixed = [
    ...given.slice(carried),
    ...known,
    ...setup.outputs.map((output, i) => [output, prepared[i]!] as const),
  ];
  return {
    ...foresight,
    program,
    operands: new Map([...given.slice(0, carried), ...fixed]),
    outputs: program.outputs.map((output, i) => (i < carried ? inputs[i]! : layout.allocate(output))),
    fixed: new Set(fixed.map(([variable]) => variable)),
    needed: new Set([...during.flatMap((equation) => equation.inputs), ...program.outputs]),
  };
}

/** A store with all that no step changes in locals. */
function fixedValues(fn: Fn, { layout }: Unit, { during, operands, ahead, fixed, needed }: Plan): ValueStore {
  const values = new ValueStore(fn, layout);
  operands.forEach((operand, variable) => {
    values.place(variable, operand);
  });
  for (const equation of [...ahead, ...during])
    for (const output of equation.outputs)
      if (isAlias(equation)) values.alias(output, equation.inputs[0]!);
      else values.expect(output);
  for (const variable of needed) if (fixed.has(variable)) values.chunks(variable);
  return values;
}

/** The equations of one step, from inputs to outputs in locals. */
function emitStep(
  fn: Fn,
  { program, during, needed, operands }: Plan,
  values: ValueStore,
  ahead: AheadStore,
  slot: Local<"i32">,
  guard?: Guard,
): void {
  for (const variable of needed)
    if (ahead.has(variable) && !operands.has(variable)) values.setChunks(variable, ahead.chunksAt(fn, variable, slot));
  for (const equation of during) if (!isAlias(equation)) emitSmall({ fn, values }, equation, guard);
  // an output may be another one's input: all are read before any is written
  for (const output of program.outputs) values.chunks(output);
}

function storeOutputs(values: ValueStore, { program, outputs }: Plan): void {
  program.outputs.forEach((output, i) => {
    values.storeTo(outputs[i]!.address, output);
  });
}

/** One step with all special cases, as a function of its place among the prepared ones. */
function wholeStep(unit: Unit, plan: Plan, ahead: AheadStore): StepFunction {
  const whole = unit.module.function({ params: ["i32"] });
  const fn = whole as unknown as Fn;
  const values = fixedValues(fn, unit, plan);
  emitStep(fn, plan, values, ahead, whole.params[0]);
  storeOutputs(values, plan);
  return whole;
}
