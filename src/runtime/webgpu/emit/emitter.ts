// Writes the source of one unit: expressions once, in the outermost loop where all that they are made of is known.
import { broken, invariant } from "../../../errors.js";
import type { DType, Equation, Variable } from "../../../ir/program.js";
import { type Shape, sameShape, sizeOf, stridesOf } from "../../../util/shapes.js";
import { type Graph, squeezed } from "../plan/roots.js";
import { fromWord, toWord } from "../wgsl/elementwise.js";
import { f32Literal, i32Literal } from "../wgsl/literals.js";
import { quotient, rest, sum, times } from "./indices.js";
import type { Places } from "./places.js";

/** An element of a value: by its number in row-major order, or by its index along each axis, as source. */
export interface Access {
  readonly shape: Shape;
  readonly flat?: string;
  readonly coordinates?: readonly string[];
}

interface Scope {
  readonly lines: string[];
  readonly names: Map<string, string>;
}

export const zeroOf: Readonly<Record<DType, string>> = { float32: "0f", int32: "0", bool: "false" };

export function literal(value: number, dtype: DType): string {
  if (dtype === "float32") return f32Literal(value);
  return dtype === "int32" ? i32Literal(value) : String(value !== 0);
}

/** The element of an inline equation's result, as source. */
export type ExpressionOf = (emitter: Emitter, equation: Equation, access: Access) => string;

export class Emitter {
  private lastName = 0;
  private readonly scopes: Scope[] = [{ lines: [], names: new Map() }];
  private readonly levels = new Map<string, number>();
  /** What a unit computes itself, by variable: it must not be read from memory. */
  readonly own = new Set<Variable>();

  constructor(
    readonly graph: Graph,
    readonly places: Places,
    private readonly expressionOf: ExpressionOf,
  ) {}

  /** A name that stands for something from here on. */
  fresh(prefix = "x"): string {
    const name = `${prefix}${++this.lastName}`;
    this.levels.set(name, this.scopes.length - 1);
    return name;
  }

  line(text: string): void {
    this.scopes.at(-1)!.lines.push(`${"  ".repeat(this.scopes.length)}${text}`);
  }

  /** The lines that a body writes, indented. */
  inside(body: () => void): string {
    this.scopes.push({ lines: [], names: new Map() });
    body();
    return this.scopes.pop()!.lines.join("\n");
  }

  /** A block: `head {`, what the body writes, `}`. */
  block(head: string, body: () => void): void {
    const text = this.inside(body);
    this.line(`${head} {`);
    if (text) this.scopes.at(-1)!.lines.push(text);
    this.line("}");
  }

  text(): string {
    invariant(this.scopes.length === 1, "a block is open");
    return this.scopes[0]!.lines.join("\n");
  }

  private known(key: string): string | undefined {
    for (let level = this.scopes.length - 1; level >= 0; level--) {
      const name = this.scopes[level]!.names.get(key);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  /** Says that an element has been computed. */
  bind(value: Variable, flat: string, name: string): void {
    this.scopes.at(-1)!.names.set(`${value.id}@${flat}`, name);
  }

  /** A variable that is assigned to later. */
  mutable(type: string, initial: string): string {
    const name = this.fresh("v");
    this.line(`var ${name}: ${type} = ${initial};`);
    return name;
  }

  /** The expression under a name, computed where all that it is made of is first known. */
  define(code: string): string {
    if (/^[\w.]+$/.test(code)) return code;
    const known = this.known(code);
    if (known !== undefined) return known;
    let level = 0;
    for (const [name] of code.matchAll(/\b[a-z]\d+\b/g)) level = Math.max(level, this.levels.get(name) ?? 0);
    const name = `x${++this.lastName}`;
    this.levels.set(name, level);
    const { lines, names } = this.scopes[level]!;
    lines.push(`${"  ".repeat(level + 1)}let ${name} = ${code};`);
    names.set(code, name);
    return name;
  }

  flatOf({ shape, flat, coordinates }: Access): string {
    if (flat !== undefined) return flat;
    const strides = stridesOf(shape);
    const total = coordinates!.reduce(
      (all, each, axis) => (shape[axis] === 1 ? all : sum(all, times(each, strides[axis]!))),
      "0u",
    );
    return this.define(total);
  }

  coordinatesOf({ shape, flat, coordinates }: Access): readonly string[] {
    if (coordinates) return coordinates;
    const strides = stridesOf(shape);
    const first = shape.findIndex((size) => size !== 1);
    return shape.map((size, axis) => {
      if (size === 1) return "0u";
      const part = quotient(flat!, strides[axis]!);
      return this.define(axis === first ? part : rest(part, size));
    });
  }

  /** The element of an operand that broadcasts to a result. */
  broadcast(operand: Shape, result: Access): Access {
    if (sizeOf(operand) === 1) return { shape: operand, flat: "0u" };
    if (sameShape(squeezed(operand), squeezed(result.shape))) return { shape: operand, flat: this.flatOf(result) };
    const coordinates = this.coordinatesOf(result).slice(result.shape.length - operand.length);
    return { shape: operand, coordinates: coordinates.map((each, axis) => (operand[axis] === 1 ? "0u" : each)) };
  }

  /** An element of a value, as a name or a literal. */
  value(value: Variable, access: Access): string {
    const { constants, producers, forms, materialized } = this.graph;
    if (sizeOf(value.shape) === 0) return zeroOf[value.dtype];
    const elements = constants.get(value);
    if (elements?.length === 1) return literal(elements[0]!, value.dtype);
    const key = `${value.id}@${access.flat ?? access.coordinates!.join()}`;
    const known = this.known(key);
    if (known !== undefined) return known;
    const producer = producers.get(value);
    const isInline = producer && forms.get(producer) === "inline" && !materialized.has(value);
    const name = isInline ? this.define(this.expressionOf(this, producer, access)) : this.load(value, access);
    const level = this.levels.get(name) ?? 0;
    const inputsLevel = this.levelOfAccess(access);
    this.scopes[Math.max(level, inputsLevel)]!.names.set(key, name);
    return name;
  }

  /** What an inline value is, even if it stands in memory: for the unit that writes it. */
  computed(value: Variable, access: Access): string {
    const producer = this.graph.producers.get(value) ?? broken("a value without a producer is computed");
    return this.define(this.expressionOf(this, producer, access));
  }

  private levelOfAccess({ flat, coordinates }: Access): number {
    let level = 0;
    for (const [name] of (flat ?? coordinates!.join()).matchAll(/\b[a-z]\d+\b/g))
      level = Math.max(level, this.levels.get(name) ?? 0);
    return level;
  }

  private load(value: Variable, access: Access): string {
    invariant(!this.own.has(value), "a kernel reads what it writes");
    return this.define(fromWord(this.places.word(value, this.flatOf(access)), value.dtype));
  }

  /** Writes an element to memory. */
  store(target: Variable, flat: string, code: string): void {
    this.line(`${this.places.word(target, flat)} = ${toWord(code, target.dtype)};`);
  }
}
