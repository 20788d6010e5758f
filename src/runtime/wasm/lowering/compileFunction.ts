import type { Program, Variable } from "../../../ir/program.js";
import type { Operand } from "../kernels/kernel.js";
import { copyCarried, placeCarried } from "./carryOver.js";
import { copy } from "./copy.js";
import { emitCond, emitScan } from "./emitControl.js";
import { emitKernel } from "./emitKernel.js";
import { emitNest } from "./emitNest.js";
import { emitSmall } from "./emitSmall.js";
import { fuseProducts } from "./fuseProducts.js";
import { equationsOf, type Item, schedule } from "./schedule.js";
import type { CompiledFunction, Frame, Unit } from "./unit.js";
import { ValueStore } from "./valueStore.js";

/**
 * Compiles a program into the unit. Inputs that are not given get memory of their own; the first `carried` outputs are
 * written to the memory of the first inputs.
 */
export function compileFunction(
  unit: Unit,
  program: Program,
  given: readonly (Operand | undefined)[] = [],
  carried = 0,
): CompiledFunction {
  const fn = unit.module.function({ params: [] });
  const values = new ValueStore(fn, unit.layout);
  const compileInner = (inner: Program, operands: readonly Operand[]) => compileFunction(unit, inner, operands);
  const frame: Frame = { unit, fn, values, compileInner };
  const items = schedule(fuseProducts(program));
  const inputs = program.inputs.map((variable, i) => {
    const operand = given[i] ?? unit.layout.allocate(variable);
    values.place(variable, operand);
    return operand;
  });
  for (const { variable, elements } of program.constants) {
    const operand = unit.layout.allocateLasting(variable);
    unit.constants.push({ operand, elements });
    values.place(variable, operand);
  }
  announce(values, items, program);
  placeCarried(values, items, program, inputs, carried);
  const probe = unit.probe?.enter(fn, items, program.outputs);
  items.forEach((item, at) => {
    probe?.before(at);
    emit(frame, item, at);
    probe?.after(at);
    values.releaseAfter(at);
  });
  const results = separateOutputs(frame, program.outputs.slice(carried));
  copyCarried(frame, program, inputs, carried);
  return { fn, inputs, outputs: [...inputs.slice(0, carried), ...results] };
}

/** Tells the store what will be computed, and which item uses it last. */
function announce(values: ValueStore, items: readonly Item[], program: Program): void {
  items.forEach((item, at) => {
    for (const { primitive, inputs, outputs } of equationsOf(item)) {
      for (const output of outputs)
        if (primitive.name === "reshape") values.alias(output, inputs[0]!);
        else values.expect(output);
      for (const variable of [...inputs, ...outputs]) values.use(variable, at);
    }
  });
  for (const output of program.outputs) values.use(output, Number.POSITIVE_INFINITY);
}

function emit(frame: Frame, item: Item, at: number): void {
  if (item.kind === "alias") return;
  if (item.kind === "small") emitSmall(frame, item.equation);
  else if (item.kind === "nest") emitNest(frame, item.nest, at);
  else if (item.kind === "empty") frame.values.target(item.equation.outputs[0]!);
  else if (item.equation.primitive.name === "scan") emitScan(frame, item.equation);
  else if (item.equation.primitive.name === "cond") emitCond(frame, item.equation);
  else emitKernel(frame, item.equation);
}

/** Every output in memory that is nobody else's. */
function separateOutputs({ fn, unit, values }: Frame, outputs: readonly Variable[]): Operand[] {
  const taken = new Set<number>();
  return outputs.map((output) => {
    const operand = values.operand(output);
    if (values.isOwn(output) && !taken.has(operand.address)) {
      taken.add(operand.address);
      return operand;
    }
    const own = unit.layout.allocate(output);
    copy(fn, operand, own);
    return own;
  });
}
