import type { Equation, Program, Variable } from "./program.js";

/** The equations that some output depends on, in order, and all variables that they and the outputs need. */
export function usedEquations({ equations, outputs }: Pick<Program, "equations" | "outputs">): {
  readonly used: Equation[];
  readonly needed: ReadonlySet<Variable>;
} {
  const needed = new Set<Variable>(outputs);
  const used: Equation[] = [];
  for (let at = equations.length - 1; at >= 0; at--) {
    const equation = equations[at]!;
    const { inputs, outputs: results } = equation;
    if (!results.some((result) => needed.has(result))) continue;
    for (let i = 0; i < inputs.length; i++) needed.add(inputs[i]!);
    used.push(equation);
  }
  return { used: used.reverse(), needed };
}
