import type { Tensor } from "@tensorflow/tfjs-core";
import { invariant, located } from "../../errors.js";
import { type Equation, type Program, type Type, typeOf } from "../../ir/program.js";
import type { SampleAttributes } from "../../ir/site.js";
import { trace } from "../../ir/tracing.js";
import { type Axis, type Lanes, newAxis, ownShape, ownToAxis, runInLanes } from "../lanes.js";
import type { SiteLanes } from "./contract.js";

/** A strategy's draw of a site as a program: inputs as the `sample` equation's, outputs the value, then what it keeps. */
interface DrawProgram {
  readonly program: Program;
  readonly lanes: number | undefined;
  readonly kept: readonly string[];
}

/** Traces a strategy's draw for operands of the given own types: [key, parameters…, strategy operands…]. */
export function drawProgram(
  { strategy, family, address, parameterShapes, batch, event }: SampleAttributes,
  types: readonly Type[],
  isMixed: readonly boolean[],
): DrawProgram {
  invariant(strategy, `site ${address} has no strategy`);
  let lanes: number | undefined;
  let kept: string[] = [];
  const program = trace(types.map(typeOf), (key, ...rest) => {
    const parameters = rest.slice(0, parameterShapes.length);
    const operands = rest.slice(parameterShapes.length);
    const drawn = strategy.draw({ address, family, parameters, operands, key: key!, batch, event, isMixed });
    lanes = drawn.lanes;
    kept = Object.keys(drawn.keep);
    return [drawn.value, ...Object.values<Tensor>(drawn.keep)];
  });
  return { program, lanes, kept };
}

/** Draws a site in lanes: alternatives that the strategy runs side by side get a named axis of their own. */
export function drawSite(
  equation: Equation,
  attributes: SampleAttributes,
  operands: readonly Lanes[],
  isMixed: readonly boolean[],
): SiteLanes & { readonly value: Lanes } {
  const types: Type[] = operands.map((operand) => ({ shape: ownShape(operand), dtype: operand.variable.dtype }));
  const { program, lanes, kept } = located(equation.source, () => drawProgram(attributes, types, isMixed));
  const axis: Axis | undefined = lanes === undefined ? undefined : newAxis(attributes.address, lanes);
  const [value, ...keep] = runInLanes(program, operands).map((output) => (axis ? ownToAxis(output, axis) : output));
  return {
    equation,
    attributes,
    axis,
    isMixed,
    value: value!,
    keep: Object.fromEntries(kept.map((name, i) => [name, keep[i]!])),
  };
}

/** Draws a site whose strategy needs the value alone: no alternatives, and nothing kept. */
export function drawInPlace(attributes: SampleAttributes, operands: readonly Lanes[]): Lanes {
  const types: Type[] = operands.map((operand) => ({ shape: ownShape(operand), dtype: operand.variable.dtype }));
  return runInLanes(drawProgram(attributes, types, []).program, operands)[0]!;
}
