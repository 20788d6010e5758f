import type { CondAttributes, ScanAttributes } from "../../ir/control.js";
import { assumeContinuous, stopGradient } from "../../ir/primitives/marks.js";
import type { Equation, Program, Variable } from "../../ir/program.js";
import { isSample, sampleAttributes } from "../../ir/site.js";

/** For every site that a value depends on: the first discontinuous equation on the way, or undefined if there is none. */
export type Flow = ReadonlyMap<Equation, Equation | undefined>;

const nothing: Flow = new Map();

function merge(flows: readonly Flow[]): Flow {
  const [first = nothing, ...others] = flows.filter(({ size }) => size > 0);
  if (others.every((flow) => flow === first)) return first;
  const merged = new Map(first);
  for (const flow of others) for (const [site, jump] of flow) merged.set(site, merged.get(site) ?? jump);
  return merged;
}

const broken = (flow: Flow, by: Equation): Flow =>
  flow.size === 0 ? flow : new Map([...flow].map(([site, jump]) => [site, jump ?? by]));
const jumpsOf = (flow: Flow): Flow => new Map([...flow].filter(([, jump]) => jump !== undefined));
const isEqual = (a: Flow, b: Flow): boolean =>
  a.size === b.size && [...a].every(([site, jump]) => b.has(site) && b.get(site) === jump);

/**
 * What the flow of a value must not pass through: discontinuities, which bias pathwise derivatives, or kinks too, which
 * bias the second ones (E |x| is smooth in the mean of x, and |x| has the second derivative 0 almost everywhere).
 */
export type Obstacle = "discontinuity" | "kink";

/**
 * Follows the random choices of a program to its outputs and notes where they pass through an obstacle. Loops and
 * branches are followed inside.
 */
export function findFlow(
  program: Program,
  obstacle: Obstacle = "discontinuity",
  inputs: readonly Flow[] = program.inputs.map(() => nothing),
): Flow[] {
  const flows = new Map<Variable, Flow>(program.inputs.map((input, i) => [input, inputs[i]!]));
  const of = (variable: Variable): Flow => flows.get(variable) ?? nothing;
  for (const equation of program.equations) {
    const results = flowThrough(equation, obstacle, equation.inputs.map(of));
    equation.outputs.forEach((output, i) => {
      const flow = output.dtype === "float32" ? results[i]! : broken(results[i]!, equation);
      flows.set(
        output,
        isSample(equation)
          ? new Map([...(isValueFixed(equation) ? jumpsOf(flow) : flow), [equation, undefined]])
          : flow,
      );
    });
  }
  return program.outputs.map(of);
}

/**
 * Whether no derivative passes through a site's value: what its parameters depend on then enters by its density alone,
 * which is continuous in them, whatever becomes of the value.
 */
function isValueFixed(site: Equation): boolean {
  const { strategy, family } = sampleAttributes(site);
  return strategy ? !strategy.isPathwise : !family.isPathwise;
}

function flowThrough(equation: Equation, obstacle: Obstacle, inputs: readonly Flow[]): Flow[] {
  const { primitive, attributes, outputs } = equation;
  if (primitive.name === "scan") return flowThroughLoop(attributes as ScanAttributes, obstacle, inputs);
  if (primitive.name === "cond") {
    const { whenTrue, whenFalse } = attributes as CondAttributes;
    const [predicate, ...operands] = inputs;
    const branches = [findFlow(whenTrue, obstacle, operands), findFlow(whenFalse, obstacle, operands)];
    return outputs.map((_, i) => merge([broken(predicate!, equation), branches[0]![i]!, branches[1]![i]!]));
  }
  if (primitive === stopGradient.primitive) return outputs.map(() => nothing);
  const isKinked = obstacle === "kink" && primitive.hasKinks === true;
  const isPassable = (input: number) => primitive.isContinuousIn(input) && !isKinked;
  const merged = merge(inputs.map((flow, i) => (isPassable(i) ? flow : broken(flow, equation))));
  // continuity is vouched for, not smoothness
  if (primitive === assumeContinuous.primitive && obstacle === "discontinuity")
    return [new Map([...merged].map(([site]) => [site, undefined]))];
  return outputs.map(() => merged);
}

/** The carry is followed round the loop until nothing new is found. */
function flowThroughLoop(
  { body, constants, carries }: ScanAttributes,
  obstacle: Obstacle,
  inputs: readonly Flow[],
): Flow[] {
  let carry = inputs.slice(constants, constants + carries);
  for (;;) {
    const results = findFlow(body, obstacle, [
      ...inputs.slice(0, constants),
      ...carry,
      ...inputs.slice(constants + carries),
    ]);
    const next = carry.map((flow, i) => merge([flow, results[i]!]));
    if (next.every((flow, i) => isEqual(flow, carry[i]!))) return [...next, ...results.slice(carries)];
    carry = next;
  }
}
