import { checkFunction } from "../util/expected.js";
import { checkRecorded } from "./checkRecorded.js";
import { innerPrograms } from "./control.js";
import type { Attributes, Equation, Program, Variable } from "./program.js";

const shortType: Record<string, string> = { float32: "f32", int32: "i32", bool: "bool" };
const typeText = ({ dtype, shape }: Variable): string => `${shortType[dtype]}[${shape.join(",")}]`;

/** Names in order of appearance: a, b, …, z, aa, ab, … */
function namer(): (variable: Variable) => string {
  const names = new Map<Variable, string>();
  const nameAt = (i: number): string =>
    (i < 26 ? "" : nameAt(Math.floor(i / 26) - 1)) + String.fromCharCode(97 + (i % 26));
  return (variable) => {
    if (!names.has(variable)) names.set(variable, nameAt(names.size));
    return names.get(variable)!;
  };
}

/** Attributes that a person wants to read: no functions, objects or inner programs. */
function attributesText(attributes: Attributes): string {
  const shown = Object.entries(attributes).flatMap(([name, value]) =>
    ["number", "string", "boolean"].includes(typeof value) || Array.isArray(value)
      ? [`${name}=${JSON.stringify(value)}`]
      : [],
  );
  const strategy = attributes.strategy?.name;
  return [...shown, ...(strategy ? [`strategy=${strategy}`] : [])].join(" ");
}

/**
 * A program as readable text: typed inputs, one equation per line, outputs.
 *
 * @example
 * ```ts
 * import { print, trace } from "elbow";
 * const program = trace([{ shape: [3], dtype: "float32" }], (x) => [x.square().sum()]);
 * console.log(print(program).split("\n").length > 2); // => true
 * ```
 */
export function print(program: Program, name: (variable: Variable) => string = namer(), indent = ""): string {
  checkRecorded("print", program);
  checkFunction("print", "the second argument", name, "Leave it out, or give a function from variables to names.");
  const typed = (variable: Variable) => `${name(variable)}:${typeText(variable)}`;
  const line = (equation: Equation): string[] => {
    const { primitive, inputs, attributes, outputs } = equation;
    const text = attributesText(attributes);
    const call = `${primitive.name}${text && `[${text}]`} ${inputs.map(name).join(" ")}`;
    const inner = innerPrograms(equation).map((each) => print(each, namer(), `${indent}    `));
    return [`${indent}  ${outputs.map(typed).join(" ")} = ${call}`, ...inner];
  };
  const constants = program.constants.map(
    ({ variable, elements }) =>
      `${indent}  ${typed(variable)} = ${variable.shape.length === 0 ? elements[0] : `constant (${elements.length} elements)`}`,
  );
  return [
    `${indent}{ ${program.inputs.map(typed).join(" ")} =>`,
    ...constants,
    ...program.equations.flatMap(line),
    `${indent}  return ${program.outputs.map(name).join(" ")} }`,
  ].join("\n");
}
