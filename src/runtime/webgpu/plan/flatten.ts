import { Builder, builder, withBuilder } from "../../../ir/builder.js";
import type { CondAttributes } from "../../../ir/control.js";
import { interpret, restateConstant } from "../../../ir/interpret.js";
import { select } from "../../../ir/primitives/comparison.js";
import { type Program, type Variable, variable } from "../../../ir/program.js";
import { usedEquations } from "../../../ir/usedEquations.js";

/**
 * The program without branches: both sides are computed, and what the predicate says is selected. Variables are new, and no two
 * programs within share any. What no output needs is left out.
 */
export function flatten(program: Program): Program {
  const target = new Builder();
  const inputs = program.inputs.map(({ shape, dtype }) => variable(shape, dtype));
  const outputs = withBuilder(target, () => flattenInto(program, inputs));
  const whole = target.program(inputs, outputs);
  const { used, needed } = usedEquations(whole);
  return { ...whole, equations: used, constants: whole.constants.filter((each) => needed.has(each.variable)) };
}

const flattenInto = (program: Program, inputs: readonly Variable[]): Variable[] =>
  interpret(program, inputs, restateConstant, ({ primitive, attributes }, operands) => {
    if (primitive.name === "scan")
      return builder().emit(primitive, operands, { ...attributes, body: flatten(attributes.body) });
    if (primitive.name !== "cond") return builder().emit(primitive, operands, attributes);
    const [predicate, ...rest] = operands;
    const { whenTrue, whenFalse } = attributes as CondAttributes;
    const otherwise = flattenInto(whenFalse, rest);
    return flattenInto(whenTrue, rest).map((value, i) => select(predicate!, value, otherwise[i]!));
  }).outputs;
