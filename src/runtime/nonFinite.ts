import type { CondAttributes, ScanAttributes } from "../ir/control.js";
import { interpret } from "../ir/interpret.js";
import type { NDArray } from "../ir/primitive.js";
import { checked } from "../ir/primitives/checked.js";
import type { Equation, Program } from "../ir/program.js";
import { sizeOf } from "../util/shapes.js";

/** The place where a computation left the finite numbers. */
export type NonFinite =
  | { readonly kind: "input"; readonly input: number; readonly value: number }
  | {
      readonly kind: "equation";
      readonly equation: Equation;
      /** Name of the primitive. */
      readonly primitive: string;
      /** The user's `file:line`, if known. */
      readonly source: string | undefined;
      /** Which of the equation's outputs. */
      readonly output: number;
      /** Position in it, row-major, of the first offending element, which is NaN, ∞ or −∞. */
      readonly element: number;
      readonly value: number;
      readonly operands: readonly NDArray[];
    };

/** How a value came about; `equation` is absent for elements of sequences, which only pass values on. */
interface Origin {
  readonly order: number;
  readonly equation?: Equation;
  readonly output: number;
  readonly operands: readonly NDArray[];
}

/**
 * Runs a program, rounding to float32 after every equation, and tells which equation made its first output non-finite:
 * the first one that made a NaN from operands without NaN, else the first that made an infinity from finite operands. Only
 * values that the output depends on through other such values are considered, so a NaN that `select` leaves out is not blamed.
 *
 * @returns undefined if all elements of the first output are finite
 */
export function findNonFinite(program: Program, inputs: readonly NDArray[]): NonFinite | undefined {
  const trail = new Trail();
  const given = inputs.map(round);
  const final = trail.run(program, given)[0];
  if (!final || isClean(final, Number.isFinite)) return undefined;
  const notNaN = (x: number) => !Number.isNaN(x);
  const isOk = isClean(final, notNaN) ? Number.isFinite : notNaN;
  return trail.root(final, given, isOk);
}

const isClean = ({ elements }: NDArray, isOk: (x: number) => boolean): boolean => elements.every(isOk);

const round = (array: NDArray): NDArray =>
  array.dtype === "float32" ? { ...array, elements: array.elements.map(Math.fround) } : array;

/** A check that failed, with its operands. */
export interface FailedCheck {
  readonly equation: Equation;
  readonly operands: readonly NDArray[];
}

/** Evaluates and remembers where every array came from. */
export class Trail {
  /** The first check of parameters that failed. */
  failedCheck: FailedCheck | undefined;
  private readonly origins = new Map<NDArray, Origin>();
  private readonly constants = new Set<NDArray>();

  run(program: Program, inputs: readonly NDArray[]): NDArray[] {
    return interpret<NDArray>(
      program,
      inputs,
      ({ variable: { shape, dtype }, elements }) => {
        const constant = round({ shape, dtype, elements });
        this.constants.add(constant);
        return constant;
      },
      (equation, operands) => this.apply(equation, operands),
    ).outputs;
  }

  private apply(equation: Equation, operands: readonly NDArray[]): readonly NDArray[] {
    const { primitive, attributes, outputs } = equation;
    if (primitive.name === "scan") return this.scan(attributes as ScanAttributes, equation, operands);
    if (primitive.name === "cond") {
      const { whenTrue, whenFalse } = attributes as CondAttributes;
      return this.run(operands[0]!.elements[0] ? whenTrue : whenFalse, operands.slice(1));
    }
    const results = primitive.evaluate(operands, attributes);
    if (primitive === checked.primitive && results[0]!.some(Number.isNaN)) this.failedCheck ??= { equation, operands };
    return outputs.map(({ shape, dtype }, output) =>
      this.remember(round({ shape, dtype, elements: results[output]! }), operands, output, equation),
    );
  }

  private scan(attributes: ScanAttributes, { outputs }: Equation, operands: readonly NDArray[]): NDArray[] {
    const { body, constants, carries, length, reverse } = attributes;
    const fixed = operands.slice(0, constants);
    let carry = operands.slice(constants, constants + carries);
    const sequences = operands.slice(constants + carries);
    const pieces = outputs.slice(carries).map(() => new Array<NDArray>(length));
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const elements = sequences.map((sequence) => {
        const shape = sequence.shape.slice(1);
        const size = sizeOf(shape);
        const part = sequence.elements.subarray(t * size, (t + 1) * size);
        return this.remember({ shape, dtype: sequence.dtype, elements: part }, [sequence], 0);
      });
      const results = this.run(body, [...fixed, ...carry, ...elements]);
      carry = results.slice(0, carries);
      results.slice(carries).forEach((result, i) => {
        pieces[i]![t] = result;
      });
    }
    const stacked = outputs.slice(carries).map(({ shape, dtype }, i) => {
      const elements = new Float64Array(sizeOf(shape));
      pieces[i]!.forEach((piece, t) => {
        elements.set(piece.elements, t * piece.elements.length);
      });
      return this.remember({ shape, dtype, elements }, pieces[i]!, 0);
    });
    return [...carry, ...stacked];
  }

  private remember(array: NDArray, operands: readonly NDArray[], output: number, equation?: Equation): NDArray {
    this.origins.set(array, { order: this.origins.size, operands, output, ...(equation && { equation }) });
    return array;
  }

  /** Walks back from an array through those that are not all right, to the earliest place where one arose. */
  root(from: NDArray, inputs: readonly NDArray[], isOk: (x: number) => boolean): NonFinite | undefined {
    const isBad = (array: NDArray) => !this.constants.has(array) && !isClean(array, isOk);
    const visited = new Set([from]);
    let first: { array: NDArray; origin: Origin; equation: Equation } | undefined;
    for (const array of visited) {
      const origin = this.origins.get(array);
      if (!origin) {
        const input = inputs.indexOf(array);
        if (input >= 0) return { kind: "input", input, value: array.elements.find((x) => !isOk(x))! };
        continue;
      }
      const causes = origin.operands.filter(isBad);
      for (const cause of causes) visited.add(cause);
      const { equation } = origin;
      if (causes.length === 0 && equation && !(first && first.origin.order < origin.order))
        first = { array, origin, equation };
    }
    if (!first) return undefined;
    const { array, origin, equation } = first;
    const element = array.elements.findIndex((x) => !isOk(x));
    return {
      kind: "equation",
      equation,
      primitive: equation.primitive.name,
      source: equation.source?.line,
      output: origin.output,
      element,
      value: array.elements[element]!,
      operands: origin.operands,
    };
  }
}
