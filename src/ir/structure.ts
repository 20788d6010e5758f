// What a program is apart from the identity of its objects: two programs of one structure compute the same.
import { innerPrograms } from "./control.js";
import type { Primitive } from "./primitive.js";
import type { Elements, Equation, Program, Type, Variable } from "./program.js";

/** A program as data, to be compared by `sameStructure`. */
export interface Structure {
  /** Types, primitives, attributes and short constants, with variables numbered in order of appearance. */
  readonly text: string;
  /** The elements of long constants, in the order in which the text mentions them. */
  readonly constants: readonly Elements[];
}

/** Constants of up to this many elements stand in the text. */
const longestInText = 16;

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A number for what is only equal to itself: primitives, functions, objects of classes. */
function identityOf(object: object): string {
  if (!identities.has(object)) identities.set(object, ++lastIdentity);
  return `#${identities.get(object)}`;
}

const typeText = ({ dtype, shape }: Type): string => `${dtype}[${shape.join()}]`;
const numberText = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));
const isPlain = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** The structure of a program. Source lines do not belong to it, and neither does what variables are called. */
export function structureOf(program: Program): Structure {
  const constants: Elements[] = [];

  const elementsText = (elements: Elements): string => {
    if (elements.length <= longestInText) return Array.from(elements, numberText).join();
    constants.push(elements);
    return `@${constants.length}`;
  };

  const attributeText = (value: unknown, inner: readonly Program[]): string => {
    if (typeof value === "number") return numberText(value);
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value === "function") return identityOf(value);
    if (typeof value !== "object" || value === null) return String(value);
    if (inner.includes(value as Program)) return programText(value as Program);
    if (value instanceof Float64Array) return `f64(${elementsText(value)})`;
    if (Array.isArray(value)) return `[${value.map((each) => attributeText(each, inner)).join()}]`;
    return isPlain(value) ? `{${entriesText(value, inner)}}` : identityOf(value);
  };

  const entriesText = (object: object, inner: readonly Program[]): string =>
    Object.entries(object)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}:${attributeText(value, inner)}`)
      .join();

  const programText = ({ inputs, constants: known, equations, outputs }: Program): string => {
    const numbers = new Map<Variable, number>();
    const numberOf = (variable: Variable): number => {
      if (!numbers.has(variable)) numbers.set(variable, numbers.size);
      return numbers.get(variable)!;
    };
    const typed = (variable: Variable): string => `${numberOf(variable)}:${typeText(variable)}`;
    const equationText = (equation: Equation): string => {
      const { primitive, attributes, inputs: operands, outputs: results } = equation;
      const name = primitiveText(primitive);
      const text = entriesText(attributes, innerPrograms(equation));
      return `${results.map(typed).join()}=${name}{${text}}(${operands.map(numberOf).join()})`;
    };
    return [
      `(${inputs.map(typed).join()})`,
      ...known.map(({ variable, elements }) => `${typed(variable)}=${elementsText(elements)}`),
      ...equations.map(equationText),
      `(${outputs.map(numberOf).join()})`,
    ].join("\n");
  };

  const text = programText(program);
  return { text, constants };
}

/** By name and identity: users may give a primitive of their own a name that another one has. */
const primitiveText = (primitive: Primitive): string => `${primitive.name}${identityOf(primitive)}`;

/** Whether two programs are the same but for the names of their variables. */
export const sameStructure = (a: Structure, b: Structure): boolean =>
  a.text === b.text &&
  a.constants.length === b.constants.length &&
  a.constants.every((elements, i) => sameElements(elements, b.constants[i]!));

function sameElements(a: Elements, b: Elements): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}
