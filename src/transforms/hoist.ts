// What a repeated program computes anew every time although nothing has changed: taken out, to be run once.
import { broadcastTo, reshape, transpose } from "../ir/primitives/axes.js";
import type { Equation, Primitive, Program, Variable } from "../ir/program.js";
import { sizeOf } from "../util/shapes.js";
import { withoutDeadCode } from "./deadCode.js";

/** A program in two parts. */
export interface Hoisted {
  /** From the fixed inputs to the values that the step is given besides. */
  readonly once: Program;
  /** Inputs: those of the whole program, then these values. */
  readonly step: Program;
}

/** Element operations per run below which a program of its own is not worth its overhead. */
const leastWork = 1000;

/** Operations that cost about as much as reading their result does. */
const light: ReadonlySet<string> = new Set(
  `add sub mul neg abs sign maximum minimum select cast equal notEqual less lessEqual greater greaterEqual logicalAnd
  logicalOr logicalXor logicalNot isNaN isFinite isInf floor slice concat pad reverse`.split(/\s+/),
);

/** What one element of a heavy operation counts. */
const heavyWork = 10;

/** Operations that say where elements are: engines read through them, and a second copy of data only takes up cache. */
const views: ReadonlySet<Primitive> = new Set(
  [reshape, broadcastTo, transpose].map((each): Primitive => each.primitive),
);
const isView = (primitive: Primitive): boolean => views.has(primitive);

/** What is known of a value that depends on fixed inputs alone. */
interface Fixed {
  readonly equation: Equation;
  /** The inputs that it depends on. */
  readonly sources: ReadonlySet<Variable>;
  /** Elements of the largest heavy operation on the way to it. */
  readonly heavy: number;
  /** Operations on the way to it. */
  readonly depth: number;
}

/**
 * Splits a program that is repeated while some of its inputs stay the same. Undefined if nothing is won.
 *
 * A value is kept when it is not larger than the inputs that it comes from, or when it takes more than reading to compute
 * it element by element; what is merely stretched from kept values is stretched again at every step, so that nothing large
 * is stored that was small.
 *
 * @param isFixed - which inputs stay the same
 */
export function hoist(program: Program, isFixed: (input: number) => boolean): Hoisted | undefined {
  const candidates = fixedEquations(program, isFixed);
  if (candidates.reduce((sum, equation) => sum + workOf(equation), 0) < leastWork) return undefined;
  const fixed = fixedValues(program, candidates);
  const producers = new Map(
    program.equations.flatMap((equation) => equation.outputs.map((output) => [output, equation] as const)),
  );
  const kept = new Set<Variable>();
  const inStep = new Set<Equation>();
  const want = (variable: Variable): void => {
    const equation = producers.get(variable);
    if (!equation || inStep.has(equation) || kept.has(variable)) return;
    const known = fixed.get(variable);
    if (known && isWorthKeeping(variable, known)) {
      kept.add(variable);
      return;
    }
    inStep.add(equation);
    for (const input of equation.inputs) want(input);
  };
  for (const output of program.outputs) want(output);
  if (kept.size === 0) return undefined;
  const outputs = [...kept];
  const once = withoutDeadCode({
    ...program,
    inputs: program.inputs.filter((_, i) => isFixed(i)),
    outputs,
  });
  const work = once.equations.reduce((sum, equation) => (inStep.has(equation) ? sum : sum + workOf(equation)), 0);
  if (work < leastWork) return undefined;
  const step = withoutDeadCode({
    inputs: [...program.inputs, ...outputs],
    constants: program.constants,
    equations: program.equations.filter((equation) => inStep.has(equation)),
    outputs: program.outputs,
  });
  return { once, step };
}

/** The equations that depend on fixed inputs alone. */
function fixedEquations({ inputs, constants, equations }: Program, isFixed: (input: number) => boolean): Equation[] {
  const fixed = new Set(inputs.filter((_, i) => isFixed(i)));
  for (const { variable } of constants) fixed.add(variable);
  return equations.filter(({ primitive, inputs: operands, outputs }) => {
    if (!primitive.isPure || !operands.every((each) => fixed.has(each))) return false;
    for (let i = 0; i < outputs.length; i++) fixed.add(outputs[i]!);
    return true;
  });
}

/** What is known of their values. */
function fixedValues({ inputs }: Program, equations: readonly Equation[]) {
  const fixed = new Map<Variable, Fixed>();
  const given = new Set(inputs);
  for (const equation of equations) {
    const { primitive, inputs: operands, outputs } = equation;
    const below = operands.flatMap((each) => fixed.get(each) ?? []);
    const sources = new Set([
      ...operands.filter((each) => given.has(each)),
      ...below.flatMap((each) => [...each.sources]),
    ]);
    const isHeavy = !isView(primitive) && !light.has(primitive.name);
    const own = isHeavy ? outputs.reduce((sum, output) => sum + sizeOf(output.shape), 0) : 0;
    const heavy = Math.max(own, ...below.map((each) => each.heavy));
    const depth = Math.max(0, ...below.map((each) => each.depth)) + (isView(primitive) ? 0 : 1);
    for (const output of outputs) fixed.set(output, { equation, sources, heavy, depth });
  }
  return fixed;
}

function isWorthKeeping(variable: Variable, { equation: { primitive }, sources, heavy, depth }: Fixed): boolean {
  if (isView(primitive)) return false;
  const size = sizeOf(variable.shape);
  if (heavy >= size) return true;
  return depth > 1 && size <= [...sources].reduce((sum, each) => sum + sizeOf(each.shape), 0);
}

const workOf = ({ primitive, outputs }: Equation): number =>
  isView(primitive)
    ? 0
    : outputs.reduce((sum, output) => sum + sizeOf(output.shape), 0) * (light.has(primitive.name) ? 1 : heavyWork);
