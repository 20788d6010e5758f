// A step of small values alone, and the loop around it: a function that runs several steps in one call.
import type { Program, Variable } from "../../../ir/program.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { Operand } from "../kernels/kernel.js";
import { AheadStore, stepsAhead } from "./emitAhead.js";
import { emitSmall } from "./emitSmall.js";
import type { Foresight } from "./foresight.js";
import type { Unit } from "./unit.js";
import { ValueStore } from "./valueStore.js";

/** Steps as a function of their number, which runs from carried inputs to carried outputs in the same memory. */
export interface CompiledSteps {
  readonly fn: FunctionBuilder<readonly ["i32"], undefined>;
  /** The most steps of one call. */
  readonly most: number;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

/** Compiles a step and the loop over up to `stepsAhead` of them. */
export function compileSteps(
  { module, layout, constants }: Unit,
  program: Program,
  carried: number,
  { counters, before, during }: Foresight,
): CompiledSteps {
  const steps = module.function({ params: ["i32"] });
  // the parameter makes no difference to those who only write code
  const fn = steps as unknown as FunctionBuilder<readonly [], undefined>;
  const values = new ValueStore(fn, layout);
  const ahead = new AheadStore(fn, layout);
  const frame = { fn, values };
  const inputs = program.inputs.map((variable) => layout.allocate(variable));
  program.inputs.forEach((variable, i) => {
    values.place(variable, inputs[i]!);
  });
  for (const { variable, elements } of program.constants) {
    const operand = layout.allocate(variable);
    constants.push({ operand, elements });
    values.place(variable, operand);
  }
  for (const { equation } of before) expectOutputs(values, equation);
  for (const equation of during) expectOutputs(values, equation);

  // what no step changes is loaded once
  const fixed = new Set([...program.inputs.slice(carried), ...program.constants.map(({ variable }) => variable)]);
  const needed = (equations: readonly { readonly inputs: readonly Variable[] }[]): Set<Variable> =>
    new Set(equations.flatMap((equation) => [...equation.inputs]));
  const neededAhead = needed(before.filter(({ isAhead }) => isAhead).map(({ equation }) => equation));
  const neededLater = needed([...before.filter(({ isAhead }) => !isAhead).map(({ equation }) => equation), ...during]);
  for (const output of program.outputs) neededLater.add(output);
  for (const variable of neededAhead) {
    if (fixed.has(variable)) ahead.placeFixed(variable, values.operand(variable).address);
    const increment = counters.get(variable);
    if (increment !== undefined) ahead.placeCounter(variable, values.operand(variable).address, increment);
  }
  for (const variable of neededLater) if (fixed.has(variable)) values.chunks(variable);
  for (const { equation, isAhead } of before) {
    if (!isAhead) {
      for (const input of equation.inputs)
        if (ahead.has(input)) values.setChunks(input, ahead.chunksAt(input, i32.const(0)));
      if (equation.primitive.name !== "reshape") emitSmall(frame, equation);
      continue;
    }
    ahead.emit(equation);
    const [output] = equation.outputs;
    if (neededLater.has(output!)) ahead.prepare(output!);
  }

  const [count] = steps.params;
  let outputs: readonly Operand[] = [];
  fn.loop(count, (slot) => {
    for (const variable of neededLater)
      if (ahead.has(variable) && !fixed.has(variable) && !counters.has(variable))
        values.setChunks(variable, ahead.chunksAt(variable, slot));
    for (const equation of during) if (equation.primitive.name !== "reshape") emitSmall(frame, equation);
    // an output may be another one's input: all are read before any is written
    for (const output of program.outputs) values.chunks(output);
    outputs = program.outputs.map((output, i) => (i < carried ? inputs[i]! : layout.allocate(output)));
    program.outputs.forEach((output, i) => {
      values.storeTo(outputs[i]!.address, output);
    });
  });
  return { fn: steps, most: stepsAhead, inputs, outputs };
}

function expectOutputs(
  values: ValueStore,
  {
    primitive,
    inputs,
    outputs,
  }: { primitive: { name: string }; inputs: readonly Variable[]; outputs: readonly Variable[] },
): void {
  for (const output of outputs)
    if (primitive.name === "reshape") values.alias(output, inputs[0]!);
    else values.expect(output);
}
