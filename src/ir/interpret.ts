import { broken } from "../errors.js";
import { builder, exchangeSource } from "./builder.js";
import type { Constant, Equation, Program, Variable } from "./program.js";

/** Gives every variable of a program a meaning of type T by visiting its equations in order. */
export function interpret<T>(
  program: Program,
  inputs: readonly T[],
  constant: (constant: Constant) => T,
  apply: (equation: Equation, inputs: T[]) => readonly T[],
): { outputs: T[]; read: (variable: Variable) => T } {
  if (inputs.length !== program.inputs.length)
    broken(`program of ${program.inputs.length} inputs got ${inputs.length}`);
  const meaning = new Map<Variable, T>();
  const read = (variable: Variable): T => {
    const found = meaning.get(variable);
    if (found === undefined && !meaning.has(variable)) broken(`variable ${variable.id} is read before it is assigned`);
    return found as T;
  };
  for (let i = 0; i < inputs.length; i++) meaning.set(program.inputs[i]!, inputs[i]!);
  for (const each of program.constants) meaning.set(each.variable, constant(each));
  const outer = exchangeSource(undefined);
  try {
    for (const equation of program.equations) {
      exchangeSource(equation.source);
      const results = apply(equation, equation.inputs.map(read));
      for (let i = 0; i < equation.outputs.length; i++) meaning.set(equation.outputs[i]!, results[i]!);
    }
  } finally {
    exchangeSource(outer);
  }
  return { outputs: program.outputs.map(read), read };
}

/** A constant of one program, stated again in the current builder. */
export const restateConstant = ({ variable, elements }: Constant): Variable =>
  variable.shape.length === 0
    ? builder().scalar(elements[0]!, variable.dtype)
    : builder().constant(elements, variable.shape, variable.dtype);

/** Emits a program's equations into the current builder, applied to the given variables. */
export const inline = (program: Program, inputs: readonly Variable[]): Variable[] =>
  interpret(program, inputs, restateConstant, ({ primitive, attributes }, operands) =>
    builder().emit(primitive, operands, attributes),
  ).outputs;
