import { Builder, build, equationOf, exchangeSource, sourceHere, withBuilder, withoutSource } from "../ir/builder.js";
import { checkRecorded } from "../ir/checkRecorded.js";
import { innerPrograms } from "../ir/control.js";
import { inline } from "../ir/interpret.js";
import { broadcastTo } from "../ir/primitives/axes.js";
import type { Attributes, DType, Elements, Equation, Primitive, Program, Variable } from "../ir/program.js";
import { type Shape, sizeOf } from "../util/shapes.js";
import { cancel } from "./cancellation.js";
import { withoutDeadCode } from "./deadCode.js";
import { applyIdentity, type Surroundings } from "./identities.js";
import { pick } from "./picking.js";
import { decide } from "./signs.js";
import { stretchLate } from "./stretching.js";

/** Constants up to this many elements are computed while compiling. */
const foldingLimit = 4096;

/**
 * An equivalent program with less to do: equal equations merged, constants folded, algebraic identities applied (those of
 * identities.ts, and what each primitive states itself), and everything that no output needs left out.
 */
export function simplify(program: Program): Program {
  checkRecorded("simplify", program);
  const target = new SimplifyingBuilder();
  const outputs = withBuilder(target, () => inline(program, program.inputs));
  return withoutDeadCode(target.program(program.inputs, outputs));
}

/** Builds a program as `build` does, simplified on the way: the rules that emit it see simple operands. */
export const buildSimple: typeof build = (types, body) =>
  withoutDeadCode(build(types, (...inputs) => withoutSource(() => body(...inputs)), new SimplifyingBuilder()));

/** Writes every equation in its simplest form, so that rules may emit freely. */
export class SimplifyingBuilder extends Builder {
  /** Elements of constants; a single one if they are all the same. */
  private readonly known = new Map<Variable, Elements>();
  private readonly producers = new Map<Variable, Equation>();
  private readonly seen = new Map<string, readonly Variable[]>();
  private readonly ownConstants = new Map<string, Variable>();
  private readonly surroundings: Surroundings = {
    elementsOf: (variable) => this.known.get(variable),
    producerOf: (variable) => this.producers.get(variable),
  };

  /** A stretched scalar if all elements are the same, and a constant that is there already if it is equal. */
  override constant(elements: Elements, shape: Shape, dtype: DType): Variable {
    if (shape.length > 0 && isUniform(elements)) return broadcastTo(this.scalar(elements[0]!, dtype), shape);
    // scalars are shared anyway
    const isShared = shape.length > 0 && elements.length <= foldingLimit;
    const key = isShared ? `${dtype}[${shape}]${elements.join()}` : undefined;
    const same = key === undefined ? undefined : this.ownConstants.get(key);
    if (same) return same;
    const result = super.constant(elements, shape, dtype);
    this.known.set(result, elements);
    if (key !== undefined) this.ownConstants.set(key, result);
    return result;
  }

  override emit(primitive: Primitive, inputs: readonly Variable[], given: Attributes = {}): Variable[] {
    const attributes = simplifyInner({ primitive, attributes: given });
    const key = primitive.isPure ? keyOf(primitive.name, inputs, attributes) : undefined;
    const same = key === undefined ? undefined : this.seen.get(key);
    if (same) return [...same];
    const source = sourceHere();
    const outer = exchangeSource(source);
    try {
      const equation = equationOf(primitive, inputs, attributes, source);
      const result = this.fold(equation) ?? this.rewrite(equation) ?? this.keep(equation);
      if (key !== undefined) this.seen.set(key, result);
      return [...result];
    } finally {
      exchangeSource(outer);
    }
  }

  private rewrite(equation: Equation): readonly Variable[] | undefined {
    const { surroundings } = this;
    const simpler = equation.primitive.simplify?.(equation, surroundings.elementsOf);
    if (simpler) return simpler;
    const other =
      applyIdentity(equation, surroundings) ??
      stretchLate(equation, surroundings) ??
      cancel(equation, surroundings) ??
      decide(equation, surroundings) ??
      pick(equation, surroundings);
    return other && [other];
  }

  private keep(equation: Equation): readonly Variable[] {
    const { outputs } = equation;
    this.equations.push(equation);
    for (let i = 0; i < outputs.length; i++) this.producers.set(outputs[i]!, equation);
    const uniform = this.uniformOf(equation);
    if (uniform) this.known.set(outputs[0]!, uniform);
    return outputs;
  }

  /** The one element of a stretched scalar. */
  private uniformOf({ primitive, inputs }: Equation): Elements | undefined {
    const elements = primitive.name === "broadcastTo" ? this.known.get(inputs[0]!) : undefined;
    return elements?.length === 1 ? elements : undefined;
  }

  private fold(equation: Equation): Variable[] | undefined {
    const { primitive, inputs, attributes, outputs } = equation;
    for (let i = 0; i < inputs.length; i++) if (!this.known.has(inputs[i]!)) return undefined;
    // a stretched scalar is the form that uniform constants are kept in
    if (this.uniformOf(equation)) return undefined;
    const size = outputs.reduce((total, output) => total + sizeOf(output.shape), 0);
    if (!primitive.isPure || primitive.isRandom || size > foldingLimit || primitive.limitsOrder) return undefined;
    const operands = inputs.map((input) => {
      const elements = this.known.get(input)!;
      const full = sizeOf(input.shape);
      return {
        shape: input.shape,
        dtype: input.dtype,
        elements: elements.length === full ? elements : new Float64Array(full).fill(elements[0]!),
      };
    });
    const results = primitive.evaluate(operands, attributes);
    return outputs.map(({ shape, dtype }, i) =>
      shape.length === 0 ? this.scalar(results[i]![0]!, dtype) : this.constant(results[i]!, shape, dtype),
    );
  }
}

const isUniform = (elements: Elements): boolean =>
  elements.length > 0 && elements.every((each) => Object.is(each, elements[0]));

function simplifyInner(equation: Pick<Equation, "attributes" | "primitive">): Attributes {
  const inner = innerPrograms(equation);
  if (inner.length === 0) return equation.attributes;
  return Object.fromEntries(
    Object.entries(equation.attributes).map(([name, value]) => [name, inner.includes(value) ? simplify(value) : value]),
  );
}

/** A text that is equal for equal applications; undefined where that cannot be told. */
function keyOf(name: string, inputs: readonly Variable[], attributes: Attributes): string | undefined {
  let key = name;
  for (let i = 0; i < inputs.length; i++) key += ` ${inputs[i]!.id}`;
  for (const attribute in attributes) {
    const value = attributes[attribute];
    if (typeof value === "function" || (value && "equations" in Object(value))) return undefined;
    key += `;${attribute}=${textOf(value)}`;
  }
  return key;
}

/** JSON, with numbers that it does not know. */
function textOf(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (Array.isArray(value)) return `[${value.map(textOf)}]`;
  return JSON.stringify(value, (_, each) => (typeof each === "number" && !Number.isFinite(each) ? `${each}` : each));
}
