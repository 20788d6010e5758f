// Which equations run on the host, and where every variable is therefore needed.
import type { ScanAttributes } from "../ir/control.js";
import type { Primitive } from "../ir/primitive.js";
import type { Equation, Program, Variable } from "../ir/program.js";
import { sizeOf } from "../util/shapes.js";

/** How an equation is executed. An "empty" one has no output elements, so that there is nothing to do. */
export type StepKind = "device" | "host" | "scan" | "cond" | "empty";

/** On which sides a value is needed: on the host, on the device, on both, or on neither. */
export interface Sides {
  readonly onHost: boolean;
  readonly onDevice: boolean;
}

/** What is moved to the host is at most this large, unless it is of integers: counters and keys, not data. */
const smallSize = 64;

/** What has to be known of a program inside an equation: where it wants its inputs and leaves its outputs. */
export interface InnerPlan {
  readonly sides: readonly Sides[];
  readonly isHostOutput: readonly boolean[];
}

const nowhere: Sides = { onHost: false, onDevice: false };
const host: Sides = { onHost: true, onDevice: false };
const device: Sides = { onHost: false, onDevice: true };
export const both = (a: Sides, b: Sides): Sides => ({
  onHost: a.onHost || b.onHost,
  onDevice: a.onDevice || b.onDevice,
});

/** Whether the device has a rule for a primitive. */
export type HasRule = (primitive: Primitive) => boolean;

/** The kind that follows from the equation alone. tfjs kernels are not reliable on empty operands: the host takes those. */
export function ownKind({ primitive, inputs, outputs }: Equation, hasRule: HasRule): StepKind {
  if (outputs.every(({ shape }) => sizeOf(shape) === 0)) return "empty";
  if (primitive.name === "scan" || primitive.name === "cond") return primitive.name;
  const isEmpty = inputs.some(({ shape }) => sizeOf(shape) === 0);
  return isEmpty || primitive.isRandom || !hasRule(primitive) ? "host" : "device";
}

/** Where an equation of this kind wants its operand. */
export function wants(kind: StepKind, operand: number, inner: readonly InnerPlan[]): Sides {
  if (kind === "host") return host;
  if (kind === "device") return device;
  if (kind === "scan") return inner[0]!.sides[operand]!;
  if (kind === "cond")
    return operand === 0 ? host : inner.map((branch) => branch.sides[operand - 1]!).reduce(both, nowhere);
  return nowhere;
}

/**
 * The kinds of a program's equations. Those with a tfjs rule move to the host where that saves a transfer: all operands
 * are there anyway, and the results are wanted nowhere else. So a step counter, and keys derived from it, never travel.
 */
export function placeEquations(
  program: Program,
  equations: readonly Equation[],
  innerOf: (equation: Equation) => readonly InnerPlan[],
  hasRule: HasRule,
): Map<Equation, StepKind> {
  const own = new Map(equations.map((equation) => [equation, ownKind(equation, hasRule)]));
  const readAnyway = new Set<Variable>();
  for (const [variable, { onHost }] of wanted(equations, own, innerOf)) if (onHost) readAnyway.add(variable);

  // The greatest set of equations that satisfies both conditions: start from all of them, drop what fails until none does.
  const kinds = new Map(
    equations.map((equation) => [equation, own.get(equation) === "device" ? "host" : own.get(equation)!] as const),
  );
  const isSmall = ({ shape }: Variable): boolean => sizeOf(shape) <= smallSize;
  const leaving = new Set(program.outputs.filter((output) => output.dtype === "float32"));
  const outputs = new Set(program.outputs);
  for (let changed = true; changed; ) {
    changed = false;
    const uses = wanted(equations, kinds, innerOf);
    const available = new Set([...program.constants.map(({ variable }) => variable), ...readAnyway]);
    for (const equation of equations) {
      const kind = kinds.get(equation)!;
      const isMoved = kind === "host" && own.get(equation) === "device";
      const stays = (variable: Variable): boolean => {
        const { onHost, onDevice } = uses.get(variable) ?? nowhere;
        const fits = variable.dtype !== "float32" || isSmall(variable);
        return fits && !onDevice && !leaving.has(variable) && (onHost || outputs.has(variable));
      };
      if (isMoved && !(equation.inputs.every((input) => available.has(input)) && equation.outputs.every(stays))) {
        kinds.set(equation, "device");
        changed = true;
      } else
        equation.outputs.forEach((variable, i) => {
          if (isHostResult(equation, kind, i, innerOf(equation))) available.add(variable);
          else available.delete(variable);
        });
    }
  }
  return kinds;
}

/** Whether the i-th result comes into being on the host. */
export function isHostResult(equation: Equation, kind: StepKind, i: number, inner: readonly InnerPlan[]): boolean {
  if (kind === "host" || kind === "empty") return true;
  if (kind === "scan" && (equation.attributes as ScanAttributes).length === 0) return false;
  return kind !== "device" && inner.every((plan) => plan.isHostOutput[i]);
}

/** On which sides equations of these kinds want each variable. */
export function wanted(
  equations: readonly Equation[],
  kinds: ReadonlyMap<Equation, StepKind>,
  innerOf: (equation: Equation) => readonly InnerPlan[],
): Map<Variable, Sides> {
  const uses = new Map<Variable, Sides>();
  for (const equation of equations) {
    const inner = innerOf(equation);
    equation.inputs.forEach((input, i) => {
      uses.set(input, both(uses.get(input) ?? nowhere, wants(kinds.get(equation)!, i, inner)));
    });
  }
  return uses;
}
