import type { Equation, Variable } from "../../../ir/program.js";
import type { V128 } from "../assembler/expression.js";
import { accessTo, forEachChunk, storeAt } from "../loops.js";
import { applyLanes } from "./applyLanes.js";
import type { Frame } from "./unit.js";

/** One loop over the shape; values that nothing else uses never leave their locals. */
export function emitLoop({ fn, values }: Frame, equations: readonly Equation[], at: number): void {
  const shape = equations[0]!.outputs[0]!.shape;
  const made = new Set(equations.flatMap(({ outputs }) => outputs));
  const outside = [...new Set(equations.flatMap(({ inputs }) => inputs))].filter((input) => !made.has(input));
  const kept = [...made].filter((output) => values.isUsedAfter(output, at));
  const sources = outside.map((input) => accessTo(values.operand(input).address, input.shape, shape));
  const targets = kept.map((output) => accessTo(values.target(output).address, shape, shape));
  forEachChunk(fn, shape, sources, targets, (loaded, positions) => {
    const lanes = new Map<Variable, V128>(outside.map((input, i) => [input, loaded[i]!]));
    for (const equation of equations) {
      const operands = equation.inputs.map((input) => lanes.get(input)!);
      lanes.set(equation.outputs[0]!, applyLanes(fn, equation, operands));
    }
    kept.forEach((output, i) => {
      storeAt(fn, positions[i]!, lanes.get(output)!);
    });
  });
}
