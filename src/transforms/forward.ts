import { build, builder } from "../ir/builder.js";
import { innerPrograms } from "../ir/control.js";
import { inline, interpret, restateConstant } from "../ir/interpret.js";
import type { Equation, Program, Variable } from "../ir/program.js";
import { isSample, sampleAttributes } from "../ir/site.js";
import { trace } from "../ir/tracing.js";

/** Emits the plain draw of a site from its distribution, in place of the `sample` equation. */
export function drawForward(site: Equation, [key, ...operands]: readonly Variable[]): Variable {
  const { family, parameterShapes, batch } = sampleAttributes(site);
  const parameters = operands.slice(0, parameterShapes.length);
  const draw = trace([key!, ...parameters], (k, ...values) => [family.draw(values, k!, batch)]);
  return inline(draw, [key!, ...parameters])[0]!;
}

/**
 * A program with every `sample` equation replaced by something, inside loops and branches too, and otherwise unchanged.
 *
 * @param draw - emits the value of a site from the inputs of its equation: [key, parameters…, strategy operands…]
 */
export const replaceSites = (
  program: Program,
  draw: (site: Equation, inputs: readonly Variable[]) => Variable,
): Program =>
  build(
    program.inputs,
    (...inputs) =>
      interpret<Variable>(program, inputs, restateConstant, (equation, operands) => {
        if (isSample(equation)) return [draw(equation, operands)];
        const inner = innerPrograms(equation);
        const attributes = Object.fromEntries(
          Object.entries(equation.attributes).map(([name, value]) => [
            name,
            inner.includes(value) ? replaceSites(value, draw) : value,
          ]),
        );
        return builder().emit(equation.primitive, operands, attributes);
      }).outputs,
  );

/** A program run forward: its random choices are plain draws, without a gradient strategy. */
export const forward = (program: Program): Program => replaceSites(program, drawForward);
