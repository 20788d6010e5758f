import { broken, invariant, withPlace } from "../errors.js";
import { captureSource, type Source } from "../util/location.js";
import { type Shape, sizeOf } from "../util/shapes.js";
import type { Primitive } from "./primitive.js";
import {
  type Attributes,
  type Constant,
  type DType,
  type Elements,
  type Equation,
  type Program,
  type Type,
  type Variable,
  variable,
} from "./program.js";

/** An operand of a primitive: a variable, or a number that is lifted to a scalar constant of the other operands' dtype. */
export type Value = Variable | number;

/** Collects equations into a program. */
export class Builder {
  readonly constants: Constant[] = [];
  readonly equations: Equation[] = [];
  private readonly scalars = new Map<string, Variable>();
  private readonly constantElements = new Map<Variable, Elements>();

  emit(primitive: Primitive, inputs: readonly Variable[], attributes: Attributes = {}): Variable[] {
    const equation = equationOf(primitive, inputs, attributes, sourceHere());
    this.equations.push(equation);
    return [...equation.outputs];
  }

  constant(elements: Elements, shape: Shape, dtype: DType): Variable {
    if (elements.length !== sizeOf(shape)) broken(`constant of ${elements.length} elements with shape [${shape}]`);
    const result = variable(shape, dtype);
    this.constants.push({ variable: result, elements });
    this.constantElements.set(result, elements);
    return result;
  }

  /** The elements of a constant; undefined for any other variable. */
  elementsOf(of: Variable): Elements | undefined {
    return this.constantElements.get(of);
  }

  scalar(value: number, dtype: DType): Variable {
    const key = `${dtype}:${Object.is(value, -0) ? "-0" : value}`;
    const known = this.scalars.get(key);
    if (known) return known;
    const result = this.constant(Float64Array.of(value), [], dtype);
    this.scalars.set(key, result);
    return result;
  }

  program(inputs: readonly Variable[], outputs: readonly Variable[]): Program {
    return { inputs, constants: this.constants, equations: this.equations, outputs };
  }
}

/** One application of a primitive, with new variables for its results, that is part of no program yet. */
export function equationOf(
  primitive: Primitive,
  inputs: readonly Variable[],
  attributes: Attributes,
  source: Source,
): Equation {
  try {
    const outputs = primitive.infer(inputs, attributes).map(variableOf);
    return { primitive, inputs, attributes, outputs, source };
  } catch (error) {
    throw withPlace(error, source);
  }
}

const variableOf = ({ shape, dtype }: Type): Variable => variable(shape, dtype);

let currentBuilder: Builder | undefined;
let currentSource: Source | undefined;

/** The builder that rules emit into. */
export function builder(): Builder {
  invariant(currentBuilder, "an equation was emitted outside any program");
  return currentBuilder;
}

export function withBuilder<R>(next: Builder, body: () => R): R {
  const previous = currentBuilder;
  currentBuilder = next;
  try {
    return body();
  } finally {
    currentBuilder = previous;
  }
}

/** The source line that an equation emitted now belongs to. */
export const sourceHere = (): Source => currentSource ?? captureSource();

/** Equations emitted in `body` inherit this source line: that is how derived equations remember the user's line. */
export function withSource<R>(source: Source | undefined, body: () => R): R {
  const previous = currentSource;
  currentSource = source;
  try {
    return body();
  } finally {
    currentSource = previous;
  }
}

/** Sets the source line of what is emitted from now on and gives the one before, for loops that put it back themselves. */
export function exchangeSource(source: Source | undefined): Source | undefined {
  const previous = currentSource;
  currentSource = source;
  return previous;
}

/** Equations emitted in `body` are Elbow's own: nobody looks for a user's line, which takes longer than the rest. */
export const withoutSource = <R>(body: () => R): R => withSource({ line: undefined }, body);

/** Builds a program from a function on variables of the given types. */
export function build(
  types: readonly Type[],
  body: (...inputs: Variable[]) => readonly Variable[],
  next = new Builder(),
): Program {
  const inputs = types.map(({ shape, dtype }) => variable(shape, dtype));
  const outputs = withBuilder(next, () => body(...inputs));
  return next.program(inputs, outputs);
}

/** Emits into the current builder. */
export const emit = (primitive: Primitive, inputs: readonly Variable[], attributes?: Attributes): Variable[] =>
  builder().emit(primitive, inputs, attributes);

/** Emits an operation with one output. */
export const emitOne = (primitive: Primitive, inputs: readonly Variable[], attributes?: Attributes): Variable =>
  emit(primitive, inputs, attributes)[0]!;

/** Lifts numbers among the operands to constants. */
export function lift(values: readonly Value[], fallback: DType = "float32"): Variable[] {
  const dtype = values.find((value): value is Variable => typeof value !== "number")?.dtype ?? fallback;
  return values.map((value) => {
    if (typeof value !== "number") return value;
    if (dtype !== "float32" && !Number.isInteger(value)) broken(`the number ${value} stands beside ${dtype} operands`);
    return builder().scalar(value, dtype);
  });
}
